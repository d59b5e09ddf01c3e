package berth_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// required are the rows that docs/compat must have, by file.
func required() map[string]string {
	return map[string]string{
		"icp-cli.md":  "1 4-16 24-27 29 30 35-96 116-118",
		"ic-agent.md": "A01-A11 A13 A15-A17 A22 A23 A26 A28-A36 A38 A39 A43 A44 A47 A48",
		"localnet.md": "N01 N03-N05 N08-N14 N16-N18 N22 N27 N30-N32 N34 N35 N37 N42-N44 N46 N57 N59",
	}
}

// compatRow is a line of a table in docs/compat: | row | what | test | verdict |.
type compatRow struct {
	id, what string
	tests    []string
	verdict  string
}

// TestCompat checks docs/compat: every required row is there once, says what is so
// and how it compares, and names tests that exist.
func TestCompat(t *testing.T) {
	found, f := 0, finder{}
	for name, rows := range required() {
		b, err := os.ReadFile(filepath.Join("docs", "compat", name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		found++
		t.Run(name, func(t *testing.T) {
			table := parseTable(t, string(b))
			for _, id := range expand(t, rows) {
				if !slices.ContainsFunc(table, func(r compatRow) bool { return r.id == id }) {
					t.Errorf("row %s is missing", id)
				}
			}
			for _, r := range table {
				r.check(t, f)
			}
		})
	}
	if found == 0 {
		t.Error("no tables in docs/compat")
	}
}

func parseTable(t *testing.T, text string) []compatRow {
	t.Helper()
	var rows []compatRow
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 4 || strings.TrimSpace(cells[0]) == "row" {
			if strings.HasPrefix(line, "| ") && len(cells) != 4 {
				t.Errorf("%d cells, want 4: %s", len(cells), line)
			}
			continue
		}
		r := compatRow{id: strings.TrimSpace(cells[0]), what: strings.TrimSpace(cells[1]), verdict: strings.TrimSpace(cells[3])}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			r.tests = append(r.tests, name[1])
		}
		if slices.ContainsFunc(rows, func(other compatRow) bool { return other.id == r.id }) {
			t.Errorf("row %s is there twice", r.id)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		t.Error("no rows")
	}
	return rows
}

// expand writes "A01-A03 A07" as its ids.
func expand(t *testing.T, ranges string) []string {
	t.Helper()
	var ids []string
	for _, r := range strings.Fields(ranges) {
		first, last, isRange := strings.Cut(r, "-")
		if !isRange {
			last = first
		}
		digits := strings.TrimLeft(first, "AN")
		from, err := strconv.Atoi(digits)
		if err != nil {
			t.Fatal(err)
		}
		to, err := strconv.Atoi(strings.TrimLeft(last, "AN"))
		if err != nil {
			t.Fatal(err)
		}
		prefix := strings.TrimSuffix(first, digits)
		for i := from; i <= to; i++ {
			id := strconv.Itoa(i)
			if prefix != "" {
				id = fmt.Sprintf("%s%02d", prefix, i)
			}
			ids = append(ids, id)
		}
	}
	return ids
}

func (r compatRow) check(t *testing.T, f finder) {
	t.Helper()
	verdict, _, _ := strings.Cut(r.verdict, ":")
	if r.what == "" || !slices.Contains([]string{"same", "better", "later", "refused"}, verdict) {
		t.Errorf("row %s: %q is %q, want what it is about, and same, better, refused or later", r.id, r.what, r.verdict)
	}
	if len(r.tests) == 0 && verdict != "later" {
		t.Errorf("row %s names no test", r.id)
	}
	for _, name := range r.tests {
		if err := f.find(name); err != nil {
			t.Errorf("row %s: %v", r.id, err)
		}
	}
}

// goTests are the tests of a package.
type goTests struct {
	functions map[string]bool
	texts     map[string]bool // the package's string literals, as go test writes them in names
}

// finder looks for tests, and reads each package once.
type finder map[string]*goTests

// find looks for a script by its file, and for pkg/path.TestName/case in the files
// of the package. A case is a text there, or several joined.
func (f finder) find(name string) error {
	if strings.HasSuffix(name, ".txtar") {
		_, err := os.Stat(filepath.FromSlash(name))
		return err
	}
	parts := regexp.MustCompile(`^([^.]+)\.((?:Test|Fuzz|Example)[^/]*)(?:/(.+))?$`).FindStringSubmatch(name)
	if parts == nil {
		return fmt.Errorf("%q names no test", name)
	}
	pkg, function, subtest := parts[1], parts[2], parts[3]
	tests, err := f.read(pkg)
	switch {
	case err != nil:
		return err
	case !tests.functions[function]:
		return fmt.Errorf("package %s has no test %s", pkg, function)
	case subtest != "" && !tests.hasCase(subtest):
		return fmt.Errorf("%s.%s has no case %s", pkg, function, subtest)
	}
	return nil
}

func (f finder) read(pkg string) (*goTests, error) {
	if tests := f[pkg]; tests != nil {
		return tests, nil
	}
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(pkg), "*.go"))
	if err != nil {
		return nil, err
	}
	tests := &goTests{functions: make(map[string]bool), texts: make(map[string]bool)}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(file, func(n ast.Node) bool { tests.add(n, strings.HasSuffix(name, "_test.go")); return true })
	}
	f[pkg] = tests
	return tests, nil
}

func (g *goTests) add(n ast.Node, inTest bool) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		g.functions[n.Name.Name] = g.functions[n.Name.Name] || inTest && n.Recv == nil
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil {
			g.texts[strings.ReplaceAll(text, " ", "_")] = true
		}
	}
}

// hasCase reports whether a name is a text, or texts with a space or a slash between
// them.
func (g *goTests) hasCase(name string) bool {
	if g.texts[name] {
		return true
	}
	for i, c := range name {
		if (c == '_' || c == '/') && i > 0 && g.texts[name[:i]] && g.hasCase(name[i+1:]) {
			return true
		}
	}
	return false
}

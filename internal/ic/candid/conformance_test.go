package candid_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// The suite is of Candid's authors. A file has type definitions and then assertions:
//
//	assert blob "DIDL\00\01\7d\05" == "(5)" : (nat) "what it shows";
//
// The left side, bytes or text, is decoded at the types after the colon. That must
// succeed (:), fail (!:), or give what the right side gives (==), or not that (!=).
//
// A search for the word finds 471: four are patterns in a comment.
const suiteSize = 467

func TestConformance(t *testing.T) {
	total := 0
	for _, path := range suiteFiles(t) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defs, asserts := splitSuite(t, string(src))
		t.Run(strings.TrimSuffix(filepath.Base(path), ".test.did"), func(t *testing.T) {
			for _, a := range asserts {
				if err := a.run(defs); err != nil {
					t.Errorf("%s\n\t%v", a.text, err)
				}
			}
		})
		total += len(asserts)
	}
	if total != suiteSize {
		t.Errorf("ran %d assertions, want %d", total, suiteSize)
	}
}

func suiteFiles(t *testing.T) []string {
	if _, err := os.Stat(suiteRoot()); err != nil {
		t.Skipf("no Candid suite; BERTH_CONFORMANCE names the folder it is in: %v", err)
	}
	paths := suitePaths()
	if len(paths) == 0 {
		t.Fatalf("no suite files in %s", suiteRoot())
	}
	return paths
}

func suiteRoot() string {
	root := os.Getenv("BERTH_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "conformance")
	}
	return filepath.Join(root, "candid")
}

// suitePaths is empty if the suite is not there.
func suitePaths() []string {
	paths, _ := filepath.Glob(filepath.Join(suiteRoot(), "*.test.did"))
	return paths
}

type assertion struct {
	text        string // the whole of it, for messages
	left, right string // literals; right is empty if there is none
	op          string
	types       string
}

func (a assertion) run(defs string) error {
	types, err := parseTypes(defs, a.types)
	if err != nil {
		return err
	}
	left, err := decodeSide(a.left, types)
	switch {
	case a.op == "!:" && err == nil:
		return fmt.Errorf("decodes as %s", candid.Format(left))
	case a.op == "!:":
		return nil
	case err != nil || a.op == ":":
		return err
	}
	right, err := decodeSide(a.right, types)
	if err != nil {
		return fmt.Errorf("right side: %w", err)
	}
	if same := slices.EqualFunc(left, right, candid.Equal); same != (a.op == "==") {
		return fmt.Errorf("left is %s, right is %s", candid.Format(left), candid.Format(right))
	}
	return nil
}

// parseTypes reads types by making them the arguments of a method.
func parseTypes(defs, types string) ([]*candid.Type, error) {
	prog, err := candid.ParseDID(defs + "service : { m : " + types + " -> () }")
	if err != nil {
		return nil, err
	}
	m, _ := prog.Method("m")
	return m.Args, nil
}

func decodeSide(lit string, types []*candid.Type) ([]candid.Value, error) {
	if text, ok := strings.CutPrefix(lit, "blob "); ok {
		return candid.Decode([]byte(unquote(text)), types, candid.Quota{})
	}
	return candid.ParseArgsAs(unquote(lit), types)
}

// unquote undoes the escapes of a literal, without the lexer under test.
func unquote(lit string) string {
	var b strings.Builder
	lit = lit[1 : len(lit)-1]
	for i := 0; i < len(lit); i++ {
		if lit[i] != '\\' {
			b.WriteByte(lit[i])
			continue
		}
		i++
		if v, err := strconv.ParseUint(lit[i:min(i+2, len(lit))], 16, 8); err == nil {
			b.WriteByte(byte(v))
			i++
			continue
		}
		b.WriteByte(map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '"': '"', '\'': '\'', '\\': '\\'}[lit[i]])
	}
	return b.String()
}

// splitSuite gives the definitions and the assertions of a file.
func splitSuite(t *testing.T, src string) (string, []assertion) {
	var defs strings.Builder
	var asserts []assertion
	for _, stmt := range statements(src) {
		if strings.HasPrefix(stmt, "assert ") {
			asserts = append(asserts, parseAssertion(t, stmt))
		} else {
			defs.WriteString(stmt + ";\n")
		}
	}
	if len(asserts) == 0 {
		t.Error("file without assertions")
	}
	return defs.String(), asserts
}

// statements cuts a file at the semicolons that are not in brackets, texts or
// comments, and drops the comments.
func statements(src string) []string {
	var out []string
	var cur strings.Builder
	depth := 0
	for i := 0; i < len(src); {
		n := 1
		switch {
		case strings.HasPrefix(src[i:], "//"):
			i += strings.IndexByte(src[i:]+"\n", '\n')
			continue
		case strings.HasPrefix(src[i:], "/*"):
			i += strings.Index(src[i:], "*/") + 2
			continue
		case src[i] == '"':
			n = literalLen(src[i:])
		case strings.IndexByte("{(", src[i]) >= 0:
			depth++
		case strings.IndexByte(")}", src[i]) >= 0:
			depth--
		case src[i] == ';' && depth == 0:
			out = append(out, strings.TrimSpace(cur.String()))
			cur.Reset()
			i++
			continue
		}
		cur.WriteString(src[i : i+n])
		i += n
	}
	if rest := strings.TrimSpace(cur.String()); rest != "" {
		out = append(out, rest)
	}
	return out
}

// literalLen is the length of the literal that s starts with.
func literalLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func parseAssertion(t *testing.T, stmt string) assertion {
	a := assertion{text: stmt}
	rest := strings.TrimSpace(strings.TrimPrefix(stmt, "assert"))
	a.left, rest = cutLiteral(rest)
	a.op, rest, _ = strings.Cut(rest, " ")
	rest = strings.TrimSpace(rest)
	if a.op == "==" || a.op == "!=" {
		a.right, rest = cutLiteral(rest)
		rest = strings.TrimSpace(strings.TrimPrefix(rest, ":"))
	}
	a.types = rest
	if strings.HasSuffix(rest, `"`) { // the description, of which a quote starts the last word
		a.types = rest[:descriptionStart(rest)]
	}
	if !slices.Contains([]string{":", "!:", "==", "!="}, a.op) || !strings.HasPrefix(a.types, "(") {
		t.Fatalf("cannot read assertion: %s", stmt)
	}
	return a
}

// descriptionStart is where the last literal of s starts.
func descriptionStart(s string) int {
	last := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			last = i
			i += literalLen(s[i:]) - 1
		}
	}
	return last
}

func cutLiteral(s string) (lit, rest string) {
	prefix := ""
	if after, ok := strings.CutPrefix(s, "blob"); ok {
		prefix, s = "blob ", strings.TrimSpace(after)
	}
	n := literalLen(s)
	return prefix + s[:n], strings.TrimSpace(s[n:])
}

package wast

import (
	"fmt"
	"slices"
	"strings"
)

// Report is the results of scripts, by their names.
type Report map[string][]Result

// Tally counts the outcomes of the directives of one kind.
type Tally struct{ Passed, Failed, NotRun int }

// Total is the number of directives.
func (t Tally) Total() int { return t.Passed + t.Failed + t.NotRun }

func (t *Tally) add(o Outcome) {
	switch o {
	case Passed:
		t.Passed++
	case Failed:
		t.Failed++
	default:
		t.NotRun++
	}
}

// Assertions tallies all assertions.
func (r Report) Assertions() Tally {
	var t Tally
	for _, results := range r {
		for _, res := range results {
			if res.IsAssertion() {
				t.add(res.Outcome)
			}
		}
	}
	return t
}

// Misses names the directives that did not pass, as "file:line kind", in order.
func (r Report) Misses() []Miss {
	var ms []Miss
	for _, file := range r.files() {
		for _, res := range r[file] {
			if res.Outcome != Passed {
				ms = append(ms, Miss{Key: fmt.Sprintf("%s:%d %s", file, res.Line, res.Kind), Reason: res.Reason})
			}
		}
	}
	return ms
}

// Miss is a directive that did not pass.
type Miss struct{ Key, Reason string }

func (r Report) files() []string {
	files := make([]string, 0, len(r))
	for f := range r {
		files = append(files, f)
	}
	slices.Sort(files)
	return files
}

// kinds is the columns of the table.
func kinds() []string {
	return []string{"assert_return", "assert_trap", "assert_invalid", "assert_malformed", "assert_unlinkable", "load"}
}

// column is the column a directive counts in, empty for none.
func column(d Directive) string {
	if strings.HasPrefix(d.Kind, "component") {
		return "load"
	}
	if d.IsAssertion() {
		return d.Kind
	}
	return ""
}

// Markdown is the report as a table with a row for each script, followed by what
// did not pass.
func (r Report) Markdown() string {
	var b strings.Builder
	b.WriteString("| script | " + strings.Join(kinds(), " | ") + " |\n|---|")
	b.WriteString(strings.Repeat("---:|", len(kinds())) + "\n")
	total := map[string]*Tally{}
	for _, file := range r.files() {
		row := map[string]*Tally{}
		for _, res := range r[file] {
			tally(row, res)
			tally(total, res)
		}
		b.WriteString("| " + file + cells(row))
	}
	b.WriteString("| **all**" + cells(total))
	return b.String()
}

func tally(row map[string]*Tally, res Result) {
	c := column(res.Directive)
	if c == "" {
		return
	}
	if row[c] == nil {
		row[c] = &Tally{}
	}
	row[c].add(res.Outcome)
}

func cells(row map[string]*Tally) string {
	var b strings.Builder
	for _, k := range kinds() {
		b.WriteString(" | ")
		if t := row[k]; t != nil {
			fmt.Fprintf(&b, "%d/%d", t.Passed, t.Total())
		}
	}
	b.WriteString(" |\n")
	return b.String()
}

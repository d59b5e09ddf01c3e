package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SpecRun is what came of a suite in one way of running it, which is a column of the
// page.
type SpecRun struct {
	Suite, Column string
	Count         SpecCount
	Known         map[string]string // as of Spec
}

// SpecText is what a page says of an engine: a table with a row for each suite, and
// what fails.
func SpecText(engineName string, runs []SpecRun) string {
	var suites, columns []string
	var all SpecCount
	cells := map[[2]string]string{}
	for _, r := range runs {
		suites, columns = addNew(suites, r.Suite), addNew(columns, r.Column)
		cells[[2]string{r.Suite, r.Column}] = fmt.Sprintf("%d/%d", r.Count.Passed, r.Count.Total())
		all.Passed += r.Count.Passed
		all.Failed += r.Count.Failed
		all.Skipped += r.Count.Skipped
		all.Changed += r.Count.Changed
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%d of %d assertions pass on %s**, %d fail and %d cannot be tried.\n", all.Passed, all.Total(), engineName, all.Failed, all.Skipped)
	fmt.Fprintf(&b, "%d more are not counted: the standard has changed since, and they fail.\n\n", all.Changed)
	fmt.Fprintf(&b, "| suite | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)))
	for _, s := range suites {
		b.WriteString("| " + s)
		for _, c := range columns {
			b.WriteString(" | " + cells[[2]string{s, c}])
		}
		b.WriteString(" |\n")
	}
	failures := knownText(runs)
	if failures != "" {
		b.WriteString("\nWhat fails, with its lines:\n\n" + failures)
	}
	return b.String()
}

// knownText lists what is known to fail, by its reason.
func knownText(runs []SpecRun) string {
	byReason := map[string][]string{}
	for _, r := range runs {
		for _, at := range slices.Sorted(maps.Keys(r.Known)) {
			why := r.Known[at]
			byReason[why] = addNew(byReason[why], r.Suite+"/"+at)
		}
	}
	var b strings.Builder
	for _, why := range slices.Sorted(maps.Keys(byReason)) {
		fmt.Fprintf(&b, "- `%s`: %s\n", strings.Join(byReason[why], "`, `"), why)
	}
	return b.String()
}

func addNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

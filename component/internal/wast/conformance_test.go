package wast_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/component/internal/wast"
	"github.com/berth-cli/berth/engine/enginetest"
)

// update rewrites this engine's part of docs/conformance.md and takes what passes
// off the list of expected misses. It never adds to the list.
var update = flag.Bool("update", false, "rewrite docs/conformance.md and shorten the list of expected misses")

const expectedFile = "testdata/conformance-expected-" + engineName + ".txt"

// TestConformance runs the whole suite on the engine of this build. What does not
// pass must be listed with a reason, and what is listed must not pass.
func TestConformance(t *testing.T) {
	scripts := suite(t)
	texts := newTextReader(t)
	if err := texts.prepare(t.Context(), sources(scripts)); err != nil {
		skip(t, err.Error())
	}
	report := runAll(t, scripts, texts.texts)
	listed := readExpected(t)
	compare(t, report, listed)
	if *update {
		shorten(t, report)
		listed = readExpected(t)
	}
	page := enginetest.Page{Path: filepath.Join(moduleRoot(t), "docs", "conformance.md"), Update: *update}
	page.Check(t, enginetest.Part{Name: "components on " + engineName, Text: render(report, listed)})
}

// TestConformanceBinary runs what needs no reader of text: components that scripts
// spell in binary.
func TestConformanceBinary(t *testing.T) {
	report := runAll(t, suite(t), nil)
	listed := readExpected(t)
	passed := 0
	for _, miss := range binaryOnly(report).Misses() {
		if _, ok := listed[miss.Key]; !ok {
			t.Errorf("%s: %s", miss.Key, miss.Reason)
		}
	}
	if passed = binaryOnly(report).Assertions().Passed; passed < 88 {
		t.Errorf("%d assertions on binaries passed, want 88 or more", passed)
	}
}

// binaryOnly is the directives that define a component in binary.
func binaryOnly(r wast.Report) wast.Report {
	only := wast.Report{}
	for file, results := range r {
		for _, res := range results {
			if res.Text != nil && res.Text.Form == "binary" {
				only[file] = append(only[file], res)
			}
		}
	}
	return only
}

func runAll(t *testing.T, scripts map[string]*wast.Script, texts wast.Texts) wast.Report {
	t.Helper()
	host := newHost(t)
	report := wast.Report{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	limit := make(chan struct{}, 2)
	for _, name := range sortedNames(scripts) {
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			results := wast.Run(t.Context(), scripts[name], wast.Options{Host: host, Texts: texts})
			mu.Lock()
			defer mu.Unlock()
			report[name] = results
		})
	}
	wg.Wait()
	return report
}

// compare fails on a miss that is not listed and on a listed one that passed.
func compare(t *testing.T, report wast.Report, listed map[string]string) {
	t.Helper()
	missed := map[string]bool{}
	for _, miss := range report.Misses() {
		missed[miss.Key] = true
		if why, ok := listed[miss.Key]; !ok || why == "" {
			t.Errorf("%s: %s: not listed with a reason in %s", miss.Key, miss.Reason, expectedFile)
		}
	}
	for _, key := range sortedNames(listed) {
		if !missed[key] && !*update {
			t.Errorf("%s: passes, or is gone: take it off %s", key, expectedFile)
		}
	}
}

// readExpected is the list of expected misses: the directive, and why after a #.
func readExpected(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(expectedFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	listed := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		key, why, _ := strings.Cut(s.Text(), "#")
		if key = strings.TrimSpace(key); key != "" {
			listed[key] = strings.TrimSpace(why)
		}
	}
	return listed
}

// shorten rewrites the list without what passes.
func shorten(t *testing.T, report wast.Report) {
	t.Helper()
	b, err := os.ReadFile(expectedFile)
	if err != nil {
		t.Fatal(err)
	}
	missed := map[string]bool{}
	for _, miss := range report.Misses() {
		missed[miss.Key] = true
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		key, _, _ := strings.Cut(line, "#")
		if key = strings.TrimSpace(key); key == "" || missed[key] {
			out.WriteString(line)
		}
	}
	write(t, expectedFile, out.String())
}

// render is what the page says of this engine.
func render(report wast.Report, listed map[string]string) string {
	all := report.Assertions()
	var b strings.Builder
	fmt.Fprintf(&b, "**%d of %d assertions pass on %s.**\n\n%s", all.Passed, all.Total(), engineName, report.Markdown())
	misses := report.Misses()
	if len(misses) == 0 {
		return b.String()
	}
	b.WriteString("\nWhat does not pass:\n\n")
	for _, miss := range misses {
		fmt.Fprintf(&b, "- `%s`: %s\n", miss.Key, listed[miss.Key])
	}
	return b.String()
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

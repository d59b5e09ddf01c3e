package main

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestDocs compares what docs/embedding.md shows with the files it is from.
func TestDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)<!-- examples/embed/(\\S+) -->\n```[a-z]+\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks from files, want 3", len(blocks))
	}
	for _, block := range blocks {
		source, err := os.ReadFile(path.Base(block[1]))
		if err != nil {
			t.Fatal(err)
		}
		if block[2] == "" || !strings.Contains(string(source), block[2]) {
			t.Errorf("docs/embedding.md does not show what is in %s", block[1])
		}
	}
}

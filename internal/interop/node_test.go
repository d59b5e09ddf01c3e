package interop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// scriptTime is how long a script may run. They take a few seconds.
const scriptTime = 2 * time.Minute

// toolsFolder is the folder of the npm packages.
func toolsFolder() string { return filepath.Join("..", "..", "tools") }

// result is what a script reports of one step: a value or an error.
type result struct {
	Step  string          `json:"step"`
	Value json.RawMessage `json:"value"`
	Error *failure        `json:"error"`
}

// failure is a JavaScript error. The fields from RejectCode on are set if it tells
// of a rejection.
type failure struct {
	Name       string `json:"name"` // of the class
	Code       string `json:"code"` // of the agent's errors: the name of the class of the cause
	Text       string `json:"text"`
	Certified  bool   `json:"certified"`
	RejectCode int    `json:"rejectCode"`
	Message    string `json:"message"`
	ErrorCode  string `json:"errorCode"`
}

func (f *failure) Error() string {
	return fmt.Sprintf("%s: %s: certified %v, reject code %d, %s %q: %s", f.Name, f.Code, f.Certified, f.RejectCode, f.ErrorCode, f.Message, f.Text)
}

// runScript runs a script of testdata with input as JSON and returns what it
// reports of its steps, each of which has a name of its own. The test is skipped if
// this machine cannot run it.
func runScript(t *testing.T, script string, input any) map[string]result {
	t.Helper()
	node := findNode(t)
	in, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), scriptTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, filepath.Join("testdata", script), toolsFolder())
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdin = bytes.NewReader(in)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v (%v)\n%s\nafter these steps:\n%s", script, err, context.Cause(ctx), &stderr, &stdout)
	}
	return readResults(t, &stdout)
}

func readResults(t *testing.T, r io.Reader) map[string]result {
	t.Helper()
	results := make(map[string]result)
	for dec := json.NewDecoder(r); ; {
		var res result
		err := dec.Decode(&res)
		if errors.Is(err, io.EOF) {
			return results
		}
		if err != nil {
			t.Fatalf("read what the script reports: %v", err)
		}
		if _, twice := results[res.Step]; twice {
			t.Errorf("two steps are named %q", res.Step)
		}
		results[res.Step] = res
	}
}

func findNode(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		skip(t, "node is not installed: "+err.Error())
	}
	if _, err := os.Stat(filepath.Join(toolsFolder(), "node_modules", "@icp-sdk", "core")); err != nil {
		skip(t, "the npm package @icp-sdk/core is not installed: run make tools")
	}
	return node
}

// skip skips a test for what this machine lacks; in continuous integration that is
// a failure.
func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("BERTH_CI") != "" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

package icpsync_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// probe is the guest that returns as its error what it was given.
const probe = "../../guests/probe/sync.wasm"

// told runs the probe and returns the text of its error.
func told(t *testing.T, r icpsync.Request) string {
	t.Helper()
	_, err := icpsync.Run(t.Context(), load(t, probe), r)
	guest, ok := errors.AsType[*plugin.GuestError](err)
	if !ok {
		t.Fatalf("Run = %v, want the probe's own error", err)
	}
	return guest.Message
}

func TestInputArrives(t *testing.T) {
	dir := project(t)
	withProxy := request(dir, &fakeCaller{})
	withProxy.Proxy = "aaaaa-aa"
	for _, tt := range []struct {
		name    string
		request icpsync.Request
		want    string
	}{
		{"canister", request(dir, &fakeCaller{}), canisterID},
		{"identity", request(dir, &fakeCaller{}), identity},
		{"proxy", withProxy, "aaaaa-aa"},
		{"plain, without a proxy", request(dir, &fakeCaller{}), "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := told(t, withEnvironment(tt.request, tt.name)); got != tt.want {
				t.Errorf("the plugin was told %q, want %q", got, tt.want)
			}
		})
	}
}

// TestFilesArrive checks that a file comes as it is, under the name it was declared
// by.
func TestFilesArrive(t *testing.T) {
	dir := project(t)
	text := "line\r\n\u2603 \x00end"
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "./notes.txt", "seed-data//fruit-01.txt"} {
		r := withEnvironment(request(dir, &fakeCaller{}), "files")
		r.Files = []string{"config.txt", name}
		content := text
		if filepath.Base(name) != "notes.txt" {
			content = "apple\n"
		}
		if got, want := told(t, r), name+":"+content; got != want {
			t.Errorf("the plugin was told %q, want %q", got, want)
		}
	}
}

// TestCallsArrive checks that each field of a call reaches the host, a query's too.
func TestCallsArrive(t *testing.T) {
	caller := &fakeCaller{answer: func(_ context.Context, r icpsync.CallRequest) ([]byte, error) {
		if r.CallType == icpsync.Query {
			return nil, errors.New("canister call failed: no answer")
		}
		return nil, nil
	}}
	if got, want := told(t, withEnvironment(request(project(t), caller), "requests")), "canister call failed: no answer"; got != want {
		t.Errorf("the plugin was told %q, want %q", got, want)
	}
	want := []icpsync.CallRequest{
		{Method: "plain", Arg: []byte{1, 2, 3}, Cycles: math.MaxUint64},
		{Method: "direct", Arg: []byte{}, Direct: true},
		{Method: "question", Arg: []byte{1}, CallType: icpsync.Query, Cycles: 7},
	}
	equal := func(a, b icpsync.CallRequest) bool {
		return a.Method == b.Method && slices.Equal(a.Arg, b.Arg) && a.CallType == b.CallType && a.Direct == b.Direct && a.Cycles == b.Cycles
	}
	if !slices.EqualFunc(caller.calls, want, equal) {
		t.Errorf("calls = %+v, want %+v", caller.calls, want)
	}
}

// TestMistypedExport checks that an exec of another type is refused, not called.
func TestMistypedExport(t *testing.T) {
	r := request(project(t), &fakeCaller{})
	_, err := icpsync.Run(t.Context(), load(t, "../../guests/probe/mistyped.wasm"), r)
	if !isA[*component.BindError](err) {
		t.Errorf("Run = %T %v, want *component.BindError", err, err)
	}
}

// TestNothingAround checks that a plugin finds no variables, no arguments, no working
// folder, no terminal, and standard input closed.
func TestNothingAround(t *testing.T) {
	t.Setenv("SECRET", "hidden")
	_, err := icpsync.Run(t.Context(), load(t, "../../guests/probe/surroundings.wasm"), request(project(t), &fakeCaller{}))
	guest, ok := errors.AsType[*plugin.GuestError](err)
	if !ok || guest.Message != "00002" {
		t.Errorf("Run = %v, want the plugin's error to be 00002", err)
	}
}

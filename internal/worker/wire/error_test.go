package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// travel sends an error there and back as JSON.
func travel(t *testing.T, err, stopped error) error {
	t.Helper()
	b, jsonErr := json.Marshal(wire.EncodeError(err))
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	var e *wire.Error
	if jsonErr := json.Unmarshal(b, &e); jsonErr != nil {
		t.Fatal(jsonErr)
	}
	out, bad := e.Decode(stopped)
	if bad != nil {
		t.Fatalf("%s: %v", b, bad)
	}
	return out
}

// someErrors are errors of the types that a run ends with.
func someErrors() []error {
	trap := &component.Trap{
		Kind: component.TrapCore, Code: engine.TrapUnreachable, Message: "m",
		Frames: []engine.Frame{{Func: "f", Offset: 7, Module: [32]byte{1}}},
	}
	limit := &plugin.LimitError{Limit: "memory", Max: "1 GiB", Measured: "2 GiB", Knob: "k"}
	return []error{
		&plugin.GuestError{Message: "no \u2028 \x00"},
		&plugin.ExitError{Code: 3, Panic: "p", Stack: []plugin.Frame{{Func: "f"}}},
		&plugin.RefusedError{Interface: "i", Func: "f"},
		limit,
		&plugin.LimitError{Limit: "memory", Err: &plugin.TrapError{Trap: trap}},
		&plugin.TrapError{Panic: "p", PanicAt: "a.rs:1:2", Trap: trap, Stack: []plugin.Frame{{Func: "f", Line: 3}}},
		&plugin.TrapError{Report: plugin.Report{Compute: time.Second, Last: []plugin.Record{{Func: "f", Err: limit}}}},
		&plugin.HostError{Err: &component.HostError{Interface: "i", Func: "f", Err: context.DeadlineExceeded}},
		&plugin.LoopError{Err: limit},
		&component.LinkError{Name: "n", Err: &component.MissingImportError{Func: "f"}},
		&component.DecodeError{Section: "s", Offset: 9, Err: syscall.ENOENT},
		&component.BindError{Path: "p"},
		&icpsync.InterfaceError{Detail: "d", Exports: []string{"e"}},
		&engine.CompileError{Offset: -1},
		&engine.InterruptError{Cause: context.Canceled},
		errors.Join(limit, &plugin.ExitError{Code: 1}),
	}
}

// TestErrors checks that they travel whole, and that nothing is nothing.
func TestErrors(t *testing.T) {
	for _, err := range append(someErrors(), nil) {
		if got := travel(t, err, nil); !reflect.DeepEqual(got, err) {
			t.Errorf("%T %v arrives as %T %+v", err, err, got, got)
		}
	}
}

// FuzzOutcome reads outcomes from any text: what is accepted can be told, and told
// again.
func FuzzOutcome(f *testing.F) {
	for _, err := range someErrors() {
		b, jsonErr := json.Marshal(wire.DoneHead{Stage: wire.StageRun, Err: wire.EncodeError(err)})
		if jsonErr != nil {
			f.Fatal(jsonErr)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var head wire.DoneHead
		if (wire.Frame{Kind: wire.Done, Head: in}).Decode(&head) == nil {
			checkDecoded(t, head)
		}
	})
}

// TestOtherErrors checks that of other errors the text and what is in them travel.
func TestOtherErrors(t *testing.T) {
	inner := &plugin.ExitError{Code: 4}
	for _, err := range []error{
		errors.New("plain"),
		fmt.Errorf("around: %w", inner),
		fmt.Errorf("before %w after", inner),
		fmt.Errorf("two: %w and %w", inner, fs.ErrNotExist),
		&fs.PathError{Op: "open", Path: "p", Err: syscall.ENOENT},
		errors.New("not \xff UTF-8"),
	} {
		got := travel(t, err, nil)
		if got.Error() != strings.ToValidUTF8(err.Error(), "\uFFFD") {
			t.Errorf("%q arrives as %q", err, got)
		}
		if e, ok := errors.AsType[*plugin.ExitError](err); ok {
			if g, ok := errors.AsType[*plugin.ExitError](got); !ok || g.Code != e.Code {
				t.Errorf("%q arrives without its exit", err)
			}
		}
		if errors.Is(err, fs.ErrNotExist) != errors.Is(got, fs.ErrNotExist) {
			t.Errorf("%q: errors.Is differs", err)
		}
	}
}

// TestStopped checks that the cause of a stopped run is the parent's own.
func TestStopped(t *testing.T) {
	why := errors.New("because")
	err := fmt.Errorf("plugin was stopped: %w", wire.ErrStopped)
	if got := travel(t, err, why); !errors.Is(got, why) || got.Error() != "plugin was stopped: because" {
		t.Errorf("arrives as %v", got)
	}
	if got := travel(t, err, nil); errors.Is(got, why) || got.Error() != "plugin was stopped: stopped" {
		t.Errorf("arrives as %v where nothing was stopped", got)
	}
}

// TestLargeErrors checks that deep and wide errors end somewhere, and arrive.
func TestLargeErrors(t *testing.T) {
	deep := errors.New("bottom")
	for range 100 {
		deep = fmt.Errorf("x: %w", deep)
	}
	var wide []error
	for i := range 1000 {
		wide = append(wide, fmt.Errorf("number %d", i))
	}
	for _, err := range []error{deep, errors.Join(wide...), errors.Join(errors.Join(wide...), deep)} {
		if got := travel(t, err, nil); got.Error() != err.Error() {
			t.Errorf("%.50q arrives as %.50q", err.Error(), got.Error())
		}
	}
}

// TestNoErrors refuses data that is no error.
func TestNoErrors(t *testing.T) {
	deep := strings.Repeat(`{"Causes":[`, 40) + `{"Text":"x","Whole":true}` + strings.Repeat(`]}`, 40)
	wide := `{"Kind":"join","Causes":[` + strings.Repeat(`{"Text":"x","Whole":true},`, 500) + `{"Whole":true}]}`
	for _, text := range []string{
		`{"Kind":"unheard-of"}`,
		`{"Kind":"guest","Fields":{"Message":1}}`,
		`{"Kind":"guest","Fields":{},"Causes":[{"Whole":true}]}`,
		`{"Kind":"limit","Fields":{"Err":{}}}`,
		`{"Kind":"plugin-trap","Fields":{},"Causes":[{"Text":"x","Whole":true}]}`,
		`{"Kind":"errno","Fields":-1}`,
		`{"Kind":"eof","Causes":[{"Whole":true}]}`,
		`{"Kind":"join"}`,
		`{"Text":"x"}`,
		`{"Causes":[null],"Whole":true}`,
		deep, wide,
	} {
		var e *wire.Error
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatalf("%.60s: %v", text, err)
		}
		if err, bad := e.Decode(nil); !errors.Is(bad, wire.ErrTree) {
			t.Errorf("%.60s: %v, %v, want ErrTree", text, err, bad)
		}
	}
}

// TestReports checks that a report travels whole.
func TestReports(t *testing.T) {
	want := plugin.Report{
		Compute: time.Second, PeakMemoryBytes: 1 << 40, WorldCalls: 7, Warnings: []string{"w"},
		Last: []plugin.Record{{Interface: "i", Func: "f", ArgBytes: 3, Took: time.Minute, Err: &plugin.ExitError{Code: 1}}, {Func: "g"}},
	}
	b, err := json.Marshal(wire.EncodeReport(want))
	if err != nil {
		t.Fatal(err)
	}
	var r *wire.Report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	got, bad := r.Decode(nil)
	if bad != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s arrives as %+v, %v", b, got, bad)
	}
}

package wast_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/component/internal/binary"
)

// The suite's async folder is not run. What its scripts are made of is here, one
// construct a component, in binary: each is refused by its name, when it is linked
// or when it is called, and no way there crashes.

// asyncBuiltin is a built-in: its opcode and operands, and the core function it
// defines, as parameters, ">", results; i is i32 and l is i64.
type asyncBuiltin struct {
	name   string
	canon  []byte
	sig    string
	inert  bool // it has a meaning without async, and is done
	refuse bool // refused before it can be called
}

func asyncBuiltins() []asyncBuiltin {
	return []asyncBuiltin{
		{name: "task.cancel", canon: []byte{0x05}, sig: ">"},
		{name: "subtask.cancel", canon: []byte{0x06, 0}, sig: "i>i"},
		{name: "task.return", canon: []byte{0x09, 0, 0x79, 0}, sig: "i>"},
		{name: "context.get", canon: []byte{0x0a, 0x7f, 0}, sig: ">i", inert: true},
		{name: "context.set", canon: []byte{0x0b, 0x7f, 0}, sig: "i>", inert: true},
		{name: "thread.yield", canon: []byte{0x0c, 0}, sig: ">i"},
		{name: "subtask.drop", canon: []byte{0x0d}, sig: "i>"},
		{name: "stream.new", canon: []byte{0x0e, streamType}, sig: ">l"},
		{name: "stream.read", canon: []byte{0x0f, streamType, 1, 3, 0}, sig: "iii>i"},
		{name: "stream.write", canon: []byte{0x10, streamType, 1, 3, 0}, sig: "iii>i"},
		{name: "stream.cancel-read", canon: []byte{0x11, streamType, 0}, sig: "i>i"},
		{name: "stream.cancel-write", canon: []byte{0x12, streamType, 1}, sig: "i>i"},
		{name: "stream.drop-readable", canon: []byte{0x13, streamType}, sig: "i>"},
		{name: "stream.drop-writable", canon: []byte{0x14, streamType}, sig: "i>"},
		{name: "future.new", canon: []byte{0x15, futureType}, sig: ">l"},
		{name: "future.read", canon: []byte{0x16, futureType, 1, 3, 0}, sig: "ii>i"},
		{name: "future.write", canon: []byte{0x17, futureType, 1, 3, 0}, sig: "ii>i"},
		{name: "future.cancel-read", canon: []byte{0x18, futureType, 0}, sig: "i>i"},
		{name: "future.cancel-write", canon: []byte{0x19, futureType, 1}, sig: "i>i"},
		{name: "future.drop-readable", canon: []byte{0x1a, futureType}, sig: "i>"},
		{name: "future.drop-writable", canon: []byte{0x1b, futureType}, sig: "i>"},
		{name: "error-context.new", canon: []byte{0x1c, 1, 3, 0}, sig: "ii>i"},
		{name: "error-context.debug-message", canon: []byte{0x1d, 2, 3, 0, 4, 0}, sig: "ii>"},
		{name: "error-context.drop", canon: []byte{0x1e}, sig: "i>"},
		{name: "waitable-set.new", canon: []byte{0x1f}, sig: ">i"},
		{name: "waitable-set.wait", canon: []byte{0x20, 0, 0}, sig: "ii>i"},
		{name: "waitable-set.poll", canon: []byte{0x21, 1, 0}, sig: "ii>i"},
		{name: "waitable-set.drop", canon: []byte{0x22}, sig: "i>"},
		{name: "waitable.join", canon: []byte{0x23}, sig: "ii>"},
		{name: "backpressure.inc", canon: []byte{0x24}, sig: ">", inert: true},
		{name: "backpressure.dec", canon: []byte{0x25}, sig: ">"}, // below zero
		{name: "thread.index", canon: []byte{0x26}, sig: ">i"},
		{name: "thread.new-indirect", canon: []byte{0x27, 0, 0}, sig: "ii>i"},
		{name: "thread.resume-later", canon: []byte{0x28}, sig: "i>"},
		{name: "thread.suspend", canon: []byte{0x29, 0}, sig: ">i"},
		{name: "thread.suspend-then-resume", canon: []byte{0x2a, 0}, sig: "i>i"},
		{name: "thread.yield-then-resume", canon: []byte{0x2b, 1}, sig: "i>i"},
		{name: "thread.suspend-then-promote", canon: []byte{0x2c, 0}, sig: "i>i"},
		{name: "thread.yield-then-promote", canon: []byte{0x2d, 0}, sig: "i>i"},
		{name: "thread.spawn-ref", canon: []byte{0x40, 0, 0}, refuse: true},
		{name: "thread.spawn-indirect", canon: []byte{0x41, 0, 0, 0}, refuse: true},
		{name: "thread.available-parallelism", canon: []byte{0x42, 0}, sig: ">i"},
	}
}

func TestAsyncBuiltins(t *testing.T) {
	h := newHost(t)
	for _, b := range asyncBuiltins() {
		t.Run(b.name, func(t *testing.T) {
			err := runAsync(t, h, builtinComponent(b))
			switch {
			case b.inert:
				if err != nil {
					t.Errorf("run: %v, want no error", err)
				}
			case b.refuse:
				wantUnsupported(t, err, "canon "+b.name)
			case b.name == "backpressure.dec":
				if _, ok := errors.AsType[*component.Trap](err); !ok {
					t.Errorf("run: %v, want a trap", err)
				}
			default:
				if trap, ok := errors.AsType[*component.Trap](err); !ok || trap.Kind != component.TrapUnsupported {
					t.Errorf("run: %v, want a trap", err)
				}
				wantUnsupported(t, err, "canon "+b.name)
			}
		})
	}
}

// TestAsyncBuiltinsWhole wants a case for every opcode the decoder knows.
func TestAsyncBuiltinsWhole(t *testing.T) {
	tried := map[byte]bool{0x00: true, 0x01: true, 0x02: true, 0x03: true, 0x04: true} // lift, lower, resources
	for _, b := range asyncBuiltins() {
		tried[b.canon[0]] = true
	}
	for op := range 0x100 {
		if tried[byte(op)] {
			continue
		}
		_, err := binary.Decode(newAsyncBuilder().canon(byte(op), 0, 0, 0, 0).bytes, binary.Limits{})
		if err == nil || !strings.Contains(err.Error(), "canonical definition") {
			t.Errorf("opcode 0x%02x: %v: a built-in without a case here", op, err)
		}
	}
}

// TestAsyncConstructs is the options, types and functions of async.
func TestAsyncConstructs(t *testing.T) {
	h := newHost(t)
	asyncFunc, plainFunc := []byte{0x43, 0, 1, 0}, []byte{0x40, 0, 1, 0}
	lift := func(typ []byte, core string, opts ...byte) []byte {
		b := newAsyncBuilder()
		f := b.coreFunc(core)
		b.coreFunc("callback")
		return b.lift(f, b.typ(typ...), opts...).export("run").bytes
	}
	call := func(sig string, typ ...byte) []byte { // imports a function and calls it with zeros
		b := newAsyncBuilder()
		b.importFunc(b.typ(typ...)).canon(0x01, 0, 0, 0)
		b.coreFuncs++
		return b.runs(callModule(sig), 0).bytes
	}
	for _, tt := range []struct {
		name string
		wasm []byte
		want string
	}{
		{"async lift", lift(asyncFunc, "task", 1, 6), "canon async lift"},
		{"async lift of a function that is not async", lift(plainFunc, "task", 1, 6), "canon async lift"},
		{"async lift with a callback", lift(asyncFunc, "start", 2, 6, 7, 1), "canon async lift"},
		{"async lower", asyncLower(plainFunc), "canon async lower"},
		{"async lower of an async function", asyncLower(asyncFunc), "canon async lower"},
		{"async import", call(">", asyncFunc...), "async functions"},
		{"stream parameter", call("i>", 0x40, 1, 1, 'p', streamType, 1, 0), "stream"},
		{"stream result", call(">i", 0x40, 0, 0, streamType), "stream"},
		{"future parameter", call("i>", 0x40, 1, 1, 'p', futureType, 1, 0), "future"},
		{"error-context parameter", call("i>", 0x40, 1, 1, 'p', 0x64, 1, 0), "error-context"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := h.runtime.Validate(t.Context(), tt.wasm); err != nil {
				t.Fatalf("Validate: %v", err)
			}
			err := runAsync(t, h, tt.wasm)
			wantUnsupported(t, err, tt.want)
			if abi := strings.HasPrefix(tt.want, "canon async"); abi && !strings.Contains(err.Error(), "build the component for WASI 0.2") {
				t.Errorf("error %v does not say what to do", err)
			}
		})
	}
}

// wantUnsupported wants a refusal that names the feature: of the component, or of a
// host function with such a type.
func wantUnsupported(t *testing.T, err error, feature string) {
	t.Helper()
	_, unsupported := errors.AsType[*component.UnsupportedError](err)
	_, unlinkable := errors.AsType[*component.LinkError](err)
	if !unsupported && !unlinkable || !strings.Contains(err.Error(), feature+" is not supported") {
		t.Errorf("error is %T %v, want that %s is not supported", err, err, feature)
	}
}

// runAsync loads a component, offers a function "f", and
// calls its function "run".
func runAsync(t *testing.T, h *host, wasm []byte) error {
	t.Helper()
	c, err := h.runtime.Compile(t.Context(), wasm)
	if err != nil {
		return err
	}
	linker := component.NewLinker()
	linker.Root().Func("f", component.DynamicFunc(
		func(context.Context, []component.Value) ([]component.Value, error) { return nil, nil }))
	linked, err := h.runtime.Link(c, linker)
	if err != nil {
		return err
	}
	in, err := linked.Instantiate(t.Context(), component.InstanceConfig{})
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := in.Func("run")
	if err != nil {
		return err
	}
	_, err = f.Call(t.Context())
	return err
}

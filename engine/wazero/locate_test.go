package wazero_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// TestFramesHaveCode fails when wazero keeps what is read of its stack and code
// elsewhere than it did.
func TestFramesHaveCode(t *testing.T) {
	e := newEngine(wazero.Config{})(t)
	m := w.New()
	ft := m.Type(w.Func())
	for i := range 8 { // recursive ones, so that the machine stack has frames of several sizes
		m.Func(ft, make([]engine.ValType, 0), w.Call(uint32(i)+1))
	}
	m.Func(ft, nil, w.Op(w.Unreachable))
	loop := m.Func(ft, nil, w.Call(9))
	m.Export("f", engine.KindFunc, 0)
	m.Export("loop", engine.KindFunc, loop)
	for name, want := range map[string]int{"f": 9, "loop": engine.MaxFrames} {
		trap := trapOf(t, e, m.Bytes(), name)
		if len(trap.Frames) != want {
			t.Errorf("%s: %d frames, want %d", name, len(trap.Frames), want)
		}
		for i, f := range trap.Frames {
			if f.Code == 0 {
				t.Errorf("%s: frame %d, %+v, has no place in the machine code", name, i, f)
			}
		}
	}
}

// TestDebugInfoKeepsCode fails when wazero makes other machine code of a function
// for being alone, or for having debug information: then Locate would find nothing.
func TestDebugInfoKeepsCode(t *testing.T) {
	files, err := filepath.Glob("../../guests/*/*.wasm")
	if err != nil || len(files) == 0 {
		t.Fatalf("no guests: %v", err)
	}
	modules := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 2<<20 {
			continue // takes seconds, and tells nothing new
		}
		for _, core := range coreModules(b) {
			modules++
			same, funcs, err := wazero.SameCodeAlone(t.Context(), core)
			if err != nil || same != funcs {
				t.Errorf("%s: %d functions of %d have the same code: %v", file, same, funcs, err)
			}
		}
	}
	if modules == 0 {
		t.Error("no core modules in the guests")
	}
}

// coreModules returns the core modules of a component, at any depth.
func coreModules(b []byte) (out [][]byte) {
	const coreModule, component = 1, 4
	if bytes.HasPrefix(b, []byte(w.Header)) {
		return [][]byte{b}
	}
	for p := 8; p < len(b); {
		id := b[p]
		size, n := binary.Uvarint(b[p+1:])
		start := p + 1 + n
		p = start + int(size)
		switch id {
		case coreModule:
			out = append(out, b[start:p])
		case component:
			out = append(out, coreModules(b[start:p])...)
		}
	}
	return out
}

package rewrite_test

import (
	"bytes"
	"testing"

	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// sitesModule has three functions; the second has everything that rewriting adds
// something to.
func sitesModule() []byte {
	m := w.New()
	t := m.Type(w.Func())
	m.ImportFunc("env", "host", t)
	m.Memory(w.Limits{Min: 1})
	m.Table(w.Limits{Min: 1})
	m.Func(t, nil, w.Op(w.Nop))
	m.Func(t, nil,
		w.Call(0),
		w.Loop(w.I32Const(111), w.Op(w.Drop), w.Call(0)),
		w.RefNull(), w.I32Const(1), w.TableGrow(0), w.Op(w.Drop),
		w.I32Const(1), w.Op(0x40, 0, w.Drop),
		w.I32Const(222), w.Op(w.Drop), w.Op(w.Unreachable))
	m.Func(t, nil, w.I32Const(333), w.Op(w.Drop))
	return m.Bytes()
}

// TestOrigin finds instructions of the input by where they are in the output.
func TestOrigin(t *testing.T) {
	wasm := sitesModule()
	o := rewrite.Options{RefTable: true, CheckGrow: true}
	whole, err := rewrite.Rewrite(wasm, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, alone := range []bool{false, true} {
		s, err := rewrite.Locate(wasm, o, []uint32{2}, alone)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Equal(s.Wasm, whole.Wasm); got == alone {
			t.Errorf("alone %v: the module is as Rewrite writes it: %v", alone, got)
		}
		for _, tt := range []struct {
			name string
			code []byte
		}{
			{"constant in a loop", w.I32Const(111)},
			{"call in a loop", append([]byte{w.Drop}, w.Call(0)...)},
			{"constant after a check", w.I32Const(222)},
			{"unreachable", []byte{w.Drop, w.Unreachable, w.End}},
		} {
			in, out := bytes.Index(wasm, tt.code), bytes.Index(s.Wasm, tt.code)
			if got, ok := s.Origin(2, out); !ok || got != in {
				t.Errorf("alone %v: Origin(%d), %s, = %d, %v, want %d", alone, out, tt.name, got, ok, in)
			}
		}
		for _, outside := range []int{-1, 0, 8, s.CodeStart, len(s.Wasm) - 1, len(s.Wasm), 1 << 40} {
			if got, ok := s.Origin(2, outside); ok {
				t.Errorf("alone %v: Origin(%d), of no function, = %d", alone, outside, got)
			}
		}
		if at := bytes.Index(s.Wasm, w.I32Const(333)); at >= 0 == alone {
			t.Errorf("alone %v: another function's code is at %d", alone, at)
		}
	}
}

// FuzzOrigin: every origin lies in the code of the input, and they never go back.
func FuzzOrigin(f *testing.F) {
	f.Add(sitesModule(), uint32(2))
	f.Add(skeletonModule(), uint32(1))
	f.Add([]byte(w.Header), uint32(0))
	f.Fuzz(func(t *testing.T, wasm []byte, index uint32) {
		s, err := rewrite.Locate(wasm, rewrite.Options{RefTable: true}, []uint32{index}, false)
		if err != nil {
			return
		}
		last := 0
		for i := range s.Wasm {
			at, ok := s.Origin(index, i)
			if ok && (at < last || at > len(wasm)) {
				t.Fatalf("Origin(%d) = %d, after %d, in %d bytes", i, at, last, len(wasm))
			}
			last = max(last, at)
		}
	})
}

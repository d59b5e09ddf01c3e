package wazero_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// seeds are modules that use what a fuzzer would take long to find.
func seeds() [][]byte {
	arith := w.New()
	i64 := arith.Type(w.Func(w.I64, w.I64).Returns(w.I64))
	arith.Memory(w.Limits{Min: 1, Max: 3})
	arith.Export("memory", engine.KindMemory, 0)
	f := arith.Func(i64, nil, w.LocalGet(0), w.LocalGet(1), w.Op(0x7f), w.LocalGet(0), w.Op(0x85)) // div_s, xor
	arith.Export("div", engine.KindFunc, f)
	arith.Export("store", engine.KindFunc, arith.Func(arith.Type(w.Func(w.I32)), nil, w.LocalGet(0), w.LocalGet(0), w.I32Store(4)))

	loop := w.New()
	count := loop.Type(w.Func(w.I32).Returns(w.I32))
	host := loop.ImportFunc("", "", count)
	g := loop.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(3))
	loop.Export("loop", engine.KindFunc, loop.Func(count, []engine.ValType{w.I64},
		w.Loop(w.GlobalGet(g), w.LocalGet(0), w.Op(w.I32Add), w.GlobalSet(g),
			w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.LocalTee(0), w.BrIf(0)),
		w.GlobalGet(g), w.Call(host)))

	table := w.New()
	ft := table.Type(w.Func(w.I32).Returns(w.I32))
	one := table.Func(ft, nil, w.LocalGet(0), w.I32Const(1), w.Op(w.I32Add))
	two := table.Func(ft, nil, w.LocalGet(0), w.LocalGet(0), w.CallIndirect(ft, 0))
	tab := table.Table(w.Limits{Min: 3, Max: 9})
	table.Elem(tab, w.I32Const(0), one, two)
	table.Export("call", engine.KindFunc, two)
	table.Export("grow", engine.KindFunc, table.Func(ft, nil, w.RefFunc(one), w.LocalGet(0), w.TableGrow(tab)))

	vec := w.New()
	vec.Export("vec", engine.KindFunc, vec.Func(vec.Type(w.Func(w.I32).Returns(w.I32)), nil,
		w.LocalGet(0), w.Op(0xfd, 17), w.Op(0xfd, 0xa0, 1), w.Op(0xfd, 27, 2)))
	return [][]byte{arith.Bytes(), loop.Bytes(), table.Bytes(), vec.Bytes()}
}

// FuzzRun runs any module, metered, in wazero's compiler and its interpreter. Both
// must end, and agree on results, traps, fuel, memory and globals.
func FuzzRun(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, uint64(5), uint64(1<<31|7))
	}
	compiler := newEngine(wazero.Config{Workers: 1})(f)
	interpreter := newEngine(wazero.Config{Interpreter: true, Workers: 1})(f)
	f.Fuzz(func(t *testing.T, wasm []byte, a, b uint64) {
		if len(wasm) > 1<<16 {
			t.Skip("large")
		}
		got, want := runAll(t, compiler, wasm, a, b), runAll(t, interpreter, wasm, a, b)
		if strings.Contains(got+want, engine.TrapStackOverflow.String()) {
			return // the interpreter's stack is another
		}
		if got != want {
			t.Errorf("module %x\ncompiler:\n%s\ninterpreter:\n%s", wasm, got, want)
		}
	})
}

// runAll calls every exported function once and describes what happened.
func runAll(t *testing.T, e engine.Engine, wasm []byte, args ...uint64) string {
	mod, err := e.Compile(t.Context(), wasm)
	if err != nil {
		return "invalid"
	}
	defer mod.Close()
	s, err := e.NewStore(engine.StoreConfig{MaxMemoryBytes: 1 << 24, MaxTableElems: 10_000, Fuel: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var imports []engine.Extern
	for _, i := range mod.Imports() {
		if i.Type.Kind != engine.KindFunc {
			return "imports"
		}
		imports = append(imports, s.NewHostFunc(i.Type.Func, func(stack []uint64) error {
			for i := range stack {
				stack[i] = 0
			}
			return nil
		}))
	}
	inst, err := s.Instantiate(mod, imports)
	if err != nil {
		return "instantiate: " + outcome(err)
	}
	var out strings.Builder
	for _, x := range mod.Exports() {
		fmt.Fprintf(&out, "%q: ", x.Name)
		describe(&out, inst.Export(x.Name), args)
		fmt.Fprintf(&out, ", fuel %d\n", s.Fuel())
	}
	return out.String()
}

func describe(out *strings.Builder, x engine.Extern, args []uint64) {
	switch x := x.(type) {
	case engine.Func:
		ft := x.Type()
		for _, t := range append(ft.Params, ft.Results...) {
			if t != w.I32 && t != w.I64 {
				fmt.Fprint(out, "not called") // bits of a NaN may differ
				return
			}
		}
		stack := make([]uint64, max(ft.StackLen(), len(args)))
		copy(stack, args)
		err := x.Call(stack)
		fmt.Fprint(out, outcome(err))
		if err == nil {
			fmt.Fprint(out, stack[:len(ft.Results)])
		}
	case engine.Memory:
		h := fnv.New64a()
		h.Write(x.Bytes())
		fmt.Fprintf(out, "%d bytes, %x", len(x.Bytes()), h.Sum64())
	case engine.Global:
		fmt.Fprintf(out, "%#x", x.Get())
	case engine.Table:
		fmt.Fprint(out, x.Len())
	}
}

func outcome(err error) string {
	if trap, ok := errors.AsType[*engine.Trap](err); ok {
		return trap.Code.String()
	}
	return fmt.Sprint(err)
}

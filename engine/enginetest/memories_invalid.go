package enginetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// invalidModule is a module with two memories with something wrong.
type invalidModule struct {
	name string
	m    *w.Module
}

// testInvalidMemories compiles modules of which much would be right in one with more
// in it than they have.
func testInvalidMemories(t *testing.T, r rig) {
	for _, tt := range slices.Concat(invalidCode(), invalidSections(), invalidData()) {
		mod, err := r.eng.Compile(t.Context(), tt.m.Bytes())
		if err == nil {
			mod.Close()
		}
		if _, ok := errors.AsType[*engine.CompileError](err); !ok {
			t.Errorf("%s: Compile error is %T (%v), want *engine.CompileError", tt.name, err, err)
		}
	}
	mod, err := r.eng.Compile(t.Context(), twoMemories().Bytes())
	if err != nil {
		t.Fatalf("what all of them begin with: %v", err)
	}
	mod.Close()
}

// twoMemories returns a module with two memories and a function that copies between
// them, and stores and drops: an engine may have to add functions, types and tables
// for that. Then comes the code given.
func twoMemories(code ...[]byte) *w.Module {
	m := w.New()
	m.Memory(w.Limits{Min: 1})
	m.Memory(w.Limits{Min: 1})
	zero := w.I32Const(0)
	m.PassiveData("x")
	m.Func(m.Type(w.Func()), nil, zero, zero, zero, w.Op(0xfc, 10, 1, 0), zero, zero, w.Op(0x36), w.MemArg(1, 0),
		w.Op(0xfc, 9, 0), slices.Concat(code...))
	return m
}

// twoMemoriesWith returns twoMemories and what is added.
func twoMemoriesWith(add func(m *w.Module)) *w.Module {
	m := twoMemories()
	add(m)
	return m
}

// invalidCode is wrong in a function.
func invalidCode() []invalidModule {
	zero, code := w.I32Const(0), twoMemories
	return []invalidModule{
		{"load of an unknown memory", code(zero, w.Op(0x28), w.MemArg(2, 0), w.Op(w.Drop))},
		{"size of an unknown memory", code(w.Op(0x3f, 2, w.Drop))},
		{"grow of an unknown memory", code(zero, w.Op(0x40, 2, w.Drop))},
		{"fill of an unknown memory", code(zero, zero, zero, w.Op(0xfc, 11, 2))},
		{"copy to an unknown memory", code(zero, zero, zero, w.Op(0xfc, 10, 2, 0))},
		{"copy from an unknown memory", code(zero, zero, zero, w.Op(0xfc, 10, 0, 2))},
		{"init of an unknown memory", code(zero, zero, zero, w.Op(0xfc, 8, 0, 2))},
		{"init by an unknown segment", code(zero, zero, zero, w.Op(0xfc, 8, 1, 1))},
		{"drop of an unknown segment", code(w.Op(0xfc, 9, 1))},
		{"vector of an unknown memory", code(zero, w.Op(0xfd, 0), w.MemArg(2, 0), w.Op(w.Drop))},
		{"alignment", code(zero, w.Op(0x28, 1<<6|3, 1, 0, w.Drop))},
		{"alignment of a vector", code(zero, w.Op(0xfd, 0, 1<<6|5, 1, 0, w.Drop))},
		{"alignment of a byte in the first memory", code(zero, w.Op(0x2d, 1, 0, w.Drop))},
		{"lane", code(zero, w.Op(0xfd, 12), make([]byte, 16), w.Op(0xfd, 87), w.MemArg(1, 0), w.Op(2, w.Drop))},
		{"address of another type", code(w.I64Const(0), w.Op(0x28), w.MemArg(1, 0), w.Op(w.Drop))},
		{"value of another type", code(zero, w.I64Const(0), w.Op(0x36), w.MemArg(1, 0))},
		{"result of another type", code(zero, w.Op(0x29), w.MemArg(1, 0), w.Op(w.I32Eqz, w.Drop))},
		{"nothing to load by", code(w.Op(0x28), w.MemArg(1, 0), w.Op(w.Drop))},
		{"nothing to load by but an offset", code(w.Op(0x28), w.MemArg(1, 8), w.Op(w.Drop))},
		{"result left", code(zero, w.Op(0x28), w.MemArg(1, 0))},
		{"call of a function that is not there", code(w.Call(1))},
		{"call of a function that copies", code(zero, zero, zero, w.Call(1))},
		{"call of a function that drops", code(w.Call(2))},
		{"tail call of a function that is not there", code(w.ReturnCall(2))},
		{"reference to a function that is not there", code(w.RefFunc(1), w.Op(w.Drop))},
		{"call by a type that is not there", code(zero, zero, zero, zero, w.CallIndirect(1, 0))},
		{"call by a table that is not there", code(zero, w.CallIndirect(0, 0))},
		{"get from a table that is not there", code(zero, w.Op(0x25, 0, w.Drop))},
		{"set in a table that is not there", code(zero, w.RefNull(), w.TableSet(0))},
		{"growth of a table that is not there", code(w.RefNull(), zero, w.TableGrow(0), w.Op(w.Drop))},
		{"copy of a table that is not there", code(zero, zero, zero, w.Op(0xfc, 14, 0, 0))},
		{"block of a type that is not there", code(w.Op(w.Unreachable, 0x02, 1, w.Unreachable, w.End, w.Unreachable))},
		{"loop of a type that is not there", code(w.Op(w.Unreachable, 0x03, 2, w.Unreachable, w.End, w.Unreachable))},
	}
}

// invalidSections is wrong elsewhere.
func invalidSections() []invalidModule {
	zero := w.I32Const(0)
	return []invalidModule{
		{"function of a type that is not there", twoMemoriesWith(func(m *w.Module) { m.Func(1, nil) })},
		{"import of a type that is not there", twoMemoriesWith(func(m *w.Module) { m.ImportFunc("", "", 1) })},
		{"export of a function that is not there", twoMemoriesWith(func(m *w.Module) { m.Export("f", engine.KindFunc, 1) })},
		{"export of a table that is not there", twoMemoriesWith(func(m *w.Module) { m.Export("f", engine.KindTable, 0) })},
		{"export of a memory that is not there", twoMemoriesWith(func(m *w.Module) { m.Export("f", engine.KindMemory, 2) })},
		{"export twice", twoMemoriesWith(func(m *w.Module) {
			m.Export("f", engine.KindMemory, 1)
			m.Export("f", engine.KindMemory, 0)
		})},
		{"copy to a table that is not there", twoMemoriesWith(copyTable(1, 0))},
		{"copy from a table that is not there", twoMemoriesWith(copyTable(0, 1))},
		{"start that is not there", twoMemoriesWith(func(m *w.Module) { m.Start(2) })},
		{"start with a parameter", twoMemoriesWith(func(m *w.Module) { m.Start(m.Func(m.Type(w.Func(w.I32)), nil)) })},
		{"start with a result", twoMemoriesWith(func(m *w.Module) { m.Start(m.Func(m.Type(w.Func().Returns(w.I32)), nil, zero)) })},
		{"element in a table that is not there", twoMemoriesWith(func(m *w.Module) { m.Elem(0, zero, 0) })},
		{"element of a function that is not there", twoMemoriesWith(func(m *w.Module) { m.PassiveElem(1) })},
		{"element expression of a function that is not there", twoMemoriesWith(func(m *w.Module) {
			m.RawElem([]byte{5, byte(w.FuncRef), 1, 0xd2, 1, w.End})
		})},
		{"global of a function that is not there", twoMemoriesWith(func(m *w.Module) { m.Global(w.Global{Type: w.FuncRef}, w.RefFunc(1)) })},
		{"size", twoMemoriesWith(func(m *w.Module) { m.Memory(w.Limits{Min: 1<<16 + 1}) })},
		{"minimum above the maximum", twoMemoriesWith(func(m *w.Module) { m.Memory(w.Limits{Min: 2, Max: 1}) })},
		{"minimum of an import above the maximum", twoMemoriesWith(func(m *w.Module) { m.ImportMemory("", "", w.Limits{Min: 2, Max: 1}) })},
		{"too many memories", twoMemoriesWith(func(m *w.Module) {
			for range 1000 {
				m.Memory(w.Limits{})
			}
		})},
	}
}

// invalidData is wrong in a data segment.
func invalidData() []invalidModule {
	data := func(offset ...[]byte) *w.Module {
		return twoMemoriesWith(func(m *w.Module) {
			m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
			activeData(m, 1, slices.Concat(offset...), "x")
		})
	}
	zero := w.I32Const(0)
	return []invalidModule{
		{"data for a memory that is not there", twoMemoriesWith(func(m *w.Module) { activeData(m, 2, zero, "") })},
		{"data at an offset of another type", data(w.I64Const(0))},
		{"data at no offset", data()},
		{"data at two offsets", data(zero, zero)},
		{"data at a mutable offset", data(w.GlobalGet(0))},
		{"data at an offset that is not there", data(w.GlobalGet(1))},
		{"data at a computed offset", data(zero, w.Op(w.I32Eqz))},
		{"data at what the other left", twoMemoriesWith(func(m *w.Module) {
			activeData(m, 1, slices.Concat(zero, zero), "")
			activeData(m, 1, nil, "")
		})},
	}
}

// copyTable adds a table and a function that copies between tables.
func copyTable(to, from byte) func(*w.Module) {
	return func(m *w.Module) {
		m.Table(w.Limits{})
		zero := w.I32Const(0)
		m.Func(m.Type(w.Func()), nil, zero, zero, zero, w.Op(0xfc, 14, to, from))
	}
}

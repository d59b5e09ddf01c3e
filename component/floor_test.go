package component_test

import (
	"bytes"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// floorHost is the part of a guest that host functions written by hand use.
type floorHost struct {
	memory  engine.Memory
	realloc engine.Func
	budget  int
	stack   [4]uint64
}

// alloc calls the guest's allocator and checks what it returns.
func (h *floorHost) alloc(n, align uint32) (uint32, error) {
	h.stack = [4]uint64{0, 0, uint64(align), uint64(n)}
	if err := h.realloc.Call(h.stack[:]); err != nil {
		return 0, err
	}
	ptr := uint32(h.stack[0])
	if ptr%align != 0 || uint64(ptr)+uint64(n) > uint64(len(h.memory.Bytes())) {
		return 0, errHand
	}
	return ptr, nil
}

// echo takes a list<u8> and returns it.
func (h *handRows) echo(ptr, n, at uint32) error {
	mem := h.memory.Bytes()
	if uint64(ptr)+uint64(n) > uint64(len(mem)) || int(n) > h.budget {
		return errHand
	}
	b := bytes.Clone(mem[ptr : ptr+n])
	back, err := h.alloc(n, 1)
	if err != nil {
		return err
	}
	copy(h.memory.Bytes()[back:], b)
	if uint64(at)+8 > uint64(len(h.memory.Bytes())) || at%4 != 0 {
		return errHand
	}
	h.put(at, back, n)
	return nil
}

// floor is a core module that does what testdata/bench.wat does, without
// components, with host functions written by hand.
func floor(b *testing.B, rows []row) engine.Instance {
	b.Helper()
	e, err := testengine.New()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	mod, err := e.Compile(b.Context(), floorCode())
	if err != nil {
		b.Fatal(err)
	}
	store, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	h := &handRows{}
	inst, err := store.Instantiate(mod, h.imports(store, rows))
	if err != nil {
		b.Fatal(err)
	}
	h.memory, h.realloc = inst.Export("memory").(engine.Memory), inst.Export("realloc").(engine.Func)
	return inst
}

// The types of the host functions.
var floorTypes = []wasmtest.Signature{
	wasmtest.Func(wasmtest.I32).Returns(wasmtest.I32),
	wasmtest.Func(wasmtest.I32, wasmtest.I32),
	wasmtest.Func(wasmtest.I32),
	wasmtest.Func(wasmtest.I32, wasmtest.I32, wasmtest.I32),
}

func (h *handRows) imports(store engine.Store, rows []row) []engine.Extern {
	var out []engine.Extern
	for i, f := range []engine.HostFunc{
		func(stack []uint64) error {
			stack[0]++
			return nil
		},
		func(stack []uint64) error {
			h.budget = 128 << 20
			got, err := h.lift(uint32(stack[0]), uint32(stack[1]))
			if err == nil && len(got) != rowCount {
				err = errHand
			}
			return err
		},
		func(stack []uint64) error { return h.lower(rows, uint32(stack[0])) },
		func(stack []uint64) error {
			h.budget = 128 << 20
			return h.echo(uint32(stack[0]), uint32(stack[1]), uint32(stack[2]))
		},
	} {
		out = append(out, store.NewHostFunc(engine.FuncType(floorTypes[i]), f))
	}
	return out
}

// floorCode is the module. Its loops take the number of calls to make.
func floorCode() []byte {
	m := wasmtest.New()
	one, two := m.Type(floorTypes[0]), m.Type(wasmtest.Func(wasmtest.I32))
	pair := m.Type(wasmtest.Func(wasmtest.I32, wasmtest.I32))
	host := m.ImportFunc("", "host", one)
	take, give := m.ImportFunc("", "take", m.Type(floorTypes[1])), m.ImportFunc("", "give", two)
	echo := m.ImportFunc("", "echo", m.Type(floorTypes[3]))
	m.Export("memory", engine.KindMemory, m.Memory(wasmtest.Limits{Min: 64}))
	next := m.Global(wasmtest.Global{Type: wasmtest.I32, Mutable: true}, wasmtest.I32Const(4096))
	four := wasmtest.Func(wasmtest.I32, wasmtest.I32, wasmtest.I32, wasmtest.I32).Returns(wasmtest.I32)
	m.Export("realloc", engine.KindFunc, m.Func(m.Type(four), []engine.ValType{wasmtest.I32},
		wasmtest.GlobalGet(next), wasmtest.I32Const(7), wasmtest.Op(wasmtest.I32Add),
		wasmtest.I32Const(-8), wasmtest.Op(0x71), wasmtest.LocalTee(4),
		wasmtest.LocalGet(3), wasmtest.Op(wasmtest.I32Add), wasmtest.GlobalSet(next), wasmtest.LocalGet(4)))
	m.Export("add", engine.KindFunc, m.Func(one, nil,
		wasmtest.LocalGet(0), wasmtest.I32Const(1), wasmtest.Op(wasmtest.I32Add)))

	loop := func(name string, t uint32, before, body [][]byte) {
		body = append(body, wasmtest.LocalGet(0), wasmtest.I32Const(1), wasmtest.Op(wasmtest.I32Sub),
			wasmtest.LocalTee(0), wasmtest.BrIf(0))
		m.Export(name, engine.KindFunc, m.Func(t, nil, append(before, wasmtest.Loop(body...))...))
	}
	giveOnce := [][]byte{wasmtest.I32Const(4096), wasmtest.GlobalSet(next), wasmtest.I32Const(16), wasmtest.Call(give)}
	loop("loop", two, nil, [][]byte{wasmtest.LocalGet(0), wasmtest.Call(host), wasmtest.Op(wasmtest.Drop)})
	loop("give", two, nil, giveOnce)
	loop("take", two, giveOnce, [][]byte{
		wasmtest.I32Const(16), wasmtest.I32Load(0), wasmtest.I32Const(16), wasmtest.I32Load(4), wasmtest.Call(take)})
	loop("bytes", pair, nil, [][]byte{
		wasmtest.I32Const(4096), wasmtest.GlobalSet(next),
		wasmtest.I32Const(2 << 20), wasmtest.LocalGet(1), wasmtest.I32Const(16), wasmtest.Call(echo)})
	return m.Bytes()
}

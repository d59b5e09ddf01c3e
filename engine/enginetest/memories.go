package enginetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// testMemories is about modules with several memories.
func testMemories(t *testing.T, r rig) {
	if !r.eng.Features().MultiMemory {
		t.Skip("the engine runs modules with one memory")
	}
	for _, tt := range []struct {
		name string
		run  func(*testing.T, rig)
	}{
		{"Accesses", testAccesses},
		{"Bulk", testBulk},
		{"CopyBetween", testCopyBetween},
		{"Segments", testSegments},
		{"SegmentOrder", testSegmentOrder},
		{"Link", testLinkMemories},
		{"Limit", testLimitMemories},
		{"Stop", testStopCopy},
		{"Start", testStartMemories},
		{"Invalid", testInvalidMemories},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, r.on(t)) })
	}
}

// memoryAccess is a load or store: its instruction up to the operand, what comes
// after it, and what it loads or stores.
type memoryAccess struct {
	name       string
	op, lane   []byte
	val        engine.ValType
	store, vec bool // it stores; it takes a vector
}

// memoryAccesses is every load and store.
func memoryAccesses() []memoryAccess {
	scalar := map[byte]engine.ValType{
		0x28: w.I32, 0x29: w.I64, 0x2a: w.F32, 0x2b: w.F64, 0x2c: w.I32, 0x2d: w.I32, 0x2e: w.I32, 0x2f: w.I32,
		0x30: w.I64, 0x31: w.I64, 0x32: w.I64, 0x33: w.I64, 0x34: w.I64, 0x35: w.I64,
		0x36: w.I32, 0x37: w.I64, 0x38: w.F32, 0x39: w.F64, 0x3a: w.I32, 0x3b: w.I32, 0x3c: w.I64, 0x3d: w.I64, 0x3e: w.I64,
	}
	var all []memoryAccess
	for op := byte(0x28); op <= 0x3e; op++ {
		all = append(all, memoryAccess{name: fmt.Sprintf("%#x", op), op: w.Op(op), val: scalar[op], store: op >= 0x36})
	}
	for _, op := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 92, 93, 84, 85, 86, 87, 88, 89, 90, 91} {
		a := memoryAccess{name: fmt.Sprintf("0xfd %d", op), op: w.Op(0xfd, op), val: w.V128, store: op == 11 || op >= 88 && op < 92}
		if a.vec = op >= 84 && op < 92; a.vec {
			a.lane = w.Op(1)
		}
		all = append(all, a)
	}
	return all
}

// code loads or stores by an address in local 0. What it loads it stores at 0.
func (a memoryAccess) code(memory, offset uint32) []byte {
	value := map[engine.ValType][]byte{
		w.I32:  w.I32Const(0x1234_5678),
		w.I64:  w.I64Const(0x1234_5678_9abc_def0),
		w.F32:  w.Op(0x43, 1, 2, 3, 0x40),
		w.F64:  w.Op(0x44, 1, 2, 3, 4, 5, 6, 7, 0x40),
		w.V128: w.Op(0xfd, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
	}[a.val]
	put := map[engine.ValType][]byte{
		w.I32: w.Op(0x36), w.I64: w.Op(0x37), w.F32: w.Op(0x38), w.F64: w.Op(0x39), w.V128: w.Op(0xfd, 11),
	}[a.val]
	access := slices.Concat(a.op, w.MemArg(memory, offset), a.lane)
	if a.store {
		return slices.Concat(w.LocalGet(0), value, access)
	}
	if !a.vec {
		value = nil
	}
	return slices.Concat(w.I32Const(0), w.LocalGet(0), value, access, put, w.MemArg(memory, 0))
}

// testAccesses does every load and store in the second memory of one module and in
// the only one of another: the results must be the same.
func testAccesses(t *testing.T, r rig) {
	offsets := []uint32{0, 1, 7, page - 16, page - 1, page, 1<<31 - 1, 1<<32 - page, 1<<32 - 1}
	addresses := []uint64{0, 1, 8, page - 16, page - 8, page - 4, page - 2, page - 1, page, 1 << 31, 1<<32 - page, 1<<32 - 8, 1<<32 - 1}
	all := memoryAccesses()
	build := func(memory uint32) engine.Instance {
		m := w.New()
		for range memory {
			m.Memory(w.Limits{Min: 1})
		}
		m.Export("memory", engine.KindMemory, m.Memory(w.Limits{Min: 1}))
		ft := m.Type(w.Func(w.I32))
		for i, a := range all {
			for k, off := range offsets {
				m.Export(fmt.Sprint(i, " ", k), engine.KindFunc, m.Func(ft, nil, a.code(memory, off)))
			}
		}
		return r.instantiate(r.store(engine.StoreConfig{}), m)
	}
	one, two := build(0), build(1)
	first, second := pattern(one), pattern(two)
	trapped := 0
	for i, a := range all {
		for k, off := range offsets {
			for _, addr := range addresses {
				_, want := r.call(one, fmt.Sprint(i, " ", k), addr)
				_, got := r.call(two, fmt.Sprint(i, " ", k), addr)
				if want != nil {
					trapped++
					wantTrap(t, got, engine.TrapMemoryOutOfBounds)
				} else if got != nil {
					t.Errorf("%s offset=%d at %d: %v", a.name, off, addr, got)
				}
				if !bytes.Equal(first, second) {
					t.Fatalf("%s offset=%d at %d: the memories differ", a.name, off, addr)
				}
			}
		}
	}
	if trapped == 0 {
		t.Error("nothing trapped")
	}
}

// pattern fills an instance's memory with bytes that tell where they were, and
// returns it.
func pattern(inst engine.Instance) []byte {
	b := inst.Export("memory").(engine.Memory).Bytes()
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

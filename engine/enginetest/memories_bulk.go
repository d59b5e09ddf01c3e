package enginetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// bulkModule exports functions on the memories "0" and "1", named by an instruction
// and the memory's index.
func bulkModule(limits w.Limits) *w.Module {
	m := w.New()
	three := m.Type(w.Func(w.I32, w.I32, w.I32))
	one, none := m.Type(w.Func(w.I32).Returns(w.I32)), m.Type(w.Func().Returns(w.I32))
	args := slices.Concat(w.LocalGet(0), w.LocalGet(1), w.LocalGet(2))
	data := m.PassiveData("0123456789")
	for i := range byte(2) {
		m.Export(fmt.Sprint(i), engine.KindMemory, m.Memory(limits))
		m.Export(fmt.Sprint("fill", i), engine.KindFunc, m.Func(three, nil, args, w.Op(0xfc, 11, i)))
		m.Export(fmt.Sprint("init", i), engine.KindFunc, m.Func(three, nil, args, w.Op(0xfc, 8, byte(data), i)))
		m.Export(fmt.Sprint("grow", i), engine.KindFunc, m.Func(one, nil, w.LocalGet(0), w.Op(0x40, i)))
		m.Export(fmt.Sprint("size", i), engine.KindFunc, m.Func(none, nil, w.Op(0x3f, i)))
		for k := range byte(2) {
			m.Export(fmt.Sprint("copy", i, k), engine.KindFunc, m.Func(three, nil, args, w.Op(0xfc, 10, i, k)))
		}
	}
	m.Export("drop", engine.KindFunc, m.Func(m.Type(w.Func()), nil, w.Op(0xfc, 9, byte(data))))
	return m
}

func testBulk(t *testing.T, r rig) {
	inst := r.instantiate(r.store(engine.StoreConfig{}), bulkModule(w.Limits{Min: 1, Max: 3}))
	memory := func(i int) []byte { return inst.Export(fmt.Sprint(i)).(engine.Memory).Bytes() }
	for i := range 2 {
		name := func(what string) string { return fmt.Sprint(what, i) }
		r.must(inst, name("fill"), 10, 0x1ff, 5)
		r.must(inst, name("init"), 12, 3, 2)
		r.must(inst, fmt.Sprint("copy", i, " ", i), 13, 12, 4)
		if got, want := memory(i)[9:19], []byte("\x00\xff\xff334\xff\x00\x00\x00"); !bytes.Equal(got, want) {
			t.Errorf("memory %d: %q, want %q", i, got, want)
		}
		for _, c := range [][3]uint64{{page, 0, 1}, {page - 1, 0, 2}, {1<<32 - 1, 0, 1}, {0, 0, 1<<32 - 1}} {
			_, err := r.call(inst, name("fill"), c[:]...)
			wantTrap(t, err, engine.TrapMemoryOutOfBounds)
			_, err = r.call(inst, name("init"), c[:]...)
			wantTrap(t, err, engine.TrapMemoryOutOfBounds)
			_, err = r.call(inst, fmt.Sprint("copy", i, " ", i), c[:]...)
			wantTrap(t, err, engine.TrapMemoryOutOfBounds)
		}
		r.must(inst, name("fill"), page, 0, 0)
	}
	if r.must(inst, "grow1", 1) != 1 || r.must(inst, "size1") != 2 || r.must(inst, "size0") != 1 || len(memory(1)) != 2*page {
		t.Error("memory 1 did not grow alone")
	}
	if got := r.must(inst, "grow1", 2); got != 1<<32-1 {
		t.Errorf("grow1 beyond the maximum: %#x, want -1", got)
	}
	r.must(inst, "fill1", page, 7, page)
	r.must(inst, "drop")
	r.must(inst, "drop")
	for i := range 2 {
		r.must(inst, fmt.Sprint("init", i), 0, 0, 0)
		_, err := r.call(inst, fmt.Sprint("init", i), 0, 0, 1)
		wantTrap(t, err, engine.TrapMemoryOutOfBounds)
	}
}

// testCopyBetween copies between two memories, and between what is one.
func testCopyBetween(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{})
	two := r.instantiate(s, bulkModule(w.Limits{Min: 1}))
	own := r.instantiate(s, bulkModule(w.Limits{Min: 1})).Export("0")
	same := r.instantiate(s, copier(), own, own, own)
	for _, c := range [][3]int{
		{0, 0, 0}, {0, 8, 1}, {1, 0, 7}, {3, 5, 8}, {5, 3, 9}, {100, 101, 64}, {101, 100, 64}, {100, 108, 65}, {108, 100, 65},
		{0, page - 17, 17}, {page - 17, 0, 17}, {page, page, 0}, {0, 1, page - 1}, {1, 0, page - 1}, {0, 0, page},
	} {
		to, from, n := c[0], c[1], c[2]
		for _, tt := range []struct {
			name, fn string
			inst     engine.Instance
			to, from string
		}{
			{"0 from 1", "copy0 1", two, "0", "1"},
			{"1 from 0", "copy1 0", two, "1", "0"},
			{"one memory twice", "copy", same, "memory", "memory"},
			{"one memory twice, further ones", "copy further", same, "memory", "memory"},
		} {
			a, b := tt.inst.Export(tt.to).(engine.Memory).Bytes(), tt.inst.Export(tt.from).(engine.Memory).Bytes()
			for i := range a {
				a[i], b[i] = byte(i*3), byte(i*7+i>>8)
			}
			want := slices.Clone(a)
			copy(want[to:to+n], b[from:from+n])
			r.must(tt.inst, tt.fn, uint64(to), uint64(from), uint64(n))
			if !bytes.Equal(a, want) {
				t.Errorf("%s: copy(%d, %d, %d) made another memory", tt.name, to, from, n)
			}
		}
	}
	refuseCopies(t, r, two)
}

// copier imports three memories and copies from the second to the first, and from
// the third to the second.
func copier() *w.Module {
	m := w.New()
	for range 3 {
		m.ImportMemory("", "", w.Limits{Min: 1})
	}
	args := slices.Concat(w.LocalGet(0), w.LocalGet(1), w.LocalGet(2))
	three := m.Type(w.Func(w.I32, w.I32, w.I32))
	m.Export("copy", engine.KindFunc, m.Func(three, nil, args, w.Op(0xfc, 10, 0, 1)))
	m.Export("copy further", engine.KindFunc, m.Func(three, nil, args, w.Op(0xfc, 10, 1, 2)))
	m.Export("memory", engine.KindMemory, 1)
	return m
}

// refuseCopies copies out of bounds: nothing may be written before the trap.
func refuseCopies(t *testing.T, r rig, inst engine.Instance) {
	for _, c := range [][3]uint64{{page - 8, 0, 9}, {0, page - 8, 9}, {page + 1, 0, 0}, {0, page + 1, 0}, {1<<32 - 1, 0, 1}, {8, 0, 1<<32 - 1}} {
		for _, fn := range []string{"copy0 1", "copy1 0"} {
			r.must(inst, "fill0", 0, 1, page)
			r.must(inst, "fill1", 0, 2, page)
			_, err := r.call(inst, fn, c[:]...)
			wantTrap(t, err, engine.TrapMemoryOutOfBounds)
			for i := range 2 {
				b := inst.Export(fmt.Sprint(i)).(engine.Memory).Bytes()
				if bytes.Count(b, []byte{byte(i + 1)}) != page {
					t.Errorf("%s(%d): trapped after writing", fn, c)
				}
			}
		}
	}
}

// testStopCopy: what a copy between memories costs is paid, and it can be stopped.
func testStopCopy(t *testing.T, r rig) {
	s := r.store(engine.StoreConfig{Fuel: 1 << 40})
	inst := r.instantiate(s, bulkModule(w.Limits{Min: 100}))
	before := s.Fuel()
	r.must(inst, "copy0 1", 0, 0, 100*page)
	if spent := before - s.Fuel(); spent < 100*page>>10 {
		t.Errorf("a copy of 100 pages cost %d", spent)
	}
	before = s.Fuel()
	r.must(inst, "fill1", 0, 0, 100*page)
	if spent := before - s.Fuel(); spent < 100*page>>10 {
		t.Errorf("filling 100 pages cost %d", spent)
	}
	s.SetFuel(1000)
	_, err := r.call(inst, "copy0 1", 0, 0, 100*page)
	wantTrap(t, err, engine.TrapOutOfFuel)
	s.SetFuel(1 << 40)
	s.Interrupt(errors.New("enough"))
	if _, err := r.call(inst, "copy0 1", 0, 0, 100*page); !errors.Is(err, engine.ErrInterrupted) {
		t.Errorf("copy in an interrupted store: %v", err)
	}
}

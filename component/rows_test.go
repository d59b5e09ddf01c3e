package component_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// row is the record of testdata/bench.wat.
type row struct {
	Name, Place string
	Size        uint64
	Level       level
	Note        *string
}

const rowCount = 1000

// benchRows are rows as a listing of files has them, half of them with a note.
func benchRows() []row {
	rows := make([]row, rowCount)
	for i := range rows {
		rows[i] = row{Name: fmt.Sprintf("file-%d.txt", i), Place: fmt.Sprintf("folder/%d/sub", i), Size: uint64(i), Level: level(i % 3)}
		if i%2 == 0 {
			note := fmt.Sprintf("note of %d", i)
			rows[i].Note = &note
		}
	}
	return rows
}

// handRows moves rows as one would by hand for this one type, and as safely: every
// pointer, length, discriminant and string is checked, and what lifting may take is
// bounded.
type handRows struct{ floorHost }

const rowSize = 40 // in guest memory, aligned to 8

var errHand = errors.New("the guest broke a rule")

func (h *handRows) lift(ptr, n uint32) ([]row, error) {
	mem := h.memory.Bytes()
	if ptr%8 != 0 || uint64(ptr)+uint64(n)*rowSize > uint64(len(mem)) {
		return nil, errHand
	}
	if h.budget -= int(n) * int(reflect.TypeFor[row]().Size()); h.budget < 0 {
		return nil, errHand
	}
	rows := make([]row, n)
	for i := range rows {
		if err := h.liftRow(mem, mem[ptr+uint32(i)*rowSize:][:rowSize], &rows[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (h *handRows) liftRow(mem, b []byte, r *row) (err error) {
	if r.Name, err = h.liftString(mem, b[0:]); err != nil {
		return err
	}
	if r.Place, err = h.liftString(mem, b[8:]); err != nil {
		return err
	}
	r.Size = binary.LittleEndian.Uint64(b[16:])
	if r.Level = level(b[24]); r.Level > 2 || b[28] > 1 {
		return errHand
	}
	if b[28] == 0 {
		return nil
	}
	note, err := h.liftString(mem, b[32:])
	r.Note = &note
	return err
}

func (h *handRows) liftString(mem, b []byte) (string, error) {
	ptr, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if uint64(ptr)+uint64(n) > uint64(len(mem)) {
		return "", errHand
	}
	s := mem[ptr : ptr+n]
	if h.budget -= len(s); h.budget < 0 || !utf8.Valid(s) {
		return "", errHand
	}
	return string(s), nil
}

func (h *handRows) lower(rows []row, at uint32) error {
	ptr, err := h.alloc(uint32(len(rows))*rowSize, 8)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := h.lowerRow(&rows[i], ptr+uint32(i)*rowSize); err != nil {
			return err
		}
	}
	if uint64(at)+8 > uint64(len(h.memory.Bytes())) || at%4 != 0 {
		return errHand
	}
	h.put(at, ptr, uint32(len(rows)))
	return nil
}

func (h *handRows) lowerRow(r *row, at uint32) error {
	if r.Level > 2 {
		return errHand
	}
	if err := h.lowerString(r.Name, at); err != nil {
		return err
	}
	if err := h.lowerString(r.Place, at+8); err != nil {
		return err
	}
	b := h.memory.Bytes()[at:]
	binary.LittleEndian.PutUint64(b[16:], r.Size)
	b[24], b[28] = byte(r.Level), 0
	if r.Note == nil {
		return nil
	}
	b[28] = 1
	return h.lowerString(*r.Note, at+32)
}

func (h *handRows) lowerString(s string, at uint32) error {
	if !utf8.ValidString(s) {
		return errHand
	}
	ptr, err := h.alloc(uint32(len(s)), 1)
	if err != nil {
		return err
	}
	copy(h.memory.Bytes()[ptr:], s)
	h.put(at, ptr, uint32(len(s)))
	return nil
}

func (h *handRows) put(at, ptr, n uint32) {
	b := h.memory.Bytes()[at:]
	binary.LittleEndian.PutUint32(b, ptr)
	binary.LittleEndian.PutUint32(b[4:], n)
}

// rowsLinker offers the functions of testdata/bench.wat that have rows.
func rowsLinker(l *component.Linker, rows []row) {
	l.Root().Func("take-rows", component.Func1(func(_ context.Context, got []row) (component.Unit, error) {
		if len(got) != rowCount {
			return component.Unit{}, errHand
		}
		return component.Unit{}, nil
	}))
	l.Root().Func("give-rows", component.Func0(func(context.Context) ([]row, error) { return rows, nil }))
}

// A list of 1,000 records, taken from a guest or given to it.
func BenchmarkRows(b *testing.B) {
	useHeap(b)
	for _, way := range []string{"take", "give"} {
		b.Run(way+"/hand", func(b *testing.B) {
			f := floor(b, benchRows()).Export(way).(engine.Func)
			b.ReportAllocs()
			b.ResetTimer()
			if err := f.Call([]uint64{uint64(b.N)}); err != nil {
				b.Fatal(err)
			}
		})
		b.Run(way+"/component", func(b *testing.B) {
			f := bind1[uint32, component.Unit](b, benchInstance(b, nil), "call-"+way+"-rows")
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := f(context.Background(), uint32(b.N)); err != nil {
				b.Fatal(err)
			}
		})
	}
}

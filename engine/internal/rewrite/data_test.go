package rewrite_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// placed is a data segment of a test: size bytes of which each is fill, at start;
// a negative start is the value of a global, so unknown.
type placed struct {
	start, size int
	fill        byte
}

// dataModule returns a module of one page of memory with the segments, whose code is
// that.
func dataModule(segments []placed, code ...[]byte) []byte {
	m := w.New()
	m.Memory(w.Limits{Min: 1})
	m.ImportGlobal("", "at", w.Global{Type: w.I32})
	m.Func(m.Type(w.Func()), nil, code...)
	for _, s := range segments {
		offset := w.I32Const(int32(s.start))
		if s.start < 0 {
			offset = w.GlobalGet(0)
		}
		m.Data(offset, string(bytes.Repeat([]byte{s.fill}, s.size)))
	}
	return m.Bytes()
}

// page is one page of memory after the active segments of a module were copied, the
// global's value being at, and how many there are. ok is false if one traps.
func page(t *testing.T, wasm []byte, at int) (memory []byte, count int, ok bool) {
	t.Helper()
	memory, ok = make([]byte, 1<<16), true
	data := sectionOf(wasm, 11)
	if data == nil {
		return memory, 0, true
	}
	n, data := number(data)
	for range n {
		if data[0] != 0 {
			t.Fatalf("segment of form %d", data[0])
		}
		op := data[1]
		arg, rest := signedNumber(data[2:])
		if op == 0x23 {
			arg = at
		}
		size, rest := number(rest[1:])
		if arg < 0 || arg+size > len(memory) {
			ok = false
		}
		if ok {
			copy(memory[arg:], rest[:size])
		}
		data = rest[size:]
	}
	return memory, n, ok
}

// sectionOf returns the contents of a section.
func sectionOf(wasm []byte, id byte) []byte {
	for p := wasm[8:]; len(p) > 0; {
		size, rest := number(p[1:])
		if p[0] == id {
			return rest[:size]
		}
		p = rest[size:]
	}
	return nil
}

func number(b []byte) (int, []byte) {
	n, used := binary.Uvarint(b)
	return int(n), b[used:]
}

// signedNumber reads an i32.
func signedNumber(b []byte) (int, []byte) {
	n, used := binary.Uvarint(b)
	return int(int64(n<<(64-7*used)) >> (64 - 7*used)), b[used:]
}

func TestJoinedData(t *testing.T) {
	near := []placed{{0, 40, 1}, {50, 40, 2}, {150, 40, 3}}
	for _, tt := range []struct {
		name string
		wasm []byte
		want int // segments
	}{
		{"near", dataModule(near), 1},
		{"adjacent", dataModule([]placed{{8, 4, 1}, {12, 4, 2}}), 1},
		{"far", dataModule([]placed{{0, 4, 1}, {500, 4, 2}, {510, 4, 3}}), 2},
		{"overlapping", dataModule([]placed{{0, 40, 1}, {20, 40, 2}}), 2},
		{"backwards", dataModule([]placed{{200, 40, 1}, {190, 5, 2}}), 2},
		{"gap written before", dataModule([]placed{{50, 40, 1}, {0, 40, 2}, {100, 40, 3}}), 3},
		{"below another", dataModule([]placed{{500, 40, 1}, {0, 40, 2}, {50, 40, 3}}), 2},
		{"after one of unknown place", dataModule([]placed{{-1, 40, 1}, {0, 40, 2}, {50, 40, 3}}), 3},
		{"before one of unknown place", dataModule([]placed{{0, 40, 2}, {50, 40, 3}, {-1, 40, 1}}), 2},
		{"beyond the memory", dataModule([]placed{{65_500, 10, 1}, {65_520, 10, 2}, {65_535, 10, 3}}), 2},
		{"gaps larger than the data", dataModule([]placed{{0, 1, 1}, {100, 1, 2}, {200, 1, 3}, {300, 1, 4}}), 4},
		{"named by code", dataModule(near, w.Op(0xfc, 9, 0)), 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := rewrite.Rewrite(tt.wasm, rewrite.Options{RefTable: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, n, _ := page(t, m.Wasm, 0); n != tt.want {
				t.Errorf("%d segments, want %d", n, tt.want)
			}
			samePage(t, tt.wasm, m.Wasm)
			checkSkeleton(t, tt.wasm)
		})
	}
	shared := w.New()
	shared.ImportMemory("", "m", w.Limits{Min: 1})
	shared.Data(w.I32Const(0), "a")
	shared.Data(w.I32Const(1), "b")
	m, err := rewrite.Rewrite(shared.Bytes(), rewrite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, n, _ := page(t, m.Wasm, 0); n != 2 {
		t.Errorf("imported memory: %d segments, want 2", n)
	}
}

// samePage checks that the segments of two modules make the same memory.
func samePage(t *testing.T, wasm, rewritten []byte) {
	t.Helper()
	for _, at := range []int{0, 45, 65_530} {
		want, _, wantOK := page(t, wasm, at)
		got, _, ok := page(t, rewritten, at)
		if ok != wantOK || !bytes.Equal(got, want) {
			t.Errorf("memory with a global of %d is another, or traps: %v, want %v", at, !ok, !wantOK)
		}
	}
}

// FuzzJoinedData: memory is the same however its data is cut.
func FuzzJoinedData(f *testing.F) {
	f.Add([]byte{0, 0, 4, 0, 10, 4, 0, 100, 4})
	f.Add([]byte{0, 50, 40, 0, 0, 40, 0, 100, 40, 255, 255, 9})
	f.Fuzz(func(t *testing.T, in []byte) {
		var segments []placed
		for i := 0; i+3 <= len(in); i += 3 {
			s := placed{int(in[i])<<8 | int(in[i+1]), int(in[i+2]), byte(i + 1)}
			if in[i] == 0x80 {
				s.start = -1
			}
			if in[i] < 8 { // near each other
				s.start &= 0x3ff
			}
			segments = append(segments, s)
		}
		wasm := dataModule(segments)
		m, err := rewrite.Rewrite(wasm, rewrite.Options{RefTable: true})
		if err != nil {
			t.Fatal(err)
		}
		samePage(t, wasm, m.Wasm)
		if len(m.Wasm) > 2*len(wasm)+1024 {
			t.Errorf("%d bytes became %d", len(wasm), len(m.Wasm))
		}
	})
}

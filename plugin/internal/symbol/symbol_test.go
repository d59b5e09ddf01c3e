package symbol_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/plugin/internal/symbol"
)

const header = "\x00asm\x01\x00\x00\x00"

// guestModule returns the largest core module of a guest.
func guestModule(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../guests/crash/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var best []byte
	for p := 8; p < len(b); {
		size, n := binary.Uvarint(b[p+1:])
		start := p + 1 + n
		if b[p] == 1 && int(size) > len(best) {
			best = b[start : start+int(size)]
		}
		p = start + int(size)
	}
	if !bytes.HasPrefix(best, []byte(header)) {
		t.Fatalf("%s has no core module", file)
	}
	return best
}

// TestSites looks up every 101st byte of a real program.
func TestSites(t *testing.T) {
	for _, tt := range []struct {
		file   string
		known  float64 // part of the offsets that must be found
		source string  // file that must be among them
		inside string  // function that must be inlined somewhere
	}{
		{"rust.wasm", 0.8, "crash/crash.rs", "4slot17h"},
		{"cpp.wasm", 0.8, "crash/crash.cc", ""},
	} {
		t.Run(tt.file, func(t *testing.T) {
			wasm := guestModule(t, tt.file)
			table, err := symbol.Open(t.Context(), wasm)
			if err != nil {
				t.Fatal(err)
			}
			begin, end := code(wasm)
			asked, known, source, inlined := 0, 0, false, tt.inside == ""
			for at := begin; at < end; at += 101 {
				sites, err := table.Sites(t.Context(), int64(at))
				if err != nil {
					t.Fatalf("Sites(%d): %v", at, err)
				}
				asked++
				if len(sites) > 0 && sites[0].File != "" && sites[len(sites)-1].Func != "" {
					known++
				}
				for i, s := range sites {
					source = source || s.File == tt.source
					inlined = inlined || i < len(sites)-1 && strings.Contains(s.Func, tt.inside)
				}
			}
			if float64(known) < tt.known*float64(asked) || !source || !inlined {
				t.Errorf("of %d offsets %d are known; %s: %v; %s: %v", asked, known, tt.source, source, tt.inside, inlined)
			}
		})
	}
}

// code returns where the code section's contents lie.
func code(wasm []byte) (begin, end int) {
	for p := 8; p < len(wasm); {
		size, n := binary.Uvarint(wasm[p+1:])
		start := p + 1 + n
		if wasm[p] == 10 {
			return start, start + int(size)
		}
		p = start + int(size)
	}
	return 0, 0
}

// custom returns a custom section.
func custom(name string, payload []byte) []byte {
	body := append([]byte{byte(len(name))}, name...)
	body = append(body, payload...)
	return append(binary.AppendUvarint([]byte{0}, uint64(len(body))), body...)
}

// dwarfModule is a module with a code section of some size and those sections.
func dwarfModule(sections map[string][]byte) []byte {
	out := append([]byte(header), 10, 4, 0, 0, 0, 0)
	for name, payload := range sections {
		out = append(out, custom(name, payload)...)
	}
	return out
}

// unit is a compile unit of version 4 with a given rest after its header.
func unit(abbrevs uint32, rest ...byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(7+len(rest)))
	out = append(out, 4, 0)
	out = binary.LittleEndian.AppendUint32(out, abbrevs)
	return append(append(out, 4), rest...)
}

// TestBombs gives debug information that is small and asks for much.
func TestBombs(t *testing.T) {
	someLine := []byte{0}
	// A unit of addresses 1 to 4, with one attribute that names the line table.
	plain := []byte{1, 0x11, 0, 0x11, 1, 0x12, 1, 0x10, 0x17, 0, 0, 0}
	root := []byte{1, 1, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0}
	wide := append([]byte{1, 0x11, 0}, bytes.Repeat([]byte{3, 0x0e}, 100_000)...)
	manyTables := make([]byte, 0, 1<<20)
	for i := range uint32(20_001) {
		manyTables = append(manyTables, unit(i%1000)...)
	}
	for _, tt := range []struct {
		name     string
		sections map[string][]byte
		want     string
	}{
		{"large section", map[string][]byte{".debug_abbrev": make([]byte, 5<<20), ".debug_info": unit(0), ".debug_line": someLine}, ".debug_abbrev has"},
		{"long text", map[string][]byte{".debug_str": bytes.Repeat([]byte("x"), 1<<20), ".debug_info": unit(0), ".debug_line": someLine}, "a text in .debug_str"},
		{"wide entry", map[string][]byte{".debug_abbrev": wide, ".debug_info": unit(0, root...), ".debug_line": someLine}, "attributes of an entry"},
		{"units", map[string][]byte{".debug_abbrev": make([]byte, 1000), ".debug_info": manyTables, ".debug_line": someLine}, "number of units"},
		{"abbreviations out of bounds", map[string][]byte{".debug_abbrev": plain, ".debug_info": unit(1 << 20), ".debug_line": someLine}, "malformed"},
		{"unit cut short", map[string][]byte{".debug_abbrev": plain, ".debug_info": unit(0)[:9], ".debug_line": someLine}, "malformed"},
		{"version", map[string][]byte{".debug_abbrev": plain, ".debug_info": {7, 0, 0, 0, 9, 0, 0, 0, 0, 0, 4}, ".debug_line": someLine}, "malformed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			started := time.Now()
			_, err := symbol.Open(t.Context(), dwarfModule(tt.sections))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want %q", err, tt.want)
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("Open took %v", took)
			}
		})
	}
	t.Run("depth", func(t *testing.T) { // each entry the only child of the one before it
		deep := append(bytes.Clone(plain), 0)
		deep = append(deep[:len(plain)-1], 2, 0x24, 1, 0, 0, 0)
		deep[2] = 1
		wasm := dwarfModule(map[string][]byte{
			".debug_abbrev": deep, ".debug_info": unit(0, append(bytes.Clone(root), bytes.Repeat([]byte{2}, 8<<20)...)...),
			".debug_line": lineBombs()["no end"],
		})
		table, err := symbol.Open(t.Context(), wasm)
		if err != nil {
			t.Fatal(err)
		}
		begin, _ := code(wasm)
		if sites, err := table.Sites(t.Context(), int64(begin)+2); err == nil && len(sites) > 1 {
			t.Errorf("Sites = %v, %v", sites, err)
		}
	})
	for name, line := range lineBombs() {
		t.Run(name, func(t *testing.T) {
			wasm := dwarfModule(map[string][]byte{".debug_abbrev": plain, ".debug_info": unit(0, root...), ".debug_line": line})
			table, err := symbol.Open(t.Context(), wasm)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			begin, _ := code(wasm)
			sites, err := table.Sites(ctx, int64(begin)+2)
			if len(sites) > 0 && len(sites[0].File) > 3000 {
				t.Errorf("Sites: a path of %d bytes, %v", len(sites[0].File), err)
			}
		})
	}
}

// TestKeepsLittle opens debug information that is small and whose texts, each time it
// names them, come to gigabytes.
func TestKeepsLittle(t *testing.T) {
	abbrev := append([]byte{1, 0x11, 0}, bytes.Repeat([]byte{3, 0x0e}, 200)...)
	sections := map[string][]byte{
		".debug_abbrev": append(abbrev, 0, 0, 0), ".debug_line": {0},
		".debug_info": bytes.Repeat(unit(0, append([]byte{1}, make([]byte, 800)...)...), 100),
		".debug_str":  append(bytes.Repeat([]byte("x"), 64<<10), 0),
	}
	wasm := dwarfModule(sections)
	before := heap()
	table, err := symbol.Open(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	if kept := heap() - before; kept > 32<<20 {
		t.Errorf("a table of %d bytes keeps %d", len(wasm), kept)
	}
	runtime.KeepAlive(table)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestManyRanges gives each of some units the same million of ranges.
func TestManyRanges(t *testing.T) {
	abbrev := []byte{1, 0x11, 0, 0x55, 0x17, 0, 0, 0}
	wasm := dwarfModule(map[string][]byte{
		".debug_abbrev": abbrev, ".debug_line": {0}, ".debug_info": bytes.Repeat(unit(0, 1, 0, 0, 0, 0), 9),
		".debug_ranges": bytes.Repeat([]byte{1, 0, 0, 0, 2, 0, 0, 0}, 1_000_000),
	})
	_, err := symbol.Open(t.Context(), wasm)
	if size, ok := errors.AsType[*symbol.SizeError](err); !ok || size.Section != "ranges of addresses" {
		t.Errorf("Open = %v, want *SizeError", err)
	}
}

// TestSlowSteps gives debug information of which a single step is slow: its context
// is looked at between any two.
func TestSlowSteps(t *testing.T) {
	// Units of version 5, each with the same 16 MiB of ranges that are none.
	unit5 := []byte{0, 0, 0, 0, 5, 0, 1, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0}
	unit5[0] = byte(len(unit5) - 4)
	ranges := []byte{1, 0x11, 0, 0x55, 0x17, 0, 0, 0}
	// A table with many files, each with sixteen names of 64 KiB.
	formats := append([]byte{16}, bytes.Repeat([]byte{1, 0x1f}, 16)...)
	files := append(append(slices.Clone(formats), 0xd0, 0x86, 3), make([]byte, 50_000*16*4)...)
	head := append([]byte{1, 1, 1, 0xfb, 14, 1, 0, 0}, files...)
	table := binary.LittleEndian.AppendUint32([]byte{5, 0, 4, 0}, uint32(len(head)))
	table = append(append(table, head...), 1)
	table = append(binary.LittleEndian.AppendUint32(nil, uint32(len(table))), table...)
	plain := []byte{1, 0x11, 0, 0x11, 1, 0x12, 1, 0x10, 0x17, 0, 0, 0}
	for _, tt := range []struct {
		name     string
		stop     time.Duration
		most     time.Duration
		sections map[string][]byte
	}{
		{"ranges", time.Millisecond, 4 * time.Second, map[string][]byte{
			".debug_abbrev": ranges, ".debug_info": bytes.Repeat(unit5, 15_000), ".debug_line": {0},
			".debug_rnglists": bytes.Repeat([]byte{0xff}, 16<<20),
		}},
		{"names", time.Minute, time.Second, map[string][]byte{
			".debug_abbrev": plain, ".debug_info": unit(0, 1, 1, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0), ".debug_line": table,
			".debug_line_str": append(bytes.Repeat([]byte("x"), 64<<10), 0),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tt.stop)
			defer cancel()
			started := time.Now()
			wasm := dwarfModule(tt.sections)
			if table, err := symbol.Open(ctx, wasm); err == nil {
				begin, _ := code(wasm)
				_, _ = table.Sites(ctx, int64(begin)+2)
			} else if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Open: %v", err)
			}
			if took := time.Since(started); took > tt.most {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// lineBombs are line tables that debug/dwarf takes gigabytes for, or no end.
func lineBombs() map[string][]byte {
	table := func(names, program []byte) []byte {
		head := append([]byte{1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}, names...)
		body := binary.LittleEndian.AppendUint32([]byte{4, 0}, uint32(len(head)))
		body = append(append(body, head...), program...)
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	longDir := append(bytes.Repeat([]byte("d"), 1<<20), 0, 0)
	files := bytes.Repeat([]byte{'f', 0, 1, 0, 0}, 200_000)
	row := []byte{0, 5, 2, 1, 0, 0, 0, 1, 2, 4, 1}
	return map[string][]byte{
		"long folder, many files": table(append(append(longDir, files...), 0), row),
		"files in the program":    table([]byte{0, 0}, bytes.Repeat([]byte{0, 6, 3, 'f', 0, 0, 0, 0}, 300_000)),
		"no end":                  table([]byte{0, 0}, bytes.Repeat([]byte{1}, 4<<20)),
		"numbers without an end":  table([]byte{0, 0}, bytes.Repeat([]byte{2, 0xff}, 1<<20)),
		"cut short":               table([]byte{0, 0}, row)[:20],
	}
}

func TestNoLines(t *testing.T) {
	for name, wasm := range map[string][]byte{
		"empty":       []byte(header),
		"only names":  append([]byte(header), custom("name", []byte{1})...),
		"no lines":    dwarfModule(map[string][]byte{".debug_info": unit(0)}),
		"other names": dwarfModule(map[string][]byte{".debug_infos": unit(0), strings.Repeat("x", 100): {1}}),
	} {
		if _, err := symbol.Open(t.Context(), wasm); !errors.Is(err, symbol.ErrNoLines) {
			t.Errorf("%s: Open: %v, want ErrNoLines", name, err)
		}
	}
	if _, err := symbol.Open(t.Context(), []byte("#!/bin/sh")); err == nil {
		t.Error("Open of no module: no error")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	table, err := symbol.Open(t.Context(), guestModule(t, "rust.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	begin, _ := code(guestModule(t, "rust.wasm"))
	if _, err := table.Sites(ended, int64(begin)+5000); !errors.Is(err, context.Canceled) {
		t.Errorf("Sites with an ended context: %v", err)
	}
}

// FuzzSites: whatever a plugin says of its lines, reading it ends, and gives short
// names.
func FuzzSites(f *testing.F) {
	for _, line := range lineBombs() {
		f.Add(dwarfModule(map[string][]byte{".debug_info": unit(0), ".debug_line": line[:min(len(line), 500)]}), int64(12))
	}
	f.Add(smallest(f), int64(600))
	f.Fuzz(func(t *testing.T, wasm []byte, offset int64) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		table, err := symbol.Open(ctx, wasm)
		if err != nil {
			return
		}
		begin, _ := code(wasm)
		for at := int64(begin); at < int64(begin)+64; at++ {
			check(ctx, t, table, at)
		}
		check(ctx, t, table, offset)
	})
}

func check(ctx context.Context, t *testing.T, table *symbol.Table, at int64) {
	sites, err := table.Sites(ctx, at)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Sites(%d): %v", at, err)
	}
	for _, s := range sites {
		if len(s.Func) > 3100 || len(s.File) > 3100 || s.Line < 0 || s.Column < 0 {
			t.Fatalf("Sites(%d) = %+.100v", at, s)
		}
	}
}

// smallest is a program's debug information without its code, to mutate.
func smallest(f *testing.F) []byte {
	wasm := guestModule(f, "cpp.wasm")
	out := []byte(header)
	for p := 8; p < len(wasm); {
		size, n := binary.Uvarint(wasm[p+1:])
		start := p + 1 + n
		section := wasm[start : start+int(size)]
		switch {
		case wasm[p] == 10:
			out = append(out, 10, 4, 0, 0, 0, 0)
		case wasm[p] == 0 && bytes.HasPrefix(section[1:], []byte(".debug_")) && !bytes.HasPrefix(section[1:], []byte(".debug_loc")):
			out = append(out, wasm[p:start+int(size)]...)
		}
		p = start + int(size)
	}
	return out
}

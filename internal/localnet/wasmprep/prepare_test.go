package wasmprep_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// options knows one imported function.
func options() wasmprep.Options {
	return wasmprep.Options{Signature: func(name string, memory64 bool) (engine.FuncType, bool) {
		t := engine.FuncType{Params: []engine.ValType{engine.I32, engine.I32}}
		if memory64 {
			t = engine.FuncType{Params: []engine.ValType{engine.I64, engine.I64}}
		}
		return t, name == "debug_print"
	}}
}

// plain adds a function of type () -> ().
func plain(m *wasmtest.Module, code ...[]byte) uint32 {
	return m.Func(m.Type(wasmtest.Func()), nil, code...)
}

// module builds a module with one method and more.
func module(more func(m *wasmtest.Module)) []byte {
	m := wasmtest.New()
	if more != nil {
		more(m)
	}
	m.Export("canister_update m", engine.KindFunc, plain(m))
	return m.Bytes()
}

func pack(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func full(m *wasmtest.Module) {
	t := m.Type(wasmtest.Func(wasmtest.I32, wasmtest.I32))
	m.ImportFunc("ic0", "debug_print", t)
	m.Table(wasmtest.Limits{Min: 3})
	m.Memory(wasmtest.Limits{Min: 1})
	m.Global(wasmtest.Global{Type: wasmtest.I32, Mutable: true}, wasmtest.I32Const(7))
	m.Global(wasmtest.Global{Type: wasmtest.I64}, wasmtest.I64Const(-8))
	m.Global(wasmtest.Global{Type: wasmtest.I64, Mutable: true}, wasmtest.I64Const(-9))
	start := plain(m)
	m.Start(start)
	m.Export("canister_init", engine.KindFunc, start)
	m.Export("canister_query q", engine.KindFunc, start)
	m.Export("memory", engine.KindMemory, 0)
	m.Export("helper", engine.KindFunc, start)
	m.Data(wasmtest.I32Const(0), "data")
	m.Custom("icp:public candid:service", []byte("service : {}"))
	m.Custom("icp:private secret", []byte("s"))
	m.Custom("other", []byte("x"))
}

func TestPrepare(t *testing.T) {
	wasm := module(full)
	for _, uploaded := range [][]byte{wasm, pack(t, wasm)} {
		m, err := wasmprep.Prepare(uploaded, options())
		if err != nil {
			t.Fatal(err)
		}
		if m.Hash != sha256.Sum256(uploaded) {
			t.Errorf("Hash = %x, not that of the bytes given", m.Hash)
		}
		if got := fmt.Sprint(m.Methods); got != "map[m:update q:query]" {
			t.Errorf("Methods = %s", got)
		}
		if got := fmt.Sprint(slices.Sorted(maps.Keys(m.Hooks))); got != "[canister_init]" {
			t.Errorf("Hooks = %s", got)
		}
		if got := fmt.Sprint(m.Globals); got != "[{__icg0 i32} {__icg2 i64}]" {
			t.Errorf("Globals = %s", got)
		}
		var got string
		for _, md := range m.Metadata {
			got += fmt.Sprintf("%s %v %s; ", md.Name, md.Public, md.Content)
		}
		if got != "candid:service true service : {}; secret false s; " {
			t.Errorf("Metadata = %s", got)
		}
		if !m.Memory || !m.Table || !m.Start || m.Memory64 {
			t.Errorf("Memory, Table, Start, Memory64 = %v, %v, %v, %v", m.Memory, m.Table, m.Start, m.Memory64)
		}
		checkCompiles(t, m.Wasm)
	}
}

// checkCompiles compiles what Prepare wrote and looks at its exports.
func checkCompiles(t *testing.T, wasm []byte) {
	t.Helper()
	eng, err := wazero.New(wazero.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	c, err := eng.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatalf("rewritten module: %v", err)
	}
	var names []string
	for _, e := range c.Exports() {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	want := "[__icg0 __icg2 __icmem __icstart __ictab canister_init canister_query q canister_update m]"
	if got := fmt.Sprint(names); got != want {
		t.Errorf("exports = %s, want %s", got, want)
	}
}

type refusal struct {
	name string
	more func(*wasmtest.Module)
	says string
}

// exportPlain exports one function of type () -> () under names.
func exportPlain(names ...string) func(*wasmtest.Module) {
	return func(m *wasmtest.Module) {
		f := plain(m)
		for _, n := range names {
			m.Export(n, engine.KindFunc, f)
		}
	}
}

func formRefusals() []refusal {
	return []refusal{
		{"import of another module", func(m *wasmtest.Module) { m.ImportFunc("env", "f", m.Type(wasmtest.Func())) }, `"env"`},
		{"unknown import", func(m *wasmtest.Module) { m.ImportFunc("ic0", "mint_cycles", m.Type(wasmtest.Func())) }, `unknown function "ic0.mint_cycles"`},
		{"import of another type", func(m *wasmtest.Module) { m.ImportFunc("ic0", "debug_print", m.Type(wasmtest.Func(wasmtest.I64))) }, `"ic0.debug_print" as (i64) -> ()`},
		{"imported memory", func(m *wasmtest.Module) { m.ImportMemory("ic0", "m", wasmtest.Limits{Min: 1}) }, "imports the memory"},
		{"imported table", func(m *wasmtest.Module) { m.ImportTable("ic0", "t", wasmtest.Limits{Min: 1}) }, "imports the table"},
		{"imported global", func(m *wasmtest.Module) { m.ImportGlobal("ic0", "g", wasmtest.Global{Type: wasmtest.I32}) }, "imports the global"},
		{"two memories", func(m *wasmtest.Module) { m.Memory(wasmtest.Limits{}); m.Memory(wasmtest.Limits{}) }, "at most 1"},
		{"shared memory", func(m *wasmtest.Module) { m.RawMemory(3, 1, 1) }, "0x03"},
		{"method of two kinds", exportPlain("canister_update x", "canister_query x"), `method "x" twice`},
		{"method twice", exportPlain("canister_update x", "canister_update x"), "exported twice"},
		{"stray entry point", exportPlain("canister_foo"), `"canister_foo"`},
		{"method without a space", exportPlain("canister_update"), `"canister_update"`},
		{"method of another type", func(m *wasmtest.Module) {
			m.Export("canister_update x", engine.KindFunc, m.Func(m.Type(wasmtest.Func(wasmtest.I32)), nil))
		}, "must be () -> ()"},
		{"hook of another type", func(m *wasmtest.Module) {
			m.Export("canister_init", engine.KindFunc, m.Func(m.Type(wasmtest.Func(wasmtest.I32)), nil))
		}, "must be () -> ()"},
		{"start of another type", func(m *wasmtest.Module) { m.Start(m.Func(m.Type(wasmtest.Func(wasmtest.I32)), nil)) }, "start section"},
		{"start that is missing", func(m *wasmtest.Module) { m.Start(1000) }, "start section"},
		{"export that is missing", func(m *wasmtest.Module) { m.Export("x", engine.KindFunc, 1000) }, "func 1000 of"},
		{"export of a missing memory", func(m *wasmtest.Module) { m.Export("x", engine.KindMemory, 0) }, "memory 0 of 0"},
		{"mutable vector global", func(m *wasmtest.Module) {
			m.Global(wasmtest.Global{Type: engine.V128, Mutable: true}, append([]byte{0xfd, 12}, make([]byte, 16)...))
		}, "mutable v128"},
	}
}

func limitRefusals() []refusal {
	methods := func(n, length int) func(*wasmtest.Module) {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("canister_query %0*d", length, i))
		}
		return exportPlain(names...)
	}
	custom := func(sections ...string) func(*wasmtest.Module) {
		return func(m *wasmtest.Module) {
			for i := 0; i < len(sections); i += 2 {
				m.Custom(sections[i], []byte(sections[i+1]))
			}
		}
	}
	var many []string
	for i := range 17 {
		many = append(many, fmt.Sprintf("icp:public %d", i), "")
	}
	return []refusal{
		{"1001 globals", func(m *wasmtest.Module) {
			for range 1001 {
				m.Global(wasmtest.Global{Type: wasmtest.I32}, wasmtest.I32Const(0))
			}
		}, "at most 1000"},
		{"50001 functions", func(m *wasmtest.Module) {
			for range 50_001 {
				plain(m)
			}
		}, "at most 50000"},
		{"1001 methods", methods(1000, 4), "1001 methods"},
		{"names of 20001 bytes", methods(800, 25), "20001 bytes"},
		{"17 metadata sections", custom(many...), "17 custom sections"},
		{"metadata of more than 1 MiB", custom("icp:public x", strings.Repeat("x", 1<<20)), "1048577 bytes"},
		{"public and private of one name", custom("icp:public x", "", "icp:private x", ""), `"x" occurs twice`},
		{"metadata of neither kind", custom("icp:hidden x", ""), `"icp:hidden x"`},
		{"name that is not UTF-8", custom("icp:public \xff", ""), "UTF-8"},
	}
}

// Rows N14, N15: what is refused, and how it is said.
func TestPrepareRefuses(t *testing.T) {
	for _, tt := range append(formRefusals(), limitRefusals()...) {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wasmprep.Prepare(module(tt.more), options())
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Prepare: %v, want an error with %q", err, tt.says)
			}
		})
	}
}

func TestPrepareAllowsTheLimits(t *testing.T) {
	tests := []struct {
		name string
		more func(*wasmtest.Module)
	}{
		{"1000 globals", func(m *wasmtest.Module) {
			for range 1000 {
				m.Global(wasmtest.Global{Type: wasmtest.F64, Mutable: true}, append([]byte{0x44}, make([]byte, 8)...))
			}
		}},
		{"49999 functions and one", func(m *wasmtest.Module) {
			for range 49_999 {
				plain(m)
			}
		}},
		{"16 metadata sections", func(m *wasmtest.Module) {
			for i := range 16 {
				m.Custom(fmt.Sprintf("icp:private %d", i), nil)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := wasmprep.Prepare(module(tt.more), options()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPrepareRefusesOtherBytes(t *testing.T) {
	good := module(full)
	gz := pack(t, good)
	tests := []struct {
		name  string
		bytes []byte
	}{
		{"nothing", nil},
		{"magic only", []byte("\x00asm")},
		{"text", []byte("(module)")},
		{"component", []byte("\x00asm\x0d\x00\x01\x00")},
		{"trailing byte", append(slices.Clone(good), 0)},
		{"unknown section", append(slices.Clone(good), 99, 0)},
		{"section twice", append(slices.Clone(good), 1, 1, 0)},
		{"broken gzip", gz[:len(gz)-3]},
		{"gzip with a wrong checksum", append(gz[:len(gz)-8:len(gz)-8], make([]byte, 8)...)},
	}
	for _, n := range []int{9, 20, len(good) / 2, len(good) - 1} {
		tests = append(tests, struct {
			name  string
			bytes []byte
		}{fmt.Sprintf("cut at %d", n), good[:n]})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := wasmprep.Prepare(tt.bytes, options()); err == nil {
				t.Errorf("Prepare = %v", m)
			}
		})
	}
}

func TestPrepareBoundsUnpacking(t *testing.T) {
	if testing.Short() {
		t.Skip("packs 100 MiB")
	}
	bomb := pack(t, make([]byte, wasmprep.MaxUnpackedBytes+1))
	_, err := wasmprep.Prepare(bomb, options())
	if err == nil || !strings.Contains(err.Error(), "unpacks to more than") {
		t.Errorf("Prepare of %d bytes: %v", len(bomb), err)
	}
}

func TestPrepare64(t *testing.T) {
	wasm := module(func(m *wasmtest.Module) {
		m.ImportFunc("ic0", "debug_print", m.Type(wasmtest.Func(wasmtest.I64, wasmtest.I64)))
		m.RawMemory(4, 1)
	})
	if _, err := wasmprep.Prepare(wasm, options()); !errors.Is(err, wasmprep.ErrMemory64) {
		t.Errorf("Prepare: %v, want ErrMemory64", err)
	}
	o := options()
	o.Memory64 = true
	m, err := wasmprep.Prepare(wasm, o)
	if err != nil || !m.Memory64 {
		t.Errorf("Prepare with Memory64: %v", err)
	}
	narrow := module(func(m *wasmtest.Module) {
		m.ImportFunc("ic0", "debug_print", m.Type(wasmtest.Func(wasmtest.I32, wasmtest.I32)))
		m.RawMemory(4, 1)
	})
	if _, err := wasmprep.Prepare(narrow, o); err == nil {
		t.Error("Prepare allows i32 pointers with a 64-bit memory")
	}
}

// FuzzPrepare: whatever the bytes, an error or a module that Prepare takes again.
func FuzzPrepare(f *testing.F) {
	f.Add(module(nil))
	f.Add(module(full))
	f.Add(pack(f, module(full)))
	f.Add([]byte("\x00asm\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wasmprep.Prepare(b, options())
		if err != nil {
			return
		}
		again, err := wasmprep.Prepare(m.Wasm, options())
		if err != nil {
			t.Fatalf("Prepare of the rewritten module: %v", err)
		}
		if len(again.Methods) != len(m.Methods) || len(again.Globals) != len(m.Globals) {
			t.Fatalf("rewritten twice, %d methods and %d globals became %d and %d",
				len(m.Methods), len(m.Globals), len(again.Methods), len(again.Globals))
		}
	})
}

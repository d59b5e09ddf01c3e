package component_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/wazero"
)

// generated writes a component that exports "echo: func(v: T) -> T" for a type made
// from a seed.
type generated struct {
	r        *rand.Rand
	sections []byte
	types    int64 // types defined or exported so far
}

// genType is a type: its code in the binary format and values of it.
type genType struct {
	code  []byte
	value func() component.Value
}

// The sections and the constructors of types.
//
// Binary.md, "Component Definitions", "Type Definitions".
const (
	secModule, secInstance, secAlias, secType, secCanon, secExport = 1, 2, 6, 7, 8, 11

	defResult, defOption, defEnum, defFlags = 0x6a, 0x6b, 0x6d, 0x6e
	defTuple, defList, defVariant, defRec   = 0x6f, 0x70, 0x71, 0x72
)

func (g *generated) section(id byte, parts ...[]byte) {
	g.sections = append(g.sections, w.Section(id, append([]byte{1}, slices.Concat(parts...)...))...)
}

// define adds a type and returns its reference. One that has names of its own is
// exported, as the type of an export must be.
func (g *generated) define(named bool, def ...[]byte) []byte {
	g.section(secType, def...)
	g.types++
	if named {
		index := w.U32(uint32(g.types - 1))
		g.section(secExport, []byte{0}, w.Name(fmt.Sprintf("t%d", g.types)), []byte{3}, index, []byte{0})
		g.types++
	}
	return w.Signed(g.types - 1)
}

// typ makes a type nested at most depth deep.
func (g *generated) typ(depth int) genType {
	if depth == 0 || g.r.IntN(4) == 0 {
		return g.primitive()
	}
	switch g.r.IntN(8) {
	case 0:
		return g.list(g.typ(depth - 1))
	case 1:
		return g.option(g.typ(depth - 1))
	case 2:
		return g.result(depth - 1)
	case 3:
		return g.variant(depth - 1)
	case 4:
		return g.enum()
	case 5:
		return g.flags()
	case 6:
		return g.tuple(depth - 1)
	}
	fields := make([]genType, 1+g.r.IntN(5))
	for i := range fields {
		fields[i] = g.typ(depth - 1)
	}
	return g.record(fields)
}

func (g *generated) primitive() genType {
	bits := g.r.Uint64
	all := []genType{
		{[]byte{0x7f}, func() component.Value { return bits()&1 == 0 }},
		{[]byte{0x7e}, func() component.Value { return int8(bits()) }},
		{[]byte{0x7d}, func() component.Value { return uint8(bits()) }},
		{[]byte{0x7c}, func() component.Value { return int16(bits()) }},
		{[]byte{0x7b}, func() component.Value { return uint16(bits()) }},
		{[]byte{0x7a}, func() component.Value { return int32(bits()) }},
		{[]byte{0x79}, func() component.Value { return uint32(bits()) }},
		{[]byte{0x78}, func() component.Value { return int64(bits()) }},
		{[]byte{0x77}, func() component.Value { return bits() }},
		{[]byte{0x76}, func() component.Value { return float32(int32(bits())) / 3 }},
		{[]byte{0x75}, func() component.Value { return math.Ldexp(float64(int64(bits())), int(bits()%1000)-500) }},
		{[]byte{0x74}, func() component.Value { return []component.Char{0, 'a', 0xd7ff, 0xe000, 0x10ffff}[bits()%5] }},
		{[]byte{0x73}, func() component.Value { return []string{"", "a", "grüße", "\U0001f370 and more", "\x00"}[bits()%5] }},
	}
	return all[g.r.IntN(len(all))]
}

func (g *generated) list(elem genType) genType {
	if elem.code[0] == 0x7d && len(elem.code) == 1 {
		return genType{g.define(false, []byte{defList}, elem.code), func() component.Value { return make([]byte, g.r.IntN(9)) }}
	}
	return genType{g.define(false, []byte{defList}, elem.code), func() component.Value {
		out := make([]component.Value, g.r.IntN(5))
		for i := range out {
			out[i] = elem.value()
		}
		return out
	}}
}

func (g *generated) option(elem genType) genType {
	return genType{g.define(false, []byte{defOption}, elem.code), func() component.Value {
		if g.r.IntN(2) == 0 {
			return component.Option{}
		}
		return component.Option{Some: true, Value: elem.value()}
	}}
}

// maybe is a type or none.
func (g *generated) maybe(depth int) (code []byte, value func() component.Value) {
	if g.r.IntN(3) == 0 {
		return []byte{0}, func() component.Value { return nil }
	}
	t := g.typ(depth)
	return append([]byte{1}, t.code...), t.value
}

func (g *generated) result(depth int) genType {
	okCode, okValue := g.maybe(depth)
	errCode, errValue := g.maybe(depth)
	return genType{g.define(false, []byte{defResult}, okCode, errCode), func() component.Value {
		if g.r.IntN(2) == 0 {
			return component.ResultValue{Value: okValue()}
		}
		return component.ResultValue{Err: true, Value: errValue()}
	}}
}

func (g *generated) variant(depth int) genType {
	n := 1 + g.r.IntN(4)
	def, values := [][]byte{{defVariant}, w.U32(uint32(n))}, make([]func() component.Value, n)
	for i := range n {
		code, value := g.maybe(depth)
		def, values[i] = append(def, label(i), code, []byte{0}), value
	}
	return genType{g.define(true, def...), func() component.Value {
		i := g.r.IntN(n)
		return component.Variant{Case: name(i), Value: values[i]()}
	}}
}

func (g *generated) enum() genType {
	n := 1 + g.r.IntN(300)
	return genType{g.define(true, labels(defEnum, n)...), func() component.Value { return component.Enum(name(g.r.IntN(n))) }}
}

func (g *generated) flags() genType {
	n := 1 + g.r.IntN(32)
	return genType{g.define(true, labels(defFlags, n)...), func() component.Value {
		set := component.Flags{}
		for i := range n {
			if g.r.IntN(2) == 0 {
				set = append(set, name(i))
			}
		}
		return set
	}}
}

func (g *generated) tuple(depth int) genType {
	n := 1 + g.r.IntN(4)
	def, parts := [][]byte{{defTuple}, w.U32(uint32(n))}, make([]genType, n)
	for i := range n {
		parts[i] = g.typ(depth)
		def = append(def, parts[i].code)
	}
	return genType{g.define(false, def...), func() component.Value {
		out := make(component.Tuple, n)
		for i := range out {
			out[i] = parts[i].value()
		}
		return out
	}}
}

func (g *generated) record(fields []genType) genType {
	def := [][]byte{{defRec}, w.U32(uint32(len(fields)))}
	for i, f := range fields {
		def = append(def, label(i), f.code)
	}
	return genType{g.define(true, def...), func() component.Value {
		out := make(component.Record, len(fields))
		for i, f := range fields {
			out[i] = component.Field{Name: name(i), Value: f.value()}
		}
		return out
	}}
}

func name(i int) string  { return fmt.Sprintf("n%d", i) }
func label(i int) []byte { return w.Name(name(i)) }

func labels(def byte, n int) [][]byte {
	out := [][]byte{{def}, w.U32(uint32(n))}
	for i := range n {
		out = append(out, label(i))
	}
	return out
}

// echoModule is a core module whose echo returns what it is given: where arguments
// and results are passed in memory, the place of the first is that of the second.
func echoModule() []byte {
	m := w.New()
	echo := m.Type(w.Func(w.I32).Returns(w.I32))
	realloc := m.Type(w.Func(w.I32, w.I32, w.I32, w.I32).Returns(w.I32))
	m.Export("memory", engine.KindMemory, m.Memory(w.Limits{Min: 64}))
	free := m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(16))
	m.Export("echo", engine.KindFunc, m.Func(echo, nil, w.LocalGet(0)))
	m.Export("realloc", engine.KindFunc, m.Func(realloc, nil,
		// free = (free + align - 1) & -align; return it and add the size
		w.GlobalGet(free), w.LocalGet(2), w.Op(w.I32Add), w.I32Const(1), w.Op(w.I32Sub),
		w.I32Const(0), w.LocalGet(2), w.Op(w.I32Sub), w.Op(0x71), w.LocalTee(0),
		w.LocalGet(3), w.Op(w.I32Add), w.GlobalSet(free), w.LocalGet(0)))
	return m.Bytes()
}

// echoComponent returns a component and the type of its echo, a record that no
// function takes or gives but in memory.
func echoComponent(seed uint64) ([]byte, genType) {
	g := &generated{r: rand.New(rand.NewPCG(seed, 7))}
	g.sections = append(g.sections, "\x00asm\x0d\x00\x01\x00"...)
	g.sections = append(g.sections, w.Section(secModule, echoModule())...)
	g.section(secInstance, []byte{0, 0, 0})
	g.section(secAlias, []byte{0, 2, 1, 0}, w.Name("memory"))
	for _, export := range []string{"echo", "realloc"} {
		g.section(secAlias, []byte{0, 0, 1, 0}, w.Name(export))
	}
	fields := make([]genType, 17)
	for i := range fields {
		fields[i] = g.primitive()
	}
	for range 3 {
		fields[g.r.IntN(len(fields))] = g.typ(4)
	}
	t := g.record(fields)
	f := g.define(false, []byte{0x40, 1}, w.Name("v"), t.code, []byte{0}, t.code)
	g.section(secCanon, []byte{0, 0, 0, 3, 0, 3, 0, 4, 1}, f) // lift with UTF-8, memory and realloc
	g.section(secExport, []byte{0}, w.Name("echo"), []byte{1, 0, 0})
	return g.sections, t
}

// checkGenerated sends values through a generated component on an engine.
func checkGenerated(t *testing.T, rt *component.Runtime, seed uint64) {
	t.Helper()
	wasm, typ := echoComponent(seed)
	c, err := rt.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatalf("seed %d: %v\n%x", seed, err, wasm)
	}
	defer c.Close()
	linked, err := rt.Link(c, component.NewLinker())
	if err != nil {
		t.Fatalf("seed %d: %v\n%x", seed, err, wasm)
	}
	in, err := linked.Instantiate(context.Background(), component.InstanceConfig{})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	defer in.Close()
	for range 4 {
		v := typ.value()
		got, err := call(t, in, "echo", v)
		if err != nil || !reflect.DeepEqual(got, []component.Value{v}) {
			t.Fatalf("seed %d: echo(%#v) = %#v, %v", seed, v, got, err)
		}
	}
}

// generatedRuntimes are runtimes on the engine of the build and on the interpreter.
func generatedRuntimes(t testing.TB) map[string]*component.Runtime {
	t.Helper()
	built, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	interpreter, err := wazero.New(wazero.Config{Interpreter: true})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*component.Runtime{}
	for name, e := range map[string]engine.Engine{"build": built, "interpreter": interpreter} {
		t.Cleanup(func() { e.Close() })
		if all[name], err = component.NewRuntime(component.Config{Engine: e}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// What goes into a guest and comes back is the same, whatever its type.
func TestGeneratedTypes(t *testing.T) {
	for name, rt := range generatedRuntimes(t) {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(150) {
				checkGenerated(t, rt, seed)
			}
		})
	}
}

// FuzzGeneratedTypes is TestGeneratedTypes with seeds a fuzzer finds.
func FuzzGeneratedTypes(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	runtimes := generatedRuntimes(f)
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, rt := range runtimes {
			checkGenerated(t, rt, seed)
		}
	})
}

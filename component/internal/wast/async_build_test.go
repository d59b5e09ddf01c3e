package wast_test

import (
	"strings"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// The indices that an asyncBuilder begins with.
const (
	streamType = 0
	futureType = 1
	library    = 0 // core instance
)

// asyncBuilder writes a component in binary. It begins with a core instance of a
// library that traps, and the types of a stream and of a future.
type asyncBuilder struct {
	bytes                                       []byte
	types, funcs, coreFuncs, modules, instances byte
}

func newAsyncBuilder() *asyncBuilder {
	m := w.New()
	m.Export("mem", engine.KindMemory, m.Memory(w.Limits{Min: 1}))
	m.Export("table", engine.KindTable, m.Table(w.Limits{Min: 1}))
	for name, sig := range map[string]string{"realloc": "iiii>i", "task": ">", "start": ">i", "callback": "iii>i"} {
		m.Export(name, engine.KindFunc, m.Func(m.Type(signature(sig)), nil, w.Op(0x00)))
	}
	b := &asyncBuilder{bytes: []byte("\x00asm\x0d\x00\x01\x00")}
	b.section(1, m.Bytes()...)
	b.section(2, 1, 0, 0, 0)
	b.modules, b.instances = 1, 1
	b.typ(0x66, 1, 0x7d)
	b.typ(0x65, 1, 0x7d)
	return b
}

func (b *asyncBuilder) section(id byte, payload ...byte) {
	b.bytes = append(b.bytes, w.Section(id, payload)...)
}

// typ defines a type and returns its index.
func (b *asyncBuilder) typ(def ...byte) byte {
	b.section(7, append([]byte{1}, def...)...)
	b.types++
	return b.types - 1
}

// alias names an export of the library.
func (b *asyncBuilder) alias(sort byte, instance byte, name string) {
	b.section(6, append([]byte{1, 0, sort, 1, instance}, w.Name(name)...)...)
}

// coreFunc returns the index of an export of the library.
func (b *asyncBuilder) coreFunc(name string) byte {
	b.alias(0, library, name)
	b.coreFuncs++
	return b.coreFuncs - 1
}

// canon writes a canonical definition.
func (b *asyncBuilder) canon(def ...byte) *asyncBuilder {
	b.section(8, append([]byte{1}, def...)...)
	return b
}

// lift defines a function by a core function. opts begins with their number.
func (b *asyncBuilder) lift(core, typ byte, opts ...byte) *asyncBuilder {
	if len(opts) == 0 {
		opts = []byte{0}
	}
	b.funcs++
	return b.canon(append(append([]byte{0, 0, core}, opts...), typ)...)
}

// export exports the function defined last.
func (b *asyncBuilder) export(name string) *asyncBuilder {
	b.section(11, append(append([]byte{1, 0}, w.Name(name)...), 1, b.funcs-1, 0)...)
	b.funcs++
	return b
}

func (b *asyncBuilder) importFunc(typ byte) *asyncBuilder {
	b.section(10, 1, 0, 1, 'f', 1, typ)
	b.funcs++
	return b
}

// runs instantiates a module with core function f as its import "" "f", and exports
// what it exports as "run".
func (b *asyncBuilder) runs(module []byte, f byte) *asyncBuilder {
	b.section(1, module...)
	b.section(2, 2, 1, 1, 1, 'f', 0, f, 0, b.modules, 1, 0, 0x12, b.instances)
	b.alias(0, b.instances+1, "run")
	b.coreFuncs++
	return b.lift(b.coreFuncs-1, b.typ(0x40, 0, 1, 0)).export("run")
}

// builtinComponent has a function "run" that calls the built-in with zeros.
func builtinComponent(builtin asyncBuiltin) []byte {
	b := newAsyncBuilder()
	b.alias(2, library, "mem")
	b.alias(1, library, "table")
	b.coreFunc("realloc")
	b.section(3, 1, 0x60, 1, 0x7f, 0) // core type 0: the function of a thread
	b.canon(builtin.canon...)
	b.coreFuncs++
	return b.runs(callModule(builtin.sig), b.coreFuncs-1).bytes
}

// asyncLower lowers a function asynchronously and calls it.
func asyncLower(typ []byte) []byte {
	b := newAsyncBuilder()
	b.lift(b.coreFunc("task"), b.typ(typ...))
	b.canon(0x01, 0, b.funcs-1, 1, 6)
	b.coreFuncs++
	return b.runs(callModule(">i"), b.coreFuncs-1).bytes
}

// callModule exports "run", which calls the import "" "f" with zeros.
func callModule(sig string) []byte {
	m := w.New()
	s := signature(sig)
	f := m.ImportFunc("", "f", m.Type(s))
	code := [][]byte{}
	for range s.Params {
		code = append(code, w.I32Const(0))
	}
	code = append(code, w.Call(f))
	for range s.Results {
		code = append(code, w.Op(w.Drop))
	}
	m.Export("run", engine.KindFunc, m.Func(m.Type(w.Func()), nil, code...))
	return m.Bytes()
}

// signature is a signature as asyncBuiltin.sig spells it.
func signature(sig string) w.Signature {
	params, results, _ := strings.Cut(sig, ">")
	return w.Func(values(params)...).Returns(values(results)...)
}

func values(letters string) []engine.ValType {
	var types []engine.ValType
	for _, c := range letters {
		if c == 'l' {
			types = append(types, w.I64)
		} else {
			types = append(types, w.I32)
		}
	}
	return types
}

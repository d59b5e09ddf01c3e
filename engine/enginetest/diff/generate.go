package diff

import (
	"encoding/binary"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// Program is a generated module and how to run it.
type Program struct {
	Wasm  []byte
	Calls []Call   // to make in order, on one instance
	Nodes []uint64 // names of the parts, for Seed.Cut
}

// Call is a call of an exported function.
type Call struct {
	Export string
	Args   []uint64 // as engine.Func takes them
}

// budget is how often a call may enter functions and loops before it traps. It is
// the exported global of that name, which Observe sets before each call.
const budget = 400

const budgetName = "budget"

// builder writes one program.
type builder struct {
	seed  Seed
	count int
	nodes []uint64
	ops   map[engine.ValType][]op

	mod     *w.Module
	types   []w.Signature // of the functions so far
	typeIDs []uint32
	globals []engine.ValType // without the budget, which is global 0
}

// Generate returns the program of a seed.
func Generate(seed Seed) *Program {
	b := &builder{seed: seed, ops: operators(), mod: w.New()}
	s := &source{seed.Number}
	b.state(s)
	p := &Program{}
	for i := range 1 + s.intn(4) {
		b.function(s, i)
		name := string(rune('a' + i))
		b.mod.Export(name, engine.KindFunc, uint32(i))
		for range 3 {
			p.Calls = append(p.Calls, Call{name, b.args(s, b.types[i].Params)})
		}
	}
	b.table()
	p.Wasm, p.Nodes = b.mod.Bytes(), b.nodes
	return p
}

// state adds the memory, with something in it, and the globals.
func (b *builder) state(s *source) {
	b.mod.Export("memory", engine.KindMemory, b.mod.Memory(w.Limits{Min: 1, Max: 2}))
	data := make([]byte, 256)
	for i := 0; i < len(data); i += 8 {
		binary.LittleEndian.PutUint64(data[i:], b.bits(s, w.I64))
	}
	b.mod.Data(w.I32Const(0), string(data))
	b.mod.Data(w.I32Const(1<<16-128), string(data[:128]))
	g := b.mod.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
	b.mod.Export(budgetName, engine.KindGlobal, g)
	for range s.intn(4) {
		t := pick(s, numbers())
		g := b.mod.Global(w.Global{Type: t, Mutable: true}, b.constant(s, t))
		b.mod.Export(string(rune('A'+g)), engine.KindGlobal, g)
		b.globals = append(b.globals, t)
	}
}

// spare is how many elements of the table are null, at its beginning.
const spare = 2

// table fills the table that call_indirect goes through: null, then every function.
func (b *builder) table() {
	n := uint32(len(b.types))
	t := b.mod.Table(w.Limits{Min: spare + n, Max: spare + n})
	var all []uint32
	for i := range n {
		all = append(all, i)
	}
	b.mod.Elem(t, w.I32Const(spare), all...)
}

func numbers() []engine.ValType { return []engine.ValType{w.I32, w.I64, w.F32, w.F64} }

// args are arguments of these types.
func (b *builder) args(s *source, types []engine.ValType) []uint64 {
	out := make([]uint64, len(types))
	for i, t := range types {
		out[i] = b.bits(s, t)
	}
	return out
}

// signature is a function's type: mostly small, at times beyond what fits registers.
func (b *builder) signature(s *source) w.Signature {
	params, results := s.intn(6), s.intn(4)
	if s.oneIn(5) {
		params = 6 + s.intn(15)
	}
	if s.oneIn(6) {
		results = 4 + s.intn(9)
	}
	return w.Func(someNumbers(s, params)...).Returns(someNumbers(s, results)...)
}

func someNumbers(s *source, n int) []engine.ValType {
	out := make([]engine.ValType, n)
	for i := range out {
		out[i] = pick(s, numbers())
	}
	return out
}

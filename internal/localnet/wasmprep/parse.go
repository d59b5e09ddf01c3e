package wasmprep

import (
	"bytes"
	"fmt"

	"github.com/berth-cli/berth/engine"
)

// The ids of sections.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag
)

// section is one section of the module, payload only.
type section struct {
	id   byte
	body []byte
	pos  int // offset of body
}

type global struct {
	typ     engine.ValType
	mutable bool
}

type export struct {
	name  string
	kind  engine.ExternKind
	index uint32
}

type importFunc struct {
	module, name string
	typ          uint32
}

// The most elements of vectors that no rule for canisters bounds lower.
const (
	maxTypes   = 1_000_000
	maxParams  = 1_000
	maxImports = 100_000
	maxExports = 100_000
	maxTables  = 100_000
)

// parsed is what Prepare needs to know of a module.
type parsed struct {
	sections  []section
	types     []engine.FuncType
	imports   []importFunc
	funcs     []uint32 // type of each function, imported first
	tables    []engine.ValType
	memories  int
	memory64  bool
	globals   []global
	exports   []export
	start     *uint32
	metadata  []Metadata
	badCustom string // a custom section "icp:…" of neither kind
}

// rank gives the order the standard asks for; custom sections go anywhere.
func rank(id byte) int {
	switch id {
	case secTag:
		return 2*secMemory + 1
	case secDataCount:
		return 2*secElement + 1
	}
	return 2 * int(id)
}

func sectionName(id byte) string {
	names := [...]string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count", "tag"}
	if int(id) < len(names) {
		return names[id] + " section"
	}
	return fmt.Sprintf("section %d", id)
}

func parse(wasm []byte) (*parsed, error) {
	if !bytes.HasPrefix(wasm, []byte("\x00asm")) {
		return nil, &ModuleError{Err: fmt.Errorf("magic bytes are %x, not those of a module", wasm[:min(4, len(wasm))])}
	}
	r := &reader{b: wasm[4:], pos: 4}
	if v := r.bytes(4); r.err == nil && !bytes.Equal(v, []byte{1, 0, 0, 0}) {
		return nil, &ModuleError{Offset: 4, Err: fmt.Errorf("version bytes are %x: only core modules of version 1 can be canisters", v)}
	}
	p := &parsed{}
	last := 0
	for !r.done() {
		s := p.nextSection(r)
		if r.err != nil {
			break
		}
		if s.id != secCustom {
			if s.id > secTag {
				return nil, &ModuleError{Section: sectionName(s.id), Offset: s.pos, Err: fmt.Errorf("unknown section")}
			}
			if rank(s.id) <= last {
				return nil, &ModuleError{Section: sectionName(s.id), Offset: s.pos, Err: fmt.Errorf("out of order or twice")}
			}
			last = rank(s.id)
		}
		if err := p.read(s); err != nil {
			return nil, err
		}
	}
	return p, r.err
}

func (p *parsed) nextSection(r *reader) section {
	id := r.byte()
	r.sect = sectionName(id)
	n := r.u32()
	pos := r.pos
	body := r.bytes(n)
	if id != secCustom {
		p.sections = append(p.sections, section{id, body, pos})
	}
	r.sect = ""
	return section{id, body, pos}
}

func (p *parsed) read(s section) error {
	r := &reader{b: s.body, pos: s.pos, sect: sectionName(s.id)}
	switch s.id {
	case secCustom:
		p.readCustom(r)
		return r.err
	case secType:
		p.readTypes(r)
	case secImport:
		return p.readImports(r)
	case secFunction:
		p.readFunctions(r)
	case secTable:
		p.readTables(r)
	case secMemory:
		p.readMemories(r)
	case secGlobal:
		p.readGlobals(r)
	case secExport:
		p.readExports(r)
	case secStart:
		i := r.u32()
		p.start = &i
	default:
		return nil // for the engine
	}
	return r.end()
}

func (p *parsed) readTypes(r *reader) {
	for range r.count(maxTypes) {
		if form := r.byte(); form != 0x60 {
			r.fail(fmt.Errorf("type form 0x%02x: only function types are supported", form))
			return
		}
		t := engine.FuncType{Params: r.valTypes(), Results: r.valTypes()}
		if r.err != nil {
			return
		}
		p.types = append(p.types, t)
	}
}

func (r *reader) valTypes() []engine.ValType {
	var out []engine.ValType
	for range r.count(maxParams) {
		out = append(out, r.valType())
	}
	return out
}

func (r *reader) valType() engine.ValType {
	switch t := engine.ValType(r.byte()); t {
	case engine.I32, engine.I64, engine.F32, engine.F64, engine.V128, engine.FuncRef, engine.ExternRef:
		return t
	case engine.ExnRef:
		return t
	default:
		r.fail(fmt.Errorf("value type 0x%02x is not supported", byte(t)))
		return 0
	}
}

func (p *parsed) readImports(r *reader) error {
	for range r.count(maxImports) {
		module, name := r.name(), r.name()
		kind := engine.ExternKind(r.byte())
		if r.err != nil {
			return r.err
		}
		if kind != engine.KindFunc {
			return rulef("imports the %v %q from %q: canisters import functions only", kind, name, module)
		}
		f := importFunc{module, name, r.u32()}
		if r.err == nil && int64(f.typ) >= int64(len(p.types)) {
			r.fail(fmt.Errorf("type %d of %d", f.typ, len(p.types)))
		}
		p.imports = append(p.imports, f)
		p.funcs = append(p.funcs, f.typ)
	}
	return r.end()
}

func (p *parsed) readFunctions(r *reader) {
	n := r.count(maxFunctions)
	for range n {
		t := r.u32()
		if r.err == nil && int64(t) >= int64(len(p.types)) {
			r.fail(fmt.Errorf("type %d of %d", t, len(p.types)))
		}
		p.funcs = append(p.funcs, t)
	}
}

// The flags of limits.
const (
	limitMax    = 1
	limitShared = 2
	limit64     = 4
)

// limits reads limits and says whether they are for 64-bit addresses.
func (r *reader) limits() bool {
	flags := r.byte()
	if flags&^(limitMax|limitShared|limit64) != 0 || flags&limitShared != 0 {
		r.fail(fmt.Errorf("limits with flags 0x%02x (shared memory, custom page sizes) are not supported", flags))
		return false
	}
	bits := uint(32)
	if flags&limit64 != 0 {
		bits = 64
	}
	r.unsigned(bits)
	if flags&limitMax != 0 {
		r.unsigned(bits)
	}
	return flags&limit64 != 0
}

func (p *parsed) readTables(r *reader) {
	for range r.count(maxTables) {
		if len(r.b) > 0 && r.b[0] == 0x40 {
			r.fail(fmt.Errorf("tables with an initial value are not supported"))
		}
		t := r.valType()
		r.limits()
		p.tables = append(p.tables, t)
	}
}

func (p *parsed) readMemories(r *reader) {
	for range r.count(1) {
		p.memory64 = r.limits()
		p.memories++
	}
}

func (p *parsed) readGlobals(r *reader) {
	for range r.count(maxGlobals) {
		t := r.valType()
		mut := r.byte()
		if mut > 1 {
			r.fail(fmt.Errorf("mutability 0x%02x", mut))
		}
		r.skipConstExpr()
		if r.err != nil {
			return
		}
		p.globals = append(p.globals, global{t, mut == 1})
	}
}

// skipConstExpr skips a constant expression; that it is valid is checked by the engine.
func (r *reader) skipConstExpr() {
	for r.err == nil {
		switch op := r.byte(); op {
		case 0x0b: // end
			return
		case 0x41: // i32.const
			r.skipSigned(5)
		case 0x42: // i64.const
			r.skipSigned(10)
		case 0x43: // f32.const
			r.bytes(4)
		case 0x44: // f64.const
			r.bytes(8)
		case 0x23, 0xd2: // global.get, ref.func
			r.u32()
		case 0xd0: // ref.null
			r.skipSigned(5)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
		case 0xfd: // v128.const
			if sub := r.u32(); sub != 12 {
				r.fail(fmt.Errorf("vector instruction %d in a constant expression", sub))
			}
			r.bytes(16)
		default:
			r.fail(fmt.Errorf("instruction 0x%02x in a constant expression", op))
		}
	}
}

func (p *parsed) readExports(r *reader) {
	seen := make(map[string]bool)
	for range r.count(maxExports) {
		e := export{r.name(), engine.ExternKind(r.byte()), r.u32()}
		if r.err != nil {
			return
		}
		if seen[e.name] {
			r.fail(fmt.Errorf("name %q exported twice", e.name))
		}
		seen[e.name] = true
		p.exports = append(p.exports, e)
	}
}

package wasmprep

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/berth-cli/berth/engine"
)

// MaxUnpackedBytes is the most bytes a compressed module may unpack to.
const MaxUnpackedBytes = 100 << 20

// Options says what modules may do.
type Options struct {
	// Signature returns the type a function of module "ic0" has, for a module
	// whose memory is 64-bit or not, and false if there is none of that name.
	// Required.
	Signature func(name string, memory64 bool) (engine.FuncType, bool)

	// Memory64 says that the engine can run 64-bit memories. Without it such a
	// module is an error that wraps ErrMemory64.
	Memory64 bool
}

// MethodKind is the kind of a public method.
type MethodKind byte

// The kinds of methods.
const (
	Update MethodKind = iota + 1
	Query
	CompositeQuery
)

// String returns the kind as it stands in an export's name.
func (k MethodKind) String() string {
	switch k {
	case Update:
		return "update"
	case Query:
		return "query"
	case CompositeQuery:
		return "composite_query"
	}
	return fmt.Sprintf("method kind %d", byte(k))
}

// Metadata is a custom section the module shows to the world or its controllers.
type Metadata struct {
	Name    string
	Public  bool
	Content []byte
}

// Global is a mutable global of a module.
type Global struct {
	Export string // the name it is exported under
	Type   engine.ValType
}

// Module is a module ready to be compiled.
type Module struct {
	Wasm     []byte   // the rewritten module
	Hash     [32]byte // SHA-256 of the bytes given to Prepare, packed or not
	Memory64 bool
	Methods  map[string]MethodKind
	Hooks    map[string]bool // of the exports "canister_init" and so on, those there are
	Globals  []Global
	Metadata []Metadata
	Memory   bool // exports MemoryExport
	Table    bool // exports TableExport
	Start    bool // exports StartExport
}

// The names of the exports Prepare adds.
const (
	MemoryExport = "__icmem"
	TableExport  = "__ictab"
	StartExport  = "__icstart"
)

// Prepare checks an uploaded module, gzip-compressed or not, and rewrites it.
//
// The error is *RuleError for a module that breaks a rule for canisters, wraps
// ErrMemory64 for one the engine cannot run, and is *ModuleError otherwise.
func Prepare(uploaded []byte, o Options) (*Module, error) {
	wasm, err := unpack(uploaded)
	if err != nil {
		return nil, err
	}
	p, err := parse(wasm)
	if err != nil {
		return nil, err
	}
	if err := p.check(o); err != nil {
		return nil, err
	}
	m := &Module{
		Hash:     sha256.Sum256(uploaded),
		Memory64: p.memory64,
		Metadata: p.metadata,
		Memory:   p.memories == 1,
		Table:    len(p.tables) > 0 && p.tables[0] == engine.FuncRef,
		Start:    p.start != nil,
	}
	if err := p.entryPoints(m); err != nil {
		return nil, err
	}
	if err := p.mutableGlobals(m); err != nil {
		return nil, err
	}
	m.Wasm = p.rewrite(m)
	return m, nil
}

func unpack(b []byte) ([]byte, error) {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b, 0x08}) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, &ModuleError{Err: fmt.Errorf("gzip: %w", err)}
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(z, MaxUnpackedBytes+1))
	if err != nil {
		return nil, &ModuleError{Err: fmt.Errorf("gzip: %w", err)}
	}
	if n > MaxUnpackedBytes {
		return nil, rulef("the compressed module unpacks to more than %d bytes", MaxUnpackedBytes)
	}
	return out.Bytes(), nil
}

// mutableGlobals lists what has to be saved and put back.
func (p *parsed) mutableGlobals(m *Module) error {
	for i, g := range p.globals {
		if !g.mutable {
			continue
		}
		if !g.typ.IsNum() {
			return rulef("global %d is a mutable %v, whose value the network cannot save: only i32, i64, f32 and f64 are supported", i, g.typ)
		}
		m.Globals = append(m.Globals, Global{Export: fmt.Sprintf("__icg%d", i), Type: g.typ})
	}
	return nil
}

package wasmprep

import (
	"errors"
	"strings"

	"github.com/berth-cli/berth/engine"
)

// The limits of the specification, "WebAssembly module requirements".
const (
	maxFunctions      = 50_000
	maxGlobals        = 1_000
	maxMethods        = 1_000
	maxMethodNames    = 20_000  // sum of their lengths
	maxMetadata       = 16      // sections
	maxMetadataBytes  = 1 << 20 // names and contents
	publicPrefix      = "icp:public "
	privatePrefix     = "icp:private "
	canisterPrefix    = "canister_"
	updatePrefix      = "canister_update "
	queryPrefix       = "canister_query "
	compositePrefix   = "canister_composite_query "
	reservedIcpPrefix = "icp:"
)

func (p *parsed) check(o Options) error {
	if p.memory64 && !o.Memory64 {
		return ErrMemory64
	}
	if err := p.checkImports(o); err != nil {
		return err
	}
	if err := p.checkExports(); err != nil {
		return err
	}
	if p.start != nil {
		if !p.isPlain(*p.start) {
			return &ModuleError{Section: "start section", Err: errors.New("not a function of type () -> ()")}
		}
	}
	return p.checkMetadata()
}

func (p *parsed) checkImports(o Options) error {
	for _, f := range p.imports {
		if f.module != "ic0" {
			return rulef("imports function %q from %q: only functions of \"ic0\" can be imported", f.name, f.module)
		}
		want, ok := o.Signature(f.name, p.memory64)
		if !ok {
			return rulef("imports unknown function \"ic0.%s\"", f.name)
		}
		if got := p.types[f.typ]; !got.Equal(want) {
			return rulef("imports \"ic0.%s\" as %v, its type is %v", f.name, got, want)
		}
	}
	return nil
}

// checkExports checks indices, since exports that are dropped reach no validator.
func (p *parsed) checkExports() error {
	for _, e := range p.exports {
		n := 0
		switch e.kind {
		case engine.KindFunc:
			n = len(p.funcs)
		case engine.KindTable:
			n = len(p.tables)
		case engine.KindMemory:
			n = p.memories
		case engine.KindGlobal:
			n = len(p.globals)
		default:
			return rulef("exports %q, a %v: canisters export functions, memories, globals and tables only", e.name, e.kind)
		}
		if int64(e.index) >= int64(n) {
			return rulef("exports %q as %v %d of %d", e.name, e.kind, e.index, n)
		}
	}
	return nil
}

// isPlain reports whether there is a function i of type () -> ().
func (p *parsed) isPlain(i uint32) bool {
	if int64(i) >= int64(len(p.funcs)) {
		return false
	}
	t := p.types[p.funcs[i]]
	return len(t.Params) == 0 && len(t.Results) == 0
}

func isHook(name string) bool {
	switch name {
	case "canister_init", "canister_inspect_message", "canister_pre_upgrade", "canister_post_upgrade",
		"canister_heartbeat", "canister_global_timer", "canister_on_low_wasm_memory":
		return true
	}
	return false
}

func methodOf(export string) (string, MethodKind) {
	for _, k := range []struct {
		prefix string
		kind   MethodKind
	}{{updatePrefix, Update}, {queryPrefix, Query}, {compositePrefix, CompositeQuery}} {
		if name, ok := strings.CutPrefix(export, k.prefix); ok {
			return name, k.kind
		}
	}
	return "", 0
}

// entryPoints fills m.Methods and m.Hooks.
func (p *parsed) entryPoints(m *Module) error {
	m.Methods, m.Hooks = make(map[string]MethodKind), make(map[string]bool)
	total := 0
	for _, e := range p.exports {
		if e.kind != engine.KindFunc || !strings.HasPrefix(e.name, canisterPrefix) {
			continue
		}
		name, kind := methodOf(e.name)
		switch {
		case kind == 0 && !isHook(e.name):
			return rulef("exports function %q: no entry point has that name", e.name)
		case !p.isPlain(e.index):
			return rulef("exports %q as %v, its type must be () -> ()", e.name, p.types[p.funcs[e.index]])
		case kind == 0:
			m.Hooks[e.name] = true
			continue
		case m.Methods[name] != 0:
			return rulef("exports method %q twice, as %v and %v", name, m.Methods[name], kind)
		}
		m.Methods[name] = kind
		total += len(name)
	}
	if len(m.Methods) > maxMethods {
		return rulef("%d methods: at most %d are allowed", len(m.Methods), maxMethods)
	}
	if total > maxMethodNames {
		return rulef("method names of %d bytes in all: at most %d are allowed", total, maxMethodNames)
	}
	return nil
}

func (p *parsed) readCustom(r *reader) {
	name := r.name()
	if r.err != nil || !strings.HasPrefix(name, reservedIcpPrefix) {
		return
	}
	md := Metadata{Name: name, Content: r.b}
	if n, ok := strings.CutPrefix(name, publicPrefix); ok {
		md.Name, md.Public = n, true
	} else if n, ok := strings.CutPrefix(name, privatePrefix); ok {
		md.Name = n
	} else {
		p.badCustom = name
		return
	}
	p.metadata = append(p.metadata, md)
}

func (p *parsed) checkMetadata() error {
	if len(p.metadata) > maxMetadata {
		return rulef("%d custom sections named \"icp:…\": at most %d are allowed", len(p.metadata), maxMetadata)
	}
	if p.badCustom != "" {
		return rulef("custom section %q: a name that begins with \"icp:\" must go on with \"public \" or \"private \"", p.badCustom)
	}
	seen, total := make(map[string]bool), 0
	for i, md := range p.metadata {
		if seen[md.Name] {
			return rulef("custom section %q occurs twice", md.Name)
		}
		seen[md.Name] = true
		total += len(md.Name) + len(md.Content)
		p.metadata[i].Content = append([]byte(nil), md.Content...)
	}
	if total > maxMetadataBytes {
		return rulef("custom sections named \"icp:…\" of %d bytes in all: at most %d are allowed", total, maxMetadataBytes)
	}
	return nil
}

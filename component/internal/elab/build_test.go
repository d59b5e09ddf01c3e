package elab_test

import (
	"slices"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
)

// The tests build syntax trees from these. Every definition is one call.

func comp(defs ...binary.Definition) *binary.Component { return &binary.Component{Defs: defs} }

func nested(defs ...binary.Definition) binary.Definition {
	return &binary.Nested{Component: comp(defs...)}
}

func typ(d binary.DefType) *binary.Type { return &binary.Type{Def: d} }

func resource() *binary.Type {
	return typ(&binary.ResourceType{Rep: coretype.ValType{Code: coretype.I32}})
}

func idx(i uint32) binary.ValType          { return binary.ValType{Index: i} }
func prim(p binary.Prim) binary.ValType    { return binary.ValType{Prim: p} }
func ptr(v binary.ValType) *binary.ValType { return &v }

// fn is a function type with parameters a, b, …
func fn(result *binary.ValType, params ...binary.ValType) *binary.Type {
	f := &binary.FuncType{Result: result}
	for i, p := range params {
		f.Params = append(f.Params, binary.Labeled{Name: string(rune('a' + i)), Type: p})
	}
	return typ(f)
}

func name(s string) binary.ExternName { return binary.ExternName{Name: s} }

func imp(n string, sort binary.Sort, i uint32) *binary.Import {
	return &binary.Import{Name: name(n), Type: binary.ExternType{Sort: sort, Index: i, Eq: true}}
}

func impResource(n string) *binary.Import {
	return &binary.Import{Name: name(n), Type: binary.ExternType{Sort: binary.SortType}}
}

func exp(n string, sort binary.Sort, i uint32) *binary.Export {
	return &binary.Export{Name: name(n), Sort: sort, Index: i}
}

func expAs(n string, sort binary.Sort, i uint32, as binary.ExternType) *binary.Export {
	return &binary.Export{Name: name(n), Sort: sort, Index: i, Type: &as}
}

func decl(n string, sort binary.Sort, i uint32) *binary.ExportDecl {
	return &binary.ExportDecl{Name: name(n), Type: binary.ExternType{Sort: sort, Index: i, Eq: true}}
}

func declResource(n string) *binary.ExportDecl {
	return &binary.ExportDecl{Name: name(n), Type: binary.ExternType{Sort: binary.SortType}}
}

func instType(decls ...binary.Decl) *binary.Type {
	return typ(&binary.InstanceType{Decls: decls})
}

func compType(decls ...binary.Decl) *binary.Type {
	return typ(&binary.ComponentType{Decls: decls})
}

func inst(component uint32, args ...binary.Arg) *binary.Instance {
	return &binary.Instance{Component: component, Args: args}
}

func arg(n string, sort binary.Sort, i uint32) binary.Arg {
	return binary.Arg{Name: n, Sort: sort, Index: i}
}

func bag(exports ...binary.InlineExport) *binary.Instance {
	return &binary.Instance{Inline: true, Exports: exports}
}

func part(n string, sort binary.Sort, i uint32) binary.InlineExport {
	return binary.InlineExport{Name: name(n), Sort: sort, Index: i}
}

func alias(sort binary.Sort, instance uint32, n string) *binary.ExportAlias {
	return &binary.ExportAlias{Sort: sort, Instance: instance, Name: n}
}

func coreAlias(sort binary.Sort, instance uint32, n string) *binary.CoreExportAlias {
	return &binary.CoreExportAlias{Sort: sort, Instance: instance, Name: n}
}

func outer(sort binary.Sort, count, i uint32) *binary.OuterAlias {
	return &binary.OuterAlias{Sort: sort, Count: count, Index: i}
}

func coreInst(module uint32, args ...binary.CoreArg) *binary.CoreInstance {
	return &binary.CoreInstance{Module: module, Args: args}
}

func coreArg(n string, i uint32) binary.CoreArg { return binary.CoreArg{Name: n, Instance: i} }

func coreBag(parts ...binary.CoreSortIdx) *binary.CoreInstance {
	return &binary.CoreInstance{Inline: true, Exports: parts}
}

func corePart(n string, sort binary.Sort, i uint32) binary.CoreSortIdx {
	return binary.CoreSortIdx{Name: n, Sort: sort, Index: i}
}

func lift(core, typ uint32, opts ...binary.CanonOpt) *binary.Lift {
	return &binary.Lift{CoreFunc: core, Type: typ, Opts: opts}
}

func lower(f uint32, opts ...binary.CanonOpt) *binary.Lower {
	return &binary.Lower{Func: f, Opts: opts}
}

func opt(k binary.OptKind, i uint32) binary.CanonOpt { return binary.CanonOpt{Kind: k, Index: i} }

func canon(op binary.ResourceOp, typ uint32) *binary.ResourceCanon {
	return &binary.ResourceCanon{Op: op, Type: typ}
}

// module is a core module with this type section, these imports (of functions,
// as type indices) and these exports. Every function it defines is unreachable.
type module struct {
	types   []string // each params, ">", results, one byte a type: i is i32
	imports [][2]string
	impType []byte
	funcs   []byte   // type of each defined function
	memory  bool     // exported as "mem"
	exports []string // functions, exported in order of their definition
}

// def encodes the module.
func (m module) def() *binary.CoreModule {
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = section(b, 1, encode(m.types, func(s string) []byte {
		params, results, _ := cut(s)
		return slices.Concat([]byte{0x60}, valTypes(params), valTypes(results))
	}))
	i := -1
	b = section(b, 2, encode(m.imports, func(n [2]string) []byte {
		i++
		return slices.Concat(str(n[0]), str(n[1]), []byte{0, m.impType[i]})
	}))
	b = section(b, 3, encode(m.funcs, func(t byte) []byte { return []byte{t} }))
	exports := encode(m.exports, func(s string) []byte {
		f := len(m.imports) + slices.Index(m.exports, s)
		return append(str(s), 0, byte(f))
	})
	if m.memory {
		b = section(b, 5, []byte{1, 0, 1})
		exports = append(exports, append(str("mem"), 2, 0)...)
		exports[0]++
	}
	b = section(b, 7, exports)
	b = section(b, 10, encode(m.funcs, func(byte) []byte { return []byte{3, 0, 0x00, 0x0b} }))
	return &binary.CoreModule{Bytes: b}
}

func cut(s string) (params, results string, ok bool) {
	i := slices.Index([]byte(s), '>')
	return s[:i], s[i+1:], true
}

func valTypes(s string) []byte {
	codes := map[byte]byte{'i': 0x7f, 'l': 0x7e, 'f': 0x7d, 'd': 0x7c}
	b := []byte{byte(len(s))}
	for i := range s {
		b = append(b, codes[s[i]])
	}
	return b
}

func str(s string) []byte { return append([]byte{byte(len(s))}, s...) }

func encode[T any](items []T, one func(T) []byte) []byte {
	b := []byte{byte(len(items))}
	for _, it := range items {
		b = append(b, one(it)...)
	}
	return b
}

// section appends a section whose content starts with a count; none if that is 0.
func section(b []byte, id byte, content []byte) []byte {
	if content[0] == 0 {
		return b
	}
	return append(append(b, id, byte(len(content))), content...)
}

// moduleType is a module type that exports a function without parameters and results.
func moduleType(export string) *coretype.ModuleDecls {
	f := coretype.Type{Kind: coretype.KindFunc, Func: &coretype.Func{}}
	return &coretype.ModuleDecls{Decls: []coretype.Decl{
		{Type: []coretype.Type{f}},
		{Export: &coretype.DeclExport{Name: export, Type: coretype.RawExtern{}}},
	}}
}

package rewrite

import (
	"slices"
	"strconv"

	"github.com/berth-cli/berth/engine"
)

// RelayImport is an extern a relay passes on: the export of some instance.
type RelayImport struct {
	Name string // of the export
	Type engine.ExternType
}

// Relay returns a module that imports each extern, the i-th from the module named by
// the decimal i, and exports it under that decimal: it gathers under the names a
// rewritten module imports what has other names in several instances.
func Relay(externs []RelayImport) []byte {
	types, imports, exports := []byte{}, []byte{}, []byte{}
	nTypes := uint32(0)
	var next [engine.KindTag + 1]uint32
	for i, x := range externs {
		imports = appendName(imports, strconv.Itoa(i))
		imports = appendName(imports, x.Name)
		imports = append(imports, byte(x.Type.Kind))
		switch x.Type.Kind {
		case engine.KindFunc:
			types = appendFuncType(types, x.Type.Func)
			imports = appendU32(imports, nTypes)
			nTypes++
		case engine.KindTag:
			types = appendFuncType(types, x.Type.Func)
			imports = appendU32(append(imports, 0), nTypes)
			nTypes++
		case engine.KindGlobal:
			imports = appendGlobalType(imports, x.Type)
		case engine.KindTable:
			imports = append(imports, byte(x.Type.Val), 0, 0)
		case engine.KindMemory:
			imports = appendMemoryType(imports, x.Type.Limits)
		}
		exports = appendName(exports, strconv.Itoa(i))
		exports = appendU32(append(exports, byte(x.Type.Kind)), next[x.Type.Kind])
		next[x.Type.Kind]++
	}
	n := appendU32(nil, uint32(len(externs)))
	out := append([]byte{}, header...)
	out = appendSection(out, secType, appendU32(nil, nTypes), types)
	out = appendSection(out, secImport, n, imports)
	return appendSection(out, secExport, n, exports)
}

// The functions that TableAccess exports.
const (
	TableSize = "size" // () -> (i32): the length
	TableNull = "null" // (i32) -> (i32): whether the element at an index is null
	TableCall = "call" // (parameters, i32) -> (results): call the element at an index
)

// TableAccess returns a module that imports the table "0" name of elements val, and
// exports functions on it, for elements of type t.
func TableAccess(name string, val engine.ValType, t engine.FuncType) []byte {
	call := engine.FuncType{Params: append(slices.Clone(t.Params), engine.I32), Results: t.Results}
	i32 := []engine.ValType{engine.I32}
	types := appendFuncType([]byte{4}, engine.FuncType{Results: i32})
	types = appendFuncType(types, engine.FuncType{Params: i32, Results: i32})
	types = appendFuncType(types, call)
	types = appendFuncType(types, t)

	out := append([]byte{}, header...)
	out = appendSection(out, secType, types)
	imp := appendName(appendName([]byte{1}, "0"), name)
	out = appendSection(out, secImport, append(imp, byte(engine.KindTable), byte(val), 0, 0))
	out = appendSection(out, secFunction, []byte{3, 0, 1, 2})
	exports := []byte{3}
	for i, name := range []string{TableSize, TableNull, TableCall} {
		exports = append(appendName(exports, name), byte(engine.KindFunc), byte(i))
	}
	out = appendSection(out, secExport, exports)
	code := appendName([]byte{3}, string([]byte{0, opMisc, miscTableSize, 0, opEnd}))
	code = appendName(code, string([]byte{0, opLocalGet, 0, opTableGet, 0, opRefIsNull, opEnd}))
	code = appendName(code, string(tableCall(val, len(t.Params))))
	return appendSection(out, secCode, code)
}

// tableCall is the body of TableCall: all parameters but the last, then
// call_indirect by the last.
func tableCall(val engine.ValType, params int) []byte {
	body := []byte{0}
	if val != engine.FuncRef {
		return append(body, 0x00, opEnd) // unreachable
	}
	for i := range params + 1 {
		body = appendU32(append(body, opLocalGet), uint32(i))
	}
	return append(body, opCallIndirect, 3, 0, opEnd)
}

func appendFuncType(out []byte, t engine.FuncType) []byte {
	out = appendValTypes(append(out, 0x60), t.Params)
	return appendValTypes(out, t.Results)
}

func appendValTypes(out []byte, types []engine.ValType) []byte {
	out = appendU32(out, uint32(len(types)))
	for _, t := range types {
		out = append(out, byte(t))
	}
	return out
}

// appendSection appends a section of the parts.
func appendSection(out []byte, id byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out = appendU32(append(out, id), uint32(n))
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

package rewrite

import (
	"slices"
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
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
		imports = wasmbin.AppendBytes(imports, strconv.Itoa(i))
		imports = wasmbin.AppendBytes(imports, x.Name)
		imports = append(imports, byte(x.Type.Kind))
		switch x.Type.Kind {
		case engine.KindFunc:
			types = appendFuncType(types, x.Type.Func)
			imports = wasmbin.AppendU32(imports, nTypes)
			nTypes++
		case engine.KindTag:
			types = appendFuncType(types, x.Type.Func)
			imports = wasmbin.AppendU32(append(imports, 0), nTypes)
			nTypes++
		case engine.KindGlobal:
			imports = appendGlobalType(imports, x.Type)
		case engine.KindTable:
			imports = append(imports, byte(x.Type.Val), 0, 0)
		case engine.KindMemory:
			imports = appendMemoryType(imports, x.Type.Limits)
		}
		exports = wasmbin.AppendBytes(exports, strconv.Itoa(i))
		exports = wasmbin.AppendU32(append(exports, byte(x.Type.Kind)), next[x.Type.Kind])
		next[x.Type.Kind]++
	}
	n := wasmbin.AppendU32(nil, uint32(len(externs)))
	out := []byte(wasmbin.Header)
	out = wasmbin.AppendSection(out, wasmbin.SecType, wasmbin.AppendU32(nil, nTypes), types)
	out = wasmbin.AppendSection(out, wasmbin.SecImport, n, imports)
	return wasmbin.AppendSection(out, wasmbin.SecExport, n, exports)
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

	out := []byte(wasmbin.Header)
	out = wasmbin.AppendSection(out, wasmbin.SecType, types)
	imp := wasmbin.AppendBytes(wasmbin.AppendBytes([]byte{1}, "0"), name)
	out = wasmbin.AppendSection(out, wasmbin.SecImport, append(imp, byte(engine.KindTable), byte(val), 0, 0))
	out = wasmbin.AppendSection(out, wasmbin.SecFunction, []byte{3, 0, 1, 2})
	exports := []byte{3}
	for i, name := range []string{TableSize, TableNull, TableCall} {
		exports = append(wasmbin.AppendBytes(exports, name), byte(engine.KindFunc), byte(i))
	}
	out = wasmbin.AppendSection(out, wasmbin.SecExport, exports)
	code := wasmbin.AppendBytes([]byte{3}, string([]byte{0, opcode.Misc, opcode.MiscTableSize, 0, opcode.End}))
	code = wasmbin.AppendBytes(code, string([]byte{0, opcode.LocalGet, 0, opcode.TableGet, 0, opcode.RefIsNull, opcode.End}))
	code = wasmbin.AppendBytes(code, string(tableCall(val, len(t.Params))))
	return wasmbin.AppendSection(out, wasmbin.SecCode, code)
}

// tableCall is the body of TableCall: all parameters but the last, then
// call_indirect by the last.
func tableCall(val engine.ValType, params int) []byte {
	body := []byte{0}
	if val != engine.FuncRef {
		return append(body, opcode.Unreachable, opcode.End)
	}
	for i := range params + 1 {
		body = wasmbin.AppendU32(append(body, opcode.LocalGet), uint32(i))
	}
	return append(body, opcode.CallIndirect, 3, 0, opcode.End)
}

func appendFuncType(out []byte, t engine.FuncType) []byte {
	out = appendValTypes(append(out, wasmbin.FuncForm), t.Params)
	return appendValTypes(out, t.Results)
}

func appendValTypes(out []byte, types []engine.ValType) []byte {
	out = wasmbin.AppendU32(out, uint32(len(types)))
	for _, t := range types {
		out = append(out, byte(t))
	}
	return out
}

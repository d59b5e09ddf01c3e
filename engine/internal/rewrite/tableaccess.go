package rewrite

import (
	"slices"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

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

package rewrite

import (
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
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

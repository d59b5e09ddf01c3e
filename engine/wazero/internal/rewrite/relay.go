package rewrite

import (
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
			imports = append(imports, 0, 0)
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

// TableSize returns a module that imports the table "0" "0", of elements t, and
// exports a function "size" that returns its length.
func TableSize(name string, t engine.ValType) []byte {
	out := append([]byte{}, header...)
	out = appendSection(out, secType, []byte{1, 0x60, 0, 1, byte(engine.I32)})
	imp := appendName(appendName([]byte{1}, "0"), name)
	out = appendSection(out, secImport, append(imp, byte(engine.KindTable), byte(t), 0, 0))
	out = appendSection(out, secFunction, []byte{1, 0})
	out = appendSection(out, secExport, append(appendName([]byte{1}, "size"), byte(engine.KindFunc), 0))
	return appendSection(out, secCode, []byte{1, 5, 0, opMisc, miscTableSize, 0, opEnd})
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

package coretype

import (
	"errors"
	"fmt"
)

// builder collects imports and exports and refuses names that come twice.
type builder struct {
	module  Module
	imports map[[2]string]bool
	exports map[string]bool
}

func (b *builder) addImportType(i Import) error {
	key := [2]string{i.Module, i.Name}
	if b.imports[key] {
		return fmt.Errorf("duplicate import %q %q", i.Module, i.Name)
	}
	if b.imports == nil {
		b.imports = make(map[[2]string]bool)
	}
	b.imports[key] = true
	b.module.Imports = append(b.module.Imports, i)
	return nil
}

func (b *builder) addExportType(e Export) error {
	if b.exports[e.Name] {
		return fmt.Errorf("duplicate export %q", e.Name)
	}
	if b.exports == nil {
		b.exports = make(map[string]bool)
	}
	b.exports[e.Name] = true
	b.module.Exports = append(b.module.Exports, e)
	return nil
}

// resolveExtern replaces a function type index by the type.
func resolveExtern(raw RawExtern, types []Type) (Extern, error) {
	x := raw.Extern
	switch x.Kind {
	case ExternFunc, ExternTag:
		if int64(raw.TypeIndex) >= int64(len(types)) {
			return x, fmt.Errorf("unknown core type %d", raw.TypeIndex)
		}
		x.Func = types[raw.TypeIndex].Func
		if x.Func == nil {
			return x, fmt.Errorf("core type %d is not a function type", raw.TypeIndex)
		}
		if x.Kind == ExternTag && len(x.Func.Results) > 0 {
			return x, errors.New("tag type has results")
		}
	case ExternMemory:
		return x, x.Memory.check()
	case ExternTable:
		return x, x.Table.Limits.check(x.Table.bound())
	}
	return x, nil
}

package coretype_test

import (
	"errors"
	"testing"

	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/internal/binread"
)

func funcOf(params ...byte) *coretype.Func {
	f := &coretype.Func{}
	for _, p := range params {
		f.Params = append(f.Params, coretype.ValType{Code: p})
	}
	return f
}

func memoryOf(l coretype.Limits) coretype.Extern {
	return coretype.Extern{Kind: coretype.ExternMemory, Memory: coretype.Memory{Limits: l, PageBits: 16}}
}

func tableOf(heap int64, l coretype.Limits) coretype.Extern {
	elem := coretype.ValType{Code: coretype.RefNull, Heap: heap}
	return coretype.Extern{Kind: coretype.ExternTable, Table: coretype.Table{Elem: elem, Limits: l}}
}

func globalOf(code byte, mutable bool) coretype.Extern {
	t := coretype.ValType{Code: code}
	if code == coretype.Ref || code == coretype.RefNull {
		t.Heap = coretype.HeapFunc
	}
	return coretype.Extern{Kind: coretype.ExternGlobal, Global: coretype.Global{Type: t, Mutable: mutable}}
}

// TestMatch follows the core specification, "External Types" (matching).
func TestMatch(t *testing.T) {
	f := func(params ...byte) coretype.Extern {
		return coretype.Extern{Kind: coretype.ExternFunc, Func: funcOf(params...)}
	}
	type limits = coretype.Limits
	for _, tt := range []struct {
		name      string
		got, want coretype.Extern
		ok        bool
	}{
		{"same function", f(coretype.I32), f(coretype.I32), true},
		{"other parameter", f(coretype.I32), f(coretype.I64), false},
		{"fewer parameters", f(), f(coretype.I64), false},
		{"function for a tag", f(), coretype.Extern{Kind: coretype.ExternTag, Func: funcOf()}, false},
		{"larger memory", memoryOf(limits{Min: 2}), memoryOf(limits{Min: 1}), true},
		{"smaller memory", memoryOf(limits{Min: 1}), memoryOf(limits{Min: 2}), false},
		{"maximum wanted", memoryOf(limits{Min: 1}), memoryOf(limits{Min: 1, HasMax: true, Max: 9}), false},
		{"lower maximum", memoryOf(limits{HasMax: true, Max: 8}), memoryOf(limits{HasMax: true, Max: 9}), true},
		{"higher maximum", memoryOf(limits{HasMax: true, Max: 10}), memoryOf(limits{HasMax: true, Max: 9}), false},
		{"maximum not wanted", memoryOf(limits{HasMax: true, Max: 8}), memoryOf(limits{}), true},
		{"memory of 64 bits", memoryOf(limits{Is64: true}), memoryOf(limits{}), false},
		{"shared memory", memoryOf(limits{Shared: true}), memoryOf(limits{}), false},
		{"page size", coretype.Extern{Kind: coretype.ExternMemory}, memoryOf(limits{}), false},
		{"larger table", tableOf(coretype.HeapFunc, limits{Min: 3}), tableOf(coretype.HeapFunc, limits{Min: 1}), true},
		{"other table", tableOf(coretype.HeapFunc, limits{}), tableOf(coretype.HeapExtern, limits{}), false},
		{"same global", globalOf(coretype.I32, true), globalOf(coretype.I32, true), true},
		{"other global", globalOf(coretype.I32, false), globalOf(coretype.F32, false), false},
		{"mutability", globalOf(coretype.I32, true), globalOf(coretype.I32, false), false},
		{"never null for may be null", globalOf(coretype.Ref, false), globalOf(coretype.RefNull, false), true},
		{"may be null for never null", globalOf(coretype.RefNull, false), globalOf(coretype.Ref, false), false},
		{"mutable reference", globalOf(coretype.Ref, true), globalOf(coretype.RefNull, true), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := coretype.Match(tt.got, tt.want); (err == nil) != tt.ok {
				t.Errorf("Match(%s, %s) = %v, want accepted: %t", tt.got, tt.want, err, tt.ok)
			}
		})
	}
}

func TestMatchModule(t *testing.T) {
	i32, i64 := globalOf(coretype.I32, false), globalOf(coretype.I64, false)
	imports := func(x coretype.Extern) *coretype.Module {
		return &coretype.Module{Imports: []coretype.Import{{Module: "a", Name: "b", Type: x}}}
	}
	exports := func(x coretype.Extern) *coretype.Module {
		return &coretype.Module{Exports: []coretype.Export{{Name: "e", Type: x}}}
	}
	none := &coretype.Module{}
	for _, tt := range []struct {
		name      string
		got, want *coretype.Module
		ok        bool
	}{
		{"imports less", none, imports(i32), true},
		{"imports more", imports(i32), none, false},
		{"imports another type", imports(i32), imports(i64), false},
		{"imports a smaller memory", imports(memoryOf(coretype.Limits{Min: 1})),
			imports(memoryOf(coretype.Limits{Min: 2})), true},
		{"imports a larger memory", imports(memoryOf(coretype.Limits{Min: 2})),
			imports(memoryOf(coretype.Limits{Min: 1})), false},
		{"exports more", exports(i32), none, true},
		{"exports less", none, exports(i32), false},
		{"exports another type", exports(i32), exports(i64), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := coretype.MatchModule(tt.got, tt.want); (err == nil) != tt.ok {
				t.Errorf("MatchModule = %v, want accepted: %t", err, tt.ok)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	outer := func(count, index uint32) (coretype.Type, error) {
		if count != 0 || index != 3 {
			return coretype.Type{}, errors.New("unknown core type")
		}
		return coretype.Type{Kind: coretype.KindFunc, Func: funcOf(coretype.F64)}, nil
	}
	for _, tt := range []struct {
		name string
		hex  string // of the declarators
		want string // type of the last export, empty if refused
	}{
		{"own type", "02 01 60017e00 03 0165 00 00", "(func (param i64))"},
		{"outer type", "02 02 10 01 01 03 03 0165 00 00", "(func (param f64))"},
		{"alias of an own type", "03 01 60017e00 02 10 01 00 00 03 0165 00 01", "(func (param i64))"},
		{"unknown outer type", "01 02 10 01 01 04", ""},
		{"unknown scope", "01 02 10 01 02 03", ""},
		{"unknown own type", "01 02 10 01 00 00", ""},
		{"unknown type of an export", "01 03 0165 00 00", ""},
		{"structure as a function", "02 01 5f00 03 0165 00 00", ""},
		{"duplicate export", "02 03 0165 03 7f00 03 0165 03 7f00", ""},
		{"duplicate import", "02 00 0161 0162 03 7f00 00 0161 0162 03 7f00", ""},
		{"memory over its bound", "01 03 0165 02 00 818004", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := binread.New(unhex(t, tt.hex), binread.Options{})
			decls := coretype.ReadModuleDecls(r)
			if err := r.Done(); err != nil {
				t.Fatal(err)
			}
			m, err := decls.Resolve(outer)
			if tt.want == "" {
				if _, ok := errors.AsType[*binread.Error](err); !ok {
					t.Errorf("Resolve = %v, %v, want a *binread.Error", m, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Exports[len(m.Exports)-1].Type.String(); got != tt.want {
				t.Errorf("export = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestReadModuleDeclsRefuses(t *testing.T) {
	for _, tt := range []struct{ name, hex string }{
		{"unknown declarator", "01 04 600000"},
		{"module type inside", "01 01 50 00"},
		{"sort of an alias", "01 02 00 01 01 00"},
		{"target of an alias", "01 02 10 00 01 00"},
		{"prefix without an open subtype", "01 01 00 60 00 00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := binread.New(unhex(t, tt.hex), binread.Options{})
			coretype.ReadModuleDecls(r)
			if r.Err() == nil {
				t.Errorf("ReadModuleDecls(%s) was accepted", tt.hex)
			}
		})
	}
}

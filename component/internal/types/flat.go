package types

import "slices"

// FlatKind is a core value type of a flattened component value: engine.ValType
// without the import.
type FlatKind uint8

// The core types a flattened value is made of.
const (
	FlatI32 FlatKind = 0x7f
	FlatI64 FlatKind = 0x7e
	FlatF32 FlatKind = 0x7d
	FlatF64 FlatKind = 0x7c
)

// String is the core type's name.
func (k FlatKind) String() string {
	switch k {
	case FlatI32:
		return "i32"
	case FlatI64:
		return "i64"
	case FlatF32:
		return "f32"
	case FlatF64:
		return "f64"
	}
	return "unknown core type"
}

// Limits of the Canonical ABI, CanonicalABI.md "Flattening".
const (
	MaxFlatParams  = 16
	MaxFlatResults = 1
)

// flatMany is the flatCount of a type with more than MaxFlatParams core types.
const flatMany = MaxFlatParams + 1

// setFlat computes the flattened form, or only that it is too long.
func (t *Type) setFlat() {
	flat, ok := t.flatten()
	if !ok {
		t.layout.flatCount = flatMany
		return
	}
	t.layout.flat, t.layout.flatCount = flat, uint32(len(flat))
}

func (t *Type) flatten() ([]FlatKind, bool) {
	switch t.Kind {
	case S64, U64:
		return []FlatKind{FlatI64}, true
	case F32:
		return []FlatKind{FlatF32}, true
	case F64:
		return []FlatKind{FlatF64}, true
	case String, List, Map:
		return []FlatKind{FlatI32, FlatI32}, true
	case Record, Tuple:
		return flattenFields(t.Fields)
	case FixedList:
		return flattenRepeat(t.Elem, t.Len)
	case Variant, Option, Result:
		return t.flattenVariant()
	}
	return []FlatKind{FlatI32}, true // small integers, char, flags, enum, handles
}

func flattenFields(fields []Field) ([]FlatKind, bool) {
	var flat []FlatKind
	for _, f := range fields {
		if len(flat)+int(f.Type.layout.flatCount) > MaxFlatParams {
			return nil, false
		}
		flat = append(flat, f.Type.layout.flat...)
	}
	return flat, true
}

func flattenRepeat(elem *Type, n uint32) ([]FlatKind, bool) {
	if uint64(n)*uint64(elem.layout.flatCount) > MaxFlatParams {
		return nil, false
	}
	return slices.Repeat(elem.layout.flat, int(n)), true
}

// flattenVariant is the discriminant and then, for each position, the smallest
// core type that holds what any case has there.
func (t *Type) flattenVariant() ([]FlatKind, bool) {
	flat, ok := []FlatKind{FlatI32}, true
	t.parts(func(p *Type) {
		if p.layout.flatCount+1 > MaxFlatParams {
			ok = false
			return
		}
		for i, k := range p.layout.flat {
			if i+1 < len(flat) {
				flat[i+1] = join(flat[i+1], k)
			} else {
				flat = append(flat, k)
			}
		}
	})
	return flat, ok
}

// join is the core type that can hold the bits of both.
func join(a, b FlatKind) FlatKind {
	switch {
	case a == b:
		return a
	case a == FlatI32 && b == FlatF32, a == FlatF32 && b == FlatI32:
		return FlatI32
	}
	return FlatI64
}

// CoreFunc is the core function type a component function type flattens to.
//
// CanonicalABI.md, "Flattening".
type CoreFunc struct {
	Params, Results []FlatKind
	// ParamsInMemory: the parameters are a tuple in memory, and the first core
	// parameter points to it.
	ParamsInMemory bool
	// ResultInMemory: the result is in memory. The core result of a lifted
	// function points to it; the last core parameter of a lowered one says
	// where to store it.
	ResultInMemory bool
}

// LiftCore is the type of the core function that `canon lift` takes for f.
// Its slices are shared: never write to them.
func (f *Func) LiftCore() CoreFunc { return f.lift }

// LowerCore is the type of the core function that `canon lower` makes of f.
// Its slices are shared: never write to them.
func (f *Func) LowerCore() CoreFunc { return f.lower }

// HasResource reports whether a parameter or the result has a handle in it.
func (f *Func) HasResource() bool { return f.hasResource }

func (f *Func) setCore() {
	var c CoreFunc
	flat, ok := flattenParams(f.Params)
	if ok {
		c.Params = flat
	} else {
		c.Params, c.ParamsInMemory = []FlatKind{FlatI32}, true
	}
	f.lift, f.lower = c, c
	if f.Result == nil {
		return
	}
	if f.Result.layout.flatCount <= MaxFlatResults {
		f.lift.Results, f.lower.Results = f.Result.layout.flat, f.Result.layout.flat
		return
	}
	f.lift.Results, f.lift.ResultInMemory = []FlatKind{FlatI32}, true
	f.lower.Params, f.lower.ResultInMemory = append(slices.Clone(c.Params), FlatI32), true
}

func flattenParams(params []Param) ([]FlatKind, bool) {
	var flat []FlatKind
	for _, p := range params {
		if len(flat)+int(p.Type.layout.flatCount) > MaxFlatParams {
			return nil, false
		}
		flat = append(flat, p.Type.layout.flat...)
	}
	return flat, true
}

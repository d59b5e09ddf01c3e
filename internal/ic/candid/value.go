package candid

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// Value is one of this package's value types: [Null], [Reserved], [Bool], [Nat],
// [Int], [Nat8] to [Nat64], [Int8] to [Int64], [Float32], [Float64], [Text],
// [Blob], [Opt], [Vec], [Record], [Variant], [Principal], [Service] and [Func].
//
// A value knows less than its type: an empty [Vec] may be of any vec type. See
// [TypeOf].
type Value interface{ kind() Kind }

// The values, a Go type for each type constructor. Blob stands for every vec nat8.
type (
	Null     struct{}
	Reserved struct{}
	Bool     bool
	Nat8     uint8
	Nat16    uint16
	Nat32    uint32
	Nat64    uint64
	Int8     int8
	Int16    int16
	Int32    int32
	Int64    int64
	Float32  float32
	Float64  float64
	Text     string // valid UTF-8
	Blob     []byte
	Vec      []Value
	Record   []Field // strictly ascending by ID

	// Opt is an option. Some is nil for null.
	Opt struct{ Some Value }

	// Field is a field of a record.
	Field struct {
		Label
		Value Value
	}

	// Variant is the tag that was chosen, and its value: [Null] for a mere tag.
	Variant struct {
		Label
		Value Value
	}

	// Principal is a value of type principal.
	Principal struct{ ID principal.Principal }

	// Service refers to a canister.
	Service struct{ ID principal.Principal }

	// Func refers to a method of a canister.
	Func struct {
		Service principal.Principal
		Method  string
	}
)

func (Null) kind() Kind      { return KindNull }
func (Reserved) kind() Kind  { return KindReserved }
func (Bool) kind() Kind      { return KindBool }
func (Nat) kind() Kind       { return KindNat }
func (Int) kind() Kind       { return KindInt }
func (Nat8) kind() Kind      { return KindNat8 }
func (Nat16) kind() Kind     { return KindNat16 }
func (Nat32) kind() Kind     { return KindNat32 }
func (Nat64) kind() Kind     { return KindNat64 }
func (Int8) kind() Kind      { return KindInt8 }
func (Int16) kind() Kind     { return KindInt16 }
func (Int32) kind() Kind     { return KindInt32 }
func (Int64) kind() Kind     { return KindInt64 }
func (Float32) kind() Kind   { return KindFloat32 }
func (Float64) kind() Kind   { return KindFloat64 }
func (Text) kind() Kind      { return KindText }
func (Blob) kind() Kind      { return KindVec }
func (Opt) kind() Kind       { return KindOpt }
func (Vec) kind() Kind       { return KindVec }
func (Record) kind() Kind    { return KindRecord }
func (Variant) kind() Kind   { return KindVariant }
func (Principal) kind() Kind { return KindPrincipal }
func (Service) kind() Kind   { return KindService }
func (Func) kind() Kind      { return KindFunc }

// RecordWith is the record with fields given in any order.
func RecordWith(fields ...Field) Record { return sortRecord(slices.Clone(fields)) }

// Field finds a field by its name.
func (r Record) Field(name string) (Value, bool) {
	return r.byID(Hash(name))
}

func (r Record) byID(id uint32) (Value, bool) {
	i, ok := slices.BinarySearchFunc(r, id, func(f Field, id uint32) int { return cmp.Compare(f.ID, id) })
	if !ok {
		return nil, false
	}
	return r[i].Value, true
}

// sortRecord puts fields in the order a Record has.
func sortRecord(fields []Field) Record {
	slices.SortStableFunc(fields, func(a, b Field) int { return cmp.Compare(a.ID, b.ID) })
	return fields
}

// Equal says whether two values are the same. Names do not count, the numbers of
// fields do; floating point numbers are the same if their bits are.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case Nat:
		b, ok := b.(Nat)
		return ok && a.Cmp(b) == 0
	case Int:
		b, ok := b.(Int)
		return ok && a.Cmp(b) == 0
	case Float32:
		b, ok := b.(Float32)
		return ok && math.Float32bits(float32(a)) == math.Float32bits(float32(b))
	case Float64:
		b, ok := b.(Float64)
		return ok && math.Float64bits(float64(a)) == math.Float64bits(float64(b))
	case Blob, Vec:
		return equalVec(a, b)
	case Opt:
		b, ok := b.(Opt)
		return ok && equalOpt(a, b)
	case Record:
		b, ok := b.(Record)
		return ok && slices.EqualFunc(a, b, equalField)
	case Variant:
		b, ok := b.(Variant)
		return ok && equalField(Field(a), Field(b))
	default:
		return a == b
	}
}

func equalField(a, b Field) bool { return a.ID == b.ID && Equal(a.Value, b.Value) }

func equalOpt(a, b Opt) bool {
	if a.Some == nil || b.Some == nil {
		return a.Some == nil && b.Some == nil
	}
	return Equal(a.Some, b.Some)
}

// equalVec knows that a blob may also be written as a vec.
func equalVec(a, b Value) bool {
	if a, ok := a.(Blob); ok {
		if b, ok := b.(Blob); ok {
			return bytes.Equal(a, b)
		}
	}
	x, y := elements(a), elements(b)
	return x != nil && y != nil && slices.EqualFunc(x, y, Equal)
}

// elements is nil if v is not a vector, and not nil if it is empty.
func elements(v Value) []Value {
	switch v := v.(type) {
	case Vec:
		if v == nil {
			return []Value{}
		}
		return v
	case Blob:
		vs := make([]Value, 0, len(v))
		for _, c := range v {
			vs = append(vs, Nat8(c))
		}
		return vs
	}
	return nil
}

package candid

import (
	"cmp"
	"fmt"
	"slices"
)

// Type is a node of a type graph. A recursive type is a cycle:
//
//	list := candid.OptOf(nil)
//	list.Elem = candid.RecordOf(
//		candid.FieldType{Label: candid.Name("head"), Type: candid.Prim(candid.KindInt)},
//		candid.FieldType{Label: candid.Name("tail"), Type: list})
//
// Types are plain data. Once in use they must not be changed, and may then be
// shared between goroutines.
type Type struct {
	Kind    Kind
	Name    string      // what a .did calls it, for messages; empty if nothing
	Elem    *Type       // of an opt or a vec
	Fields  []FieldType // of a record or a variant, strictly ascending by ID
	Func    *FuncType   // of a func
	Methods []Method    // of a service, strictly ascending by name
}

// Label identifies a field of a record or a tag of a variant. Only the number
// counts and travels; the name is known to those who have the .did.
type Label struct {
	ID   uint32
	Name string // empty if unknown or not there
}

// FieldType is a field of a record type, or a tag of a variant type.
type FieldType struct {
	Label
	Type *Type
}

// FuncType is the signature of a function.
type FuncType struct {
	Args     []*Type
	ArgNames []string // empty, or a name (possibly empty) for each of Args
	Results  []*Type
	Modes    Modes
}

// Method is a method of a service type.
type Method struct {
	Name string
	Type *Type // a func
}

// Modes is the set of a function's annotations.
type Modes uint8

// The annotations.
const (
	ModeQuery          Modes = 1 << iota // changes nothing
	ModeOneway                           // has no answer
	ModeCompositeQuery                   // a query that may call queries
)

// Name is the label with a name.
func Name(name string) Label { return Label{ID: Hash(name), Name: name} }

// Hash is the number of a field or tag with a name.
//
// Candid.md, "Shorthand: Symbolic Field Ids".
func Hash(name string) uint32 {
	var h uint32
	for i := range len(name) {
		h = h*223 + uint32(name[i])
	}
	return h
}

// Prim is the type of a kind that has no parts, such as [KindNat64].
func Prim(k Kind) *Type { return &Type{Kind: k} }

// OptOf is the type opt elem.
func OptOf(elem *Type) *Type { return &Type{Kind: KindOpt, Elem: elem} }

// VecOf is the type vec elem.
func VecOf(elem *Type) *Type { return &Type{Kind: KindVec, Elem: elem} }

// BlobType is the type blob, another name of vec nat8.
func BlobType() *Type { return VecOf(Prim(KindNat8)) }

// RecordOf is a record type with fields in any order. It panics if two have the
// same ID: fields known only at run time come from [ParseDID] or from the wire.
func RecordOf(fields ...FieldType) *Type {
	return &Type{Kind: KindRecord, Fields: mustSort(fields)}
}

// VariantOf is a variant type with tags in any order; it panics as [RecordOf] does.
func VariantOf(tags ...FieldType) *Type {
	return &Type{Kind: KindVariant, Fields: mustSort(tags)}
}

func mustSort(fields []FieldType) []FieldType {
	sorted, err := sortFields(fields)
	if err != nil {
		panic("candid: " + err.Error())
	}
	return sorted
}

// sortFields fails if two names have the same hash, or if a name occurs twice.
func sortFields(fields []FieldType) ([]FieldType, error) {
	sorted := slices.Clone(fields)
	slices.SortStableFunc(sorted, func(a, b FieldType) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(sorted); i++ {
		if a, b := sorted[i-1].Label, sorted[i].Label; a.ID == b.ID {
			return nil, duplicate(a, b)
		}
	}
	return sorted, nil
}

func duplicate(a, b Label) error {
	return fmt.Errorf("%w: %s and %s", ErrDuplicate, clip(a.String()), clip(b.String()))
}

// field finds the field with an ID.
func (t *Type) field(id uint32) (FieldType, bool) {
	i, ok := t.fieldIndex(id)
	if !ok {
		return FieldType{}, false
	}
	return t.Fields[i], true
}

func (t *Type) fieldIndex(id uint32) (int, bool) {
	return slices.BinarySearchFunc(t.Fields, id, func(f FieldType, id uint32) int {
		return cmp.Compare(f.ID, id)
	})
}

// Method finds a method of a service type.
func (t *Type) Method(name string) (*FuncType, bool) {
	i, ok := slices.BinarySearchFunc(t.Methods, name, func(m Method, name string) int {
		return cmp.Compare(m.Name, name)
	})
	if !ok {
		return nil, false
	}
	return t.Methods[i].Type.Func, true
}

// isBlob says whether t is vec nat8, whose values are [Blob].
func (t *Type) isBlob() bool { return t.Kind == KindVec && t.Elem.Kind == KindNat8 }

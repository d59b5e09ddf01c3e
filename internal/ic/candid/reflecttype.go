package candid

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// OneOf marks a Go struct as a variant: a blank field of this type, and a pointer
// field for every tag. Exactly one of the pointers is not nil.
//
//	type Outcome struct {
//		_       candid.OneOf
//		Ok      *string      `candid:"Ok"`
//		Missing *candid.Null `candid:"Missing"`
//	}
type OneOf struct{}

// GoTypeError says that a Go type has no Candid type, or that a Go value is not a
// value of its type. It is a mistake in a program, not in a message.
type GoTypeError struct {
	Type   string // in Go
	Reason string
}

func (e *GoTypeError) Error() string {
	return fmt.Sprintf("go type %s: %s", e.Type, e.Reason)
}

// mapper finds the Candid types of Go types. A Go type that contains itself becomes
// a recursive type.
type mapper struct{ known map[reflect.Type]*Type }

func newMapper() *mapper { return &mapper{known: map[reflect.Type]*Type{}} }

// leafType is the type of Go types without parts, nil for others.
func leafType(t reflect.Type) *Type {
	switch t {
	case reflect.TypeFor[Nat]():
		return Prim(KindNat)
	case reflect.TypeFor[Int]():
		return Prim(KindInt)
	case reflect.TypeFor[Null]():
		return Prim(KindNull)
	case reflect.TypeFor[Reserved]():
		return Prim(KindReserved)
	case reflect.TypeFor[principal.Principal]():
		return Prim(KindPrincipal)
	}
	switch t.Kind() {
	case reflect.Bool:
		return Prim(KindBool)
	case reflect.String:
		return Prim(KindText)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Prim(KindNat8 + Kind(t.Kind()-reflect.Uint8))
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Prim(KindInt8 + Kind(t.Kind()-reflect.Int8))
	case reflect.Float32:
		return Prim(KindFloat32)
	case reflect.Float64:
		return Prim(KindFloat64)
	}
	return nil
}

func (m *mapper) typeOf(t reflect.Type) (*Type, error) {
	if leaf := leafType(t); leaf != nil {
		return leaf, nil
	}
	if known, ok := m.known[t]; ok {
		return known, nil
	}
	node := &Type{}
	m.known[t] = node
	var err error
	switch t.Kind() {
	case reflect.Pointer:
		node.Kind = KindOpt
		node.Elem, err = m.typeOf(t.Elem())
	case reflect.Slice:
		node.Kind = KindVec
		node.Elem, err = m.typeOf(t.Elem())
	case reflect.Struct:
		err = m.structType(node, t)
	default:
		err = &GoTypeError{t.String(), "has no Candid type"}
	}
	return node, err
}

func (m *mapper) structType(node *Type, t reflect.Type) error {
	node.Kind = KindRecord
	if isOneOf(t) {
		node.Kind = KindVariant
	}
	var fields []FieldType
	for _, f := range taggedFields(t) {
		goType := f.Type
		if node.Kind == KindVariant {
			if goType.Kind() != reflect.Pointer {
				return &GoTypeError{t.String(), "tag " + f.Name + " is not a pointer"}
			}
			goType = goType.Elem()
		}
		elem, err := m.typeOf(goType)
		if err != nil {
			return err
		}
		fields = append(fields, FieldType{labelOf(f), elem})
	}
	sorted, err := sortFields(fields)
	if err != nil {
		return &GoTypeError{t.String(), err.Error()}
	}
	node.Fields = sorted
	return nil
}

func isOneOf(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Type == reflect.TypeFor[OneOf]() {
			return true
		}
	}
	return false
}

// taggedFields is the fields that are mapped. A struct of our own says so for each:
// what has no tag is not sent by accident.
func taggedFields(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, ok := f.Tag.Lookup("candid"); ok && tag != "-" && f.IsExported() {
			out = append(out, f)
		}
	}
	return out
}

// labelOf is the name in the tag, or the number in a tag such as "#0".
func labelOf(f reflect.StructField) Label {
	tag := f.Tag.Get("candid")
	var id uint32
	if n, err := fmt.Sscanf(tag, "#%d", &id); n == 1 && err == nil && strings.HasPrefix(tag, "#") {
		return Label{ID: id}
	}
	return Name(tag)
}

package component

// Value is a WIT value in the dynamic form:
//
//	bool, char, string      bool, Char, string
//	s8 .. s64, u8 .. u64    int8 .. int64, uint8 .. uint64
//	f32, f64                float32, float64
//	list<T>                 []Value; a list<u8> is a []byte, and taken as either
//	record, tuple           Record, Tuple
//	variant, enum, flags    Variant, Enum, Flags
//	option, result          Option, ResultValue
//	own, borrow             *Handle
//
// A fixed-size list is a []Value of its size; a map<K, V> is a list<tuple<K, V>>.
type Value = any

// Char is a Unicode scalar value: any code point but a surrogate.
type Char rune

// Record is a record in the dynamic form, its fields in the type's order.
type Record []Field

// Field is a field of a Record.
type Field struct {
	Name  string
	Value Value
}

// Get returns the value of the field of that name, nil if there is none.
func (r Record) Get(name string) Value {
	for _, f := range r {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// Tuple is a tuple in the dynamic form.
type Tuple []Value

// Variant is a variant in the dynamic form. Value is nil for a case without a
// payload.
type Variant struct {
	Case  string
	Value Value
}

// Enum is a case of an enum in the dynamic form.
type Enum string

// Flags are the flags that are set, in the dynamic form; in the type's order
// when they come from a guest, in any order when they go to one.
type Flags []string

// Option is an option in the dynamic form. Value is nil unless Some.
type Option struct {
	Some  bool
	Value Value
}

// ResultValue is a result in the dynamic form. Value is nil where the type has no
// payload.
type ResultValue struct {
	Err   bool
	Value Value
}

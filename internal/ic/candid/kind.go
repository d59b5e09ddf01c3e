package candid

import "fmt"

// Kind is the outermost constructor of a type.
type Kind uint8

// The kinds, with the number each has on the wire.
const (
	KindInvalid   Kind = iota
	KindNull           // -1
	KindBool           // -2
	KindNat            // -3, unbounded
	KindInt            // -4, unbounded
	KindNat8           // -5
	KindNat16          // -6
	KindNat32          // -7
	KindNat64          // -8
	KindInt8           // -9
	KindInt16          // -10
	KindInt32          // -11
	KindInt64          // -12
	KindFloat32        // -13
	KindFloat64        // -14
	KindText           // -15
	KindReserved       // -16, has one value, which any value may become
	KindEmpty          // -17, has no value
	KindOpt            // -18
	KindVec            // -19
	KindRecord         // -20
	KindVariant        // -21
	KindFunc           // -22
	KindService        // -23
	KindPrincipal      // -24
	// KindFuture is a type of a later version of the format, below -24 on the
	// wire. Its values can be skipped, not read.
	KindFuture

	// kindVar is a name not yet resolved; no type outside the parser has it.
	kindVar
)

func (k Kind) String() string {
	names := [...]string{
		KindNull: "null", KindBool: "bool", KindNat: "nat", KindInt: "int",
		KindNat8: "nat8", KindNat16: "nat16", KindNat32: "nat32", KindNat64: "nat64",
		KindInt8: "int8", KindInt16: "int16", KindInt32: "int32", KindInt64: "int64",
		KindFloat32: "float32", KindFloat64: "float64", KindText: "text",
		KindReserved: "reserved", KindEmpty: "empty", KindOpt: "opt", KindVec: "vec",
		KindRecord: "record", KindVariant: "variant", KindFunc: "func",
		KindService: "service", KindPrincipal: "principal", KindFuture: "future",
	}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// primitiveNamed is the kind a type expression names in one word.
func primitiveNamed(name string) (Kind, bool) {
	for k := KindNull; k <= KindEmpty; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return KindInvalid, false
}

// primitive says whether a type of this kind has no parts.
func (k Kind) primitive() bool {
	return KindNull <= k && k <= KindEmpty || k == KindPrincipal
}

// opcode is the kind's number on the wire.
func (k Kind) opcode() int64 { return -int64(k) }

// kindOf is the inverse of opcode.
func kindOf(opcode int64) Kind {
	switch {
	case KindPrincipal.opcode() <= opcode && opcode <= KindNull.opcode():
		return Kind(-opcode)
	case opcode < KindPrincipal.opcode():
		return KindFuture
	default:
		return KindInvalid
	}
}

// acceptsNull says whether a record field of this kind may be left out.
func (k Kind) acceptsNull() bool {
	return k == KindNull || k == KindOpt || k == KindReserved
}

// fixedSize is the length in bytes of every value of the kind whose bytes are all
// valid, zero for other kinds.
func (k Kind) fixedSize() int {
	switch k {
	case KindNat8, KindInt8:
		return 1
	case KindNat16, KindInt16:
		return 2
	case KindNat32, KindInt32, KindFloat32:
		return 4
	case KindNat64, KindInt64, KindFloat64:
		return 8
	}
	return 0
}

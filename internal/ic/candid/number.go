package candid

import (
	"fmt"
	"math"
	"math/big"
)

// Nat is a natural number of any size: a value of type nat, and the Go type of a
// field of type nat. The zero value is 0. A Nat does not change.
type Nat struct{ abs *big.Int }

// Int is an integer of any size: a value of type int, and the Go type of a field
// of type int. The zero value is 0. An Int does not change.
type Int struct{ val *big.Int }

// NatOf is the Nat with a value.
func NatOf(v uint64) Nat { return Nat{new(big.Int).SetUint64(v)} }

// IntOf is the Int with a value.
func IntOf(v int64) Int { return Int{big.NewInt(v)} }

// NatFromBig is the Nat with the value of v, which is copied. It fails with
// [ErrRange] if v is negative.
func NatFromBig(v *big.Int) (Nat, error) {
	if v.Sign() < 0 {
		return Nat{}, fmt.Errorf("%w: %v is negative", ErrRange, v)
	}
	return Nat{new(big.Int).Set(v)}, nil
}

// IntFromBig is the Int with the value of v, which is copied.
func IntFromBig(v *big.Int) Int { return Int{new(big.Int).Set(v)} }

// Big is a copy of n.
func (n Nat) Big() *big.Int { return new(big.Int).Set(n.big()) }

// Big is a copy of n.
func (n Int) Big() *big.Int { return new(big.Int).Set(n.big()) }

// big is for reading only.
func (n Nat) big() *big.Int {
	if n.abs == nil {
		return new(big.Int)
	}
	return n.abs
}

func (n Int) big() *big.Int {
	if n.val == nil {
		return new(big.Int)
	}
	return n.val
}

// Uint64 is n, and whether it fits.
func (n Nat) Uint64() (uint64, bool) { return n.big().Uint64(), n.big().IsUint64() }

// Int64 is n, and whether it fits.
func (n Int) Int64() (int64, bool) { return n.big().Int64(), n.big().IsInt64() }

// Cmp is negative if n is less than m, zero if they are equal.
func (n Nat) Cmp(m Nat) int { return n.big().Cmp(m.big()) }

// Cmp is negative if n is less than m, zero if they are equal.
func (n Int) Cmp(m Int) int { return n.big().Cmp(m.big()) }

// String is n in decimal.
func (n Nat) String() string { return n.big().String() }

// String is n in decimal.
func (n Int) String() string { return n.big().String() }

// sized is the number of a fixed size whose bits are the lowest of n, nil if k is
// not the kind of one.
func sized(k Kind, n uint64) Value {
	switch k {
	case KindNat8:
		return Nat8(n)
	case KindNat16:
		return Nat16(n)
	case KindNat32:
		return Nat32(n)
	case KindNat64:
		return Nat64(n)
	case KindInt8:
		return Int8(n)
	case KindInt16:
		return Int16(n)
	case KindInt32:
		return Int32(n)
	case KindInt64:
		return Int64(n)
	case KindFloat32:
		return Float32(math.Float32frombits(uint32(n)))
	case KindFloat64:
		return Float64(math.Float64frombits(n))
	}
	return nil
}

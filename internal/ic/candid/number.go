package candid

import (
	"fmt"
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

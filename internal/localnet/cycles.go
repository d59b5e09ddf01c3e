package localnet

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// cycles is an amount of cycles, an unsigned number of 128 bits.
type cycles struct {
	_      struct{} `cbor:",toarray"`
	Hi, Lo uint64
}

var errCyclesRange = errors.New("an amount of cycles must be below 2^128")

func newCycles(n uint64) cycles { return cycles{Lo: n} }

func cyclesFromBig(n *big.Int) (cycles, error) {
	if n.Sign() < 0 || n.BitLen() > 128 {
		return cycles{}, errCyclesRange
	}
	var b [16]byte
	n.FillBytes(b[:])
	return cycles{Hi: binary.BigEndian.Uint64(b[:8]), Lo: binary.BigEndian.Uint64(b[8:])}, nil
}

func (c cycles) big() *big.Int {
	n := new(big.Int).SetUint64(c.Hi)
	return n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(c.Lo))
}

func (c cycles) String() string { return c.big().String() }

// bytes returns c as canisters see it: 16 bytes, little endian.
func (c cycles) bytes() []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, c.Lo), c.Hi)
}

func (c cycles) cmp(d cycles) int {
	return cmp.Or(cmp.Compare(c.Hi, d.Hi), cmp.Compare(c.Lo, d.Lo))
}

func (c cycles) fits64() bool { return c.Hi == 0 }

// add saturates at 2^128-1.
func (c cycles) add(d cycles) cycles {
	lo, carry := bits.Add64(c.Lo, d.Lo, 0)
	hi, over := bits.Add64(c.Hi, d.Hi, carry)
	if over != 0 {
		return cycles{Hi: math.MaxUint64, Lo: math.MaxUint64}
	}
	return cycles{Hi: hi, Lo: lo}
}

// sub stops at zero.
func (c cycles) sub(d cycles) cycles {
	if c.cmp(d) < 0 {
		return cycles{}
	}
	lo, borrow := bits.Sub64(c.Lo, d.Lo, 0)
	hi, _ := bits.Sub64(c.Hi, d.Hi, borrow)
	return cycles{Hi: hi, Lo: lo}
}

func minCycles(c, d cycles) cycles {
	if c.cmp(d) < 0 {
		return c
	}
	return d
}

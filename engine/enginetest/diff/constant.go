package diff

import (
	"encoding/binary"
	"math"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// interesting are integers at which compilers choose another instruction: edges of
// immediates, masks, and the divisors of clocks and digits.
func interesting() []uint64 {
	return []uint64{
		0, 1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 16, 24, 31, 32, 33, 48, 60, 63, 64, 65, 100, 127, 128, 196, 205, 246, 255, 256,
		1000, 3600, 4095, 4096, 32767, 32768, 65535, 65536, 86400, 0xfff000, 0x1000000, 1_000_000_000,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0xcccccccd, 0xaaaaaaab,
		0x5555555555555555, 0x0101010101010101, 0xcccccccccccccccd, math.MaxInt64, 1 << 63,
	}
}

// floats are bits of a float64 worth trying; those of a float32 come from them.
func floats() []float64 {
	return []float64{
		0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 1e10, -1e10, 1e300, 1e-300,
		math.Inf(1), math.Inf(-1), math.NaN(), math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat32, math.MaxFloat32, math.MaxFloat64,
		2147483647, 2147483648, -2147483648, -2147483649, 4294967295, 4294967296, 9007199254740993,
		9223372036854775807, -9223372036854775808, 18446744073709551615, -0.9999999,
	}
}

// bits are the bits of a value of a number type.
func (b *builder) bits(s *source, t engine.ValType) uint64 {
	switch t {
	case w.F32:
		if s.oneIn(3) {
			return uint64(uint32(s.next()))
		}
		return uint64(math.Float32bits(float32(pick(s, floats()))))
	case w.F64:
		if s.oneIn(3) {
			return s.next()
		}
		return math.Float64bits(pick(s, floats()))
	case w.I32:
		return uint64(uint32(integer(s)))
	}
	return integer(s)
}

// integer is a small one, an interesting one, its negation, or any.
func integer(s *source) uint64 {
	switch s.intn(8) {
	case 0:
		return s.next()
	case 1:
		return -pick(s, interesting())
	case 2, 3:
		return uint64(s.intn(70))
	}
	return pick(s, interesting())
}

// constant is the code of a constant.
func (b *builder) constant(s *source, t engine.ValType) []byte {
	switch t {
	case w.I32:
		return w.I32Const(int32(b.bits(s, t)))
	case w.I64:
		return w.I64Const(int64(b.bits(s, t)))
	case w.F32:
		return binary.LittleEndian.AppendUint32([]byte{0x43}, uint32(b.bits(s, t)))
	case w.F64:
		return binary.LittleEndian.AppendUint64([]byte{0x44}, b.bits(s, t))
	}
	code := []byte{0xfd, 12}
	code = binary.LittleEndian.AppendUint64(code, integer(s))
	return binary.LittleEndian.AppendUint64(code, integer(s))
}

// zero is the code of the constant that stands for a node left out.
func zero(t engine.ValType) []byte {
	switch t {
	case w.I32:
		return w.I32Const(0)
	case w.I64:
		return w.I64Const(0)
	case w.F32:
		return []byte{0x43, 0, 0, 0, 0}
	case w.F64:
		return []byte{0x44, 0, 0, 0, 0, 0, 0, 0, 0}
	}
	return append([]byte{0xfd, 12}, make([]byte, 16)...)
}

// The canonical NaNs.
const (
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// canonical replaces a NaN on the stack by the canonical one; tmp is a local of its
// type. Other types stay as they are.
func canonical(t engine.ValType, tmp uint32) []byte {
	var nan []byte
	var ne byte
	switch t {
	case w.F32:
		nan, ne = binary.LittleEndian.AppendUint32([]byte{0x43}, nan32), 0x5c
	case w.F64:
		nan, ne = binary.LittleEndian.AppendUint64([]byte{0x44}, nan64), 0x62
	default:
		return nil
	}
	code := append(w.LocalSet(tmp), nan...)
	code = append(code, w.LocalGet(tmp)...)
	code = append(code, w.LocalGet(tmp)...)
	code = append(code, w.LocalGet(tmp)...)
	return append(code, ne, 0x1b) // x != x ? nan : x
}

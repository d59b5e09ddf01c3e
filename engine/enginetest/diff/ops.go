package diff

import (
	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// op is an instruction without immediates: what it takes and gives.
type op struct {
	code []byte
	in   []engine.ValType
	bits int // operand whose bits show in the result, so that it may be no odd NaN; -1 for none
}

// span is a run of opcodes of one type.
type span struct {
	first, last byte
	in          []engine.ValType
	out         engine.ValType
}

// numeric is the instructions on numbers that take no immediates.
//
// WebAssembly core specification, "Binary Format", "Numeric Instructions".
func numeric() []span {
	i32, i64, f32, f64 := w.I32, w.I64, w.F32, w.F64
	one := func(t engine.ValType) []engine.ValType { return []engine.ValType{t} }
	two := func(t engine.ValType) []engine.ValType { return []engine.ValType{t, t} }
	return []span{
		{0x45, 0x45, one(i32), i32}, // eqz
		{0x46, 0x4f, two(i32), i32}, // comparisons
		{0x50, 0x50, one(i64), i32},
		{0x51, 0x5a, two(i64), i32},
		{0x5b, 0x60, two(f32), i32},
		{0x61, 0x66, two(f64), i32},
		{0x67, 0x69, one(i32), i32}, // clz, ctz, popcnt
		{0x6a, 0x78, two(i32), i32}, // add to rotr
		{0x79, 0x7b, one(i64), i64},
		{0x7c, 0x8a, two(i64), i64},
		{0x8b, 0x91, one(f32), f32}, // abs to sqrt
		{0x92, 0x98, two(f32), f32}, // add to copysign
		{0x99, 0x9f, one(f64), f64},
		{0xa0, 0xa6, two(f64), f64},
		{0xa7, 0xa7, one(i64), i32}, // conversions
		{0xa8, 0xa9, one(f32), i32},
		{0xaa, 0xab, one(f64), i32},
		{0xac, 0xad, one(i32), i64},
		{0xae, 0xaf, one(f32), i64},
		{0xb0, 0xb1, one(f64), i64},
		{0xb2, 0xb3, one(i32), f32},
		{0xb4, 0xb5, one(i64), f32},
		{0xb6, 0xb6, one(f64), f32},
		{0xb7, 0xb8, one(i32), f64},
		{0xb9, 0xba, one(i64), f64},
		{0xbb, 0xbb, one(f32), f64},
		{0xbc, 0xbc, one(f32), i32}, // reinterpretations
		{0xbd, 0xbd, one(f64), i64},
		{0xbe, 0xbe, one(i32), f32},
		{0xbf, 0xbf, one(i64), f64},
		{0xc0, 0xc1, one(i32), i32}, // sign extensions
		{0xc2, 0xc4, one(i64), i64},
	}
}

// truncSat is the conversions that do not trap, after the prefix 0xfc.
func truncSat() []span {
	one := func(t engine.ValType) []engine.ValType { return []engine.ValType{t} }
	return []span{
		{0, 1, one(w.F32), w.I32},
		{2, 3, one(w.F64), w.I32},
		{4, 5, one(w.F32), w.I64},
		{6, 7, one(w.F64), w.I64},
	}
}

// operators is the instructions by the type of their result.
func operators() map[engine.ValType][]op {
	all := map[engine.ValType][]op{}
	add := func(spans []span, prefix ...byte) {
		for _, s := range spans {
			for c := int(s.first); c <= int(s.last); c++ {
				code := append(append([]byte{}, prefix...), byte(c))
				all[s.out] = append(all[s.out], op{code, s.in, bitsOperand(code)})
			}
		}
	}
	add(numeric())
	add(truncSat(), 0xfc)
	for _, o := range vectorOps() {
		all[o.out] = append(all[o.out], op{o.bytes(), o.in, -1})
	}
	return all
}

// bitsOperand is the operand whose bits an instruction lets show, also those of a NaN.
func bitsOperand(code []byte) int {
	switch code[0] {
	case 0xbc, 0xbd: // reinterpret
		return 0
	case 0x98, 0xa6: // copysign
		return 1
	}
	return -1
}

// access is a load or store.
type access struct {
	code []byte
	val  engine.ValType
	size uint32 // bytes
}

func loads() []access {
	return []access{
		{[]byte{0x28}, w.I32, 4},
		{[]byte{0x29}, w.I64, 8},
		{[]byte{0x2a}, w.F32, 4},
		{[]byte{0x2b}, w.F64, 8},
		{[]byte{0x2c}, w.I32, 1},
		{[]byte{0x2d}, w.I32, 1},
		{[]byte{0x2e}, w.I32, 2},
		{[]byte{0x2f}, w.I32, 2},
		{[]byte{0x30}, w.I64, 1},
		{[]byte{0x31}, w.I64, 1},
		{[]byte{0x32}, w.I64, 2},
		{[]byte{0x33}, w.I64, 2},
		{[]byte{0x34}, w.I64, 4},
		{[]byte{0x35}, w.I64, 4},
		{[]byte{0xfd, 0}, w.V128, 16},
		{[]byte{0xfd, 1}, w.V128, 8}, // extending loads
		{[]byte{0xfd, 2}, w.V128, 8},
		{[]byte{0xfd, 3}, w.V128, 8},
		{[]byte{0xfd, 4}, w.V128, 8},
		{[]byte{0xfd, 5}, w.V128, 8},
		{[]byte{0xfd, 6}, w.V128, 8},
		{[]byte{0xfd, 7}, w.V128, 1}, // splats
		{[]byte{0xfd, 8}, w.V128, 2},
		{[]byte{0xfd, 9}, w.V128, 4},
		{[]byte{0xfd, 10}, w.V128, 8},
		{[]byte{0xfd, 92}, w.V128, 4}, // with zeros
		{[]byte{0xfd, 93}, w.V128, 8},
	}
}

func stores() []access {
	return []access{
		{[]byte{0x36}, w.I32, 4},
		{[]byte{0x37}, w.I64, 8},
		{[]byte{0x38}, w.F32, 4},
		{[]byte{0x39}, w.F64, 8},
		{[]byte{0x3a}, w.I32, 1},
		{[]byte{0x3b}, w.I32, 2},
		{[]byte{0x3c}, w.I64, 1},
		{[]byte{0x3d}, w.I64, 2},
		{[]byte{0x3e}, w.I64, 4},
		{[]byte{0xfd, 11}, w.V128, 16},
	}
}

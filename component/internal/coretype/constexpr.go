package coretype

import "github.com/berth-cli/berth/internal/binread"

// skipConstExpr reads past a constant expression, the initial value of a global
// or table.
//
// Core specification, "Constant Expressions".
func skipConstExpr(r *binread.Reader) {
	for r.Err() == nil {
		op := r.Byte()
		if op == 0x0b { // end
			return
		}
		skipImmediates(r, op)
	}
}

func skipImmediates(r *binread.Reader, op byte) {
	switch op {
	case 0x41: // i32.const
		r.S32()
	case 0x42: // i64.const
		r.S64()
	case 0x43: // f32.const
		r.Bytes(4)
	case 0x44: // f64.const
		r.Bytes(8)
	case 0x23, 0xd2: // global.get, ref.func
		r.U32()
	case 0xd0: // ref.null
		readHeapType(r)
	case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub and mul of i32 and i64
	case 0xfb:
		skipGC(r)
	case 0xfd:
		skipVector(r)
	default:
		r.BadByte(op, "a constant instruction")
	}
}

// skipGC reads the rest of an instruction that makes a garbage collected object.
func skipGC(r *binread.Reader) {
	at := r.Offset()
	switch op := r.U32(); op {
	case 0, 1, 6, 7: // struct.new, struct.new_default, array.new, array.new_default
		r.U32()
	case 8: // array.new_fixed
		r.U32()
		r.U32()
	case 26, 27, 28: // any.convert_extern, extern.convert_any, ref.i31
	default:
		r.FailAt(at, ErrNotConst)
	}
}

func skipVector(r *binread.Reader) {
	at := r.Offset()
	if op := r.U32(); op != 12 { // v128.const
		r.FailAt(at, ErrNotConst)
	}
	r.Bytes(16)
}

package wasmtest

import (
	"slices"

	"github.com/berth-cli/berth/engine"
)

// Instructions without operands, for Op.
const (
	Unreachable = 0x00
	Nop         = 0x01
	Else        = 0x05
	End         = 0x0b
	Return      = 0x0f
	Drop        = 0x1a
	I32Eqz      = 0x45
	I32LtU      = 0x49
	I32Add      = 0x6a
	I32Sub      = 0x6b
	I32DivS     = 0x6d
	I64Add      = 0x7c
	I32TruncF64 = 0xaa
)

// Op returns instructions that need no operands, or any bytes.
func Op(bytes ...byte) []byte { return bytes }

func op1(op byte, arg uint32) []byte { return append([]byte{op}, U32(arg)...) }

// I32Const returns i32.const.
func I32Const(v int32) []byte { return append([]byte{0x41}, Signed(int64(v))...) }

// I64Const returns i64.const.
func I64Const(v int64) []byte { return append([]byte{0x42}, Signed(v)...) }

// LocalGet returns local.get.
func LocalGet(i uint32) []byte { return op1(0x20, i) }

// LocalSet returns local.set.
func LocalSet(i uint32) []byte { return op1(0x21, i) }

// LocalTee returns local.tee.
func LocalTee(i uint32) []byte { return op1(0x22, i) }

// GlobalGet returns global.get.
func GlobalGet(i uint32) []byte { return op1(0x23, i) }

// GlobalSet returns global.set.
func GlobalSet(i uint32) []byte { return op1(0x24, i) }

// Call returns call.
func Call(f uint32) []byte { return op1(0x10, f) }

// ReturnCall returns return_call.
func ReturnCall(f uint32) []byte { return op1(0x12, f) }

// CallIndirect returns call_indirect of type t through a table.
func CallIndirect(t, table uint32) []byte { return append(op1(0x11, t), U32(table)...) }

// RefFunc returns ref.func.
func RefFunc(f uint32) []byte { return op1(0xd2, f) }

// Br returns br.
func Br(label uint32) []byte { return op1(0x0c, label) }

// BrIf returns br_if.
func BrIf(label uint32) []byte { return op1(0x0d, label) }

// Loop returns loop without values, its code and end.
func Loop(code ...[]byte) []byte { return block(0x03, 0x40, code) }

// Block returns block without values, its code and end.
func Block(code ...[]byte) []byte { return block(0x02, 0x40, code) }

// If returns if without values, its code and end.
func If(code ...[]byte) []byte { return block(0x04, 0x40, code) }

// BlockOf returns block with one result, its code and end.
func BlockOf(t engine.ValType, code ...[]byte) []byte { return block(0x02, byte(t), code) }

func block(op, t byte, code [][]byte) []byte {
	out := []byte{op, t}
	for _, c := range code {
		out = append(out, c...)
	}
	return append(out, End)
}

// I32Load returns i32.load at an offset.
func I32Load(offset uint32) []byte { return append([]byte{0x28, 2}, U32(offset)...) }

// I32Store returns i32.store at an offset.
func I32Store(offset uint32) []byte { return append([]byte{0x36, 2}, U32(offset)...) }

// MemorySize returns memory.size.
func MemorySize() []byte { return []byte{0x3f, 0} }

// MemoryGrow returns memory.grow.
func MemoryGrow() []byte { return []byte{0x40, 0} }

// MemArg returns the operand of a load or store.
func MemArg(memory, offset uint32) []byte {
	if memory == 0 {
		return append([]byte{0}, U32(offset)...)
	}
	return slices.Concat([]byte{1 << 6}, U32(memory), U32(offset))
}

// MemoryFill returns memory.fill.
func MemoryFill() []byte { return []byte{0xfc, 11, 0} }

// TableGrow returns table.grow.
func TableGrow(table uint32) []byte { return append([]byte{0xfc, 15}, U32(table)...) }

// TableSet returns table.set.
func TableSet(table uint32) []byte { return op1(0x26, table) }

// RefNull returns ref.null of a function.
func RefNull() []byte { return []byte{0xd0, byte(FuncRef)} }

// Package opcode names the instructions of core WebAssembly, as far as some package
// that reads or writes code does, as the specification does in Go's spelling:
//
//	code = append(code, opcode.I32Const, 0, opcode.I32Load8U, 0, 0, opcode.End)
//
// It has only constants.
//
// WebAssembly core specification, "Instructions" (binary format).
package opcode

// The instructions.
const (
	Unreachable        = 0x00
	Nop                = 0x01
	Block              = 0x02
	Loop               = 0x03
	If                 = 0x04
	Else               = 0x05
	Throw              = 0x08
	ThrowRef           = 0x0a
	End                = 0x0b
	Br                 = 0x0c
	BrIf               = 0x0d
	BrTable            = 0x0e
	Return             = 0x0f
	Call               = 0x10
	CallIndirect       = 0x11
	ReturnCall         = 0x12
	ReturnCallIndirect = 0x13
	Drop               = 0x1a
	Select             = 0x1b
	SelectTyped        = 0x1c
	TryTable           = 0x1f

	LocalGet  = 0x20
	LocalSet  = 0x21
	LocalTee  = 0x22
	GlobalGet = 0x23
	GlobalSet = 0x24
	TableGet  = 0x25
	TableSet  = 0x26

	I64Load    = 0x29
	I32Load8U  = 0x2d
	I64Store   = 0x37
	I32Store8  = 0x3a
	MemorySize = 0x3f
	MemoryGrow = 0x40

	I32Const = 0x41
	I64Const = 0x42
	F32Const = 0x43
	F64Const = 0x44

	I32Eq  = 0x46
	I32LtS = 0x48
	I32LtU = 0x49
	I32LeU = 0x4d
	I32GeU = 0x4f
	I64Eq  = 0x51
	I64LtS = 0x53
	I64LtU = 0x54
	I64LeU = 0x58
	I64GeU = 0x5a

	I32Add        = 0x6a
	I32Sub        = 0x6b
	I32Mul        = 0x6c
	I32DivS       = 0x6d
	I32RemS       = 0x6f
	I32RemU       = 0x70
	I32And        = 0x71
	I32Or         = 0x72
	I32Shl        = 0x74
	I32ShrU       = 0x76
	I64Add        = 0x7c
	I64Sub        = 0x7d
	I64Mul        = 0x7e
	I64RemS       = 0x81
	I64RemU       = 0x82
	I64And        = 0x83
	I64Shl        = 0x86
	I64ShrU       = 0x88
	I32WrapI64    = 0xa7
	I64ExtendI32S = 0xac
	I64ExtendI32U = 0xad

	RefNull   = 0xd0
	RefIsNull = 0xd1
	RefFunc   = 0xd2

	Misc = 0xfc // a prefix
	Vec  = 0xfd // a prefix
)

// The instructions after Misc, beyond the saturating conversions 0-7.
const (
	MiscMemoryInit = 8
	MiscDataDrop   = 9
	MiscMemoryCopy = 10
	MiscMemoryFill = 11
	MiscTableInit  = 12
	MiscElemDrop   = 13
	MiscTableCopy  = 14
	MiscTableGrow  = 15
	MiscTableSize  = 16
	MiscTableFill  = 17
)

// The instructions after Vec that take sixteen bytes, and the last one of the
// fixed-width SIMD proposal.
const (
	VecConst   = 12
	VecShuffle = 13
	VecLast    = 0xff
)

package rewrite

import (
	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// The weight of a check is a signed LEB128 number of always three bytes, so that a
// loop's can be filled in when its end is known.
const (
	weightLen = 3
	maxWeight = 1<<20 - 1
)

func putWeight(at []byte, weight uint32) {
	w := min(weight, maxWeight)
	at[0] = byte(w)&0x7f | 0x80
	at[1] = byte(w>>7)&0x7f | 0x80
	at[2] = byte(w >> 14)
}

// meter writes code that takes weight units of fuel and asks the host for more if
// that leaves less than none. It returns where the weight lies in k.out.
//
//	fuel -= weight
//	if fuel < 0 { fuel = host(HostRefuel, fuel) }
func (k *walker) meter(weight uint32) int {
	k.out = wasmbin.AppendU32(append(k.out, opcode.GlobalGet), k.fuelIdx)
	k.out = append(k.out, opcode.I32Const)
	at := len(k.out)
	k.out = append(k.out, make([]byte, weightLen)...)
	putWeight(k.out[at:], weight)
	k.takeFuel()
	return at
}

// takeFuel writes the rest of meter: the fuel and the weight are on the stack.
func (k *walker) takeFuel() {
	out := append(k.out, opcode.I32Sub)
	out = wasmbin.AppendU32(append(out, opcode.LocalTee), k.scratch)
	out = wasmbin.AppendU32(append(out, opcode.GlobalSet), k.fuelIdx)
	out = wasmbin.AppendU32(append(out, opcode.LocalGet), k.scratch)
	out = append(out, opcode.I32Const, 0, opcode.I32LtS, opcode.If, wasmbin.BlockVoid, opcode.I32Const, HostRefuel)
	out = wasmbin.AppendU32(append(out, opcode.LocalGet), k.scratch)
	out = wasmbin.AppendU32(append(out, opcode.Call), k.hostIdx)
	out = wasmbin.AppendU32(append(out, opcode.GlobalSet), k.fuelIdx)
	k.out = append(out, opcode.End)
}

// meterBulk writes code that pays for a bulk instruction by its length, which is
// on top of the stack, wide or an i32, and stays there. Without it, a loop that
// fills a large memory would run for minutes between two checks.
func (k *walker) meterBulk(wide bool) {
	length := k.length(wide)
	out := wasmbin.AppendU32(append(k.out, opcode.LocalSet), length)
	out = wasmbin.AppendU32(append(out, opcode.GlobalGet), k.fuelIdx)
	out = wasmbin.AppendU32(append(out, opcode.LocalGet), length)
	if wide {
		out = append(out, opcode.I64Const, bulkShift, opcode.I64ShrU)
		out = wasmbin.AppendSigned(append(out, opcode.I64Const), 1<<30-1) // no length so large succeeds
		out = append(out, opcode.I64And, opcode.I32WrapI64)
	} else {
		out = append(out, opcode.I32Const, bulkShift, opcode.I32ShrU)
	}
	k.out = out
	k.takeFuel()
	k.out = wasmbin.AppendU32(append(k.out, opcode.LocalGet), length)
}

// length is the index of the scratch local that keeps a bulk instruction's length.
func (k *walker) length(wide bool) uint32 {
	if wide {
		return k.scratch + 2
	}
	return k.scratch + 1
}

// checkGrow writes code that lets the host refuse a growth, by how much is on top
// of the stack, wide or an i32, and stays there or becomes too much.
func (k *walker) checkGrow(op byte, wide bool) {
	by := k.length(wide)
	out := wasmbin.AppendU32(append(k.out, opcode.LocalSet), by)
	out = append(out, opcode.I32Const, op)
	out = wasmbin.AppendU32(append(out, opcode.LocalGet), by)
	if wide { // at most 2^32-1, which the host refuses
		out = append(out, opcode.I32WrapI64, opcode.I32Const, 0x7f)
		out = wasmbin.AppendU32(append(out, opcode.LocalGet), by)
		out = wasmbin.AppendSigned(append(out, opcode.I64Const), 1<<31-1)
		out = append(out, opcode.I64LeU, opcode.Select)
	}
	out = wasmbin.AppendU32(append(out, opcode.Call), k.hostIdx)
	if wide {
		out = append(out, opcode.I64ExtendI32S)
	}
	k.out = out
}

// refFunc writes ref.func, under Options.RefTable as a read of the table of referenced functions: wazero
// allocates at every ref.func it executes and frees with the store, so a loop of
// them would exhaust the host's memory.
func (k *walker) refFunc(i uint32) {
	if !k.m.options.RefTable {
		k.out = wasmbin.AppendU32(append(k.out, opcode.RefFunc), k.newFunc(i))
		return
	}
	at, ok := k.refAt[i]
	if !ok {
		at = uint32(len(k.refs))
		k.refAt[i] = at
		k.refs = append(k.refs, i)
	}
	k.out = wasmbin.AppendSigned(append(k.out, opcode.I32Const), int64(at))
	k.out = wasmbin.AppendU32(append(k.out, opcode.TableGet), k.refTab)
}

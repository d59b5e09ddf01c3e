package rewrite

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
	k.out = appendU32(append(k.out, opGlobalGet), k.fuelIdx)
	k.out = append(k.out, opI32Const)
	at := len(k.out)
	k.out = append(k.out, make([]byte, weightLen)...)
	putWeight(k.out[at:], weight)
	k.takeFuel()
	return at
}

// takeFuel writes the rest of meter: the fuel and the weight are on the stack.
func (k *walker) takeFuel() {
	out := append(k.out, opI32Sub)
	out = appendU32(append(out, opLocalTee), k.scratch)
	out = appendU32(append(out, opGlobalSet), k.fuelIdx)
	out = appendU32(append(out, opLocalGet), k.scratch)
	out = append(out, opI32Const, 0, opI32LtS, opIf, blockVoid, opI32Const, HostRefuel)
	out = appendU32(append(out, opLocalGet), k.scratch)
	out = appendU32(append(out, opCall), k.hostIdx)
	out = appendU32(append(out, opGlobalSet), k.fuelIdx)
	k.out = append(out, opEnd)
}

// meterBulk writes code that pays for a bulk instruction by its length, which is
// on top of the stack, wide or an i32, and stays there. Without it, a loop that
// fills a large memory would run for minutes between two checks.
func (k *walker) meterBulk(wide bool) {
	length := k.length(wide)
	out := appendU32(append(k.out, opLocalSet), length)
	out = appendU32(append(out, opGlobalGet), k.fuelIdx)
	out = appendU32(append(out, opLocalGet), length)
	if wide {
		out = append(out, opI64Const, bulkShift, opI64ShrU)
		out = appendSigned(append(out, opI64Const), 1<<30-1) // no length so large succeeds
		out = append(out, opI64And, opI32WrapI64)
	} else {
		out = append(out, opI32Const, bulkShift, opI32ShrU)
	}
	k.out = out
	k.takeFuel()
	k.out = appendU32(append(k.out, opLocalGet), length)
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
	out := appendU32(append(k.out, opLocalSet), by)
	out = append(out, opI32Const, op)
	out = appendU32(append(out, opLocalGet), by)
	if wide { // at most 2^32-1, which the host refuses
		out = append(out, opI32WrapI64, opI32Const, 0x7f)
		out = appendU32(append(out, opLocalGet), by)
		out = appendSigned(append(out, opI64Const), 1<<31-1)
		out = append(out, opI64LeU, opSelect)
	}
	out = appendU32(append(out, opCall), k.hostIdx)
	if wide {
		out = append(out, opI64ExtendI32S)
	}
	k.out = out
}

// refFunc writes ref.func, under Options.RefTable as a read of the table of referenced functions: wazero
// allocates at every ref.func it executes and frees with the store, so a loop of
// them would exhaust the host's memory.
func (k *walker) refFunc(i uint32) {
	if !k.m.options.RefTable {
		k.out = appendU32(append(k.out, opRefFunc), k.newFunc(i))
		return
	}
	at, ok := k.refAt[i]
	if !ok {
		at = uint32(len(k.refs))
		k.refAt[i] = at
		k.refs = append(k.refs, i)
	}
	k.out = appendSigned(append(k.out, opI32Const), int64(at))
	k.out = appendU32(append(k.out, opTableGet), k.refTab)
}

func appendSigned(out []byte, v int64) []byte {
	for {
		b := byte(v) & 0x7f
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

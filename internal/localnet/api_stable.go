package localnet

import "math"

// maxStablePages is 500 GiB, in wasm pages; pages never written take no room.
const maxStablePages = 500 << 30 / wasmPage

// maxStable32 is 4 GiB, in wasm pages: all the 32-bit functions can address.
const maxStable32 = 1 << 32 / wasmPage

// stableAPI is stable memory.
func stableAPI() []apiFunc {
	const where = "* s"
	return []apiFunc{
		{name: "stable64_size", sig: ":l", modes: where, body: func(x *execution, a []uint64) error { a[0] = x.c.stable.size; return nil }},
		{name: "stable64_grow", sig: "l:l", modes: where, body: func(x *execution, a []uint64) error {
			a[0] = x.stableGrow(a[0], maxStablePages)
			return nil
		}},
		{name: "stable64_write", sig: "lll:", modes: where, body: (*execution).stableWrite},
		{name: "stable64_read", sig: "lll:", modes: where, body: (*execution).stableRead},
		{name: "stable_size", sig: ":i", modes: where, body: func(x *execution, a []uint64) error {
			a[0] = x.c.stable.size
			return x.fits32()
		}},
		{name: "stable_grow", sig: "i:i", modes: where, body: func(x *execution, a []uint64) error {
			if err := x.fits32(); err != nil {
				return err
			}
			a[0] = uint64(uint32(x.stableGrow(a[0], maxStable32)))
			return nil
		}},
		{name: "stable_write", sig: "iii:", modes: where, body: func(x *execution, a []uint64) error {
			if err := x.fits32(); err != nil {
				return err
			}
			return x.stableWrite(a)
		}},
		{name: "stable_read", sig: "iii:", modes: where, body: func(x *execution, a []uint64) error {
			if err := x.fits32(); err != nil {
				return err
			}
			return x.stableRead(a)
		}},
	}
}

func (x *execution) fits32() error {
	if x.c.stable.size > maxStable32 {
		return trapf("stable memory is larger than 4 GiB: use the 64-bit functions")
	}
	return nil
}

func (x *execution) stableGrow(pages, limit uint64) uint64 {
	old, ok := x.c.stable.grow(pages, limit)
	if !ok {
		return math.MaxUint64
	}
	return old
}

// stableWrite is (offset, src, size).
func (x *execution) stableWrite(a []uint64) error {
	if !x.c.stable.inBounds(a[0], a[2]) {
		return trapf("stable memory out of bounds: [%d, %d+%d) of %d bytes", a[0], a[0], a[2], x.c.stable.bytes())
	}
	src, err := x.view(a[1], a[2])
	if err != nil {
		return err
	}
	if x.n.stableBytes()+uint64(len(src)) > x.n.cfg.MaxStableBytes {
		return trapf("stable memory: the network's limit of %d bytes in use is reached", x.n.cfg.MaxStableBytes)
	}
	x.c.stable.write(src, a[0])
	return nil
}

// stableRead is (dst, offset, size).
func (x *execution) stableRead(a []uint64) error {
	if !x.c.stable.inBounds(a[1], a[2]) {
		return trapf("stable memory out of bounds: [%d, %d+%d) of %d bytes", a[1], a[1], a[2], x.c.stable.bytes())
	}
	dst, err := x.view(a[0], a[2])
	if err != nil {
		return err
	}
	x.c.stable.read(dst, a[1])
	return nil
}

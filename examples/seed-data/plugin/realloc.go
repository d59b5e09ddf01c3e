//go:build wasip1

package main

import (
	"runtime"
	"unsafe"
)

// Memory for what the host lowers into this component.
//
// A component must not call imports while it is asked for memory. A Go allocation
// may start a garbage collection, which reads the clock, which is an import: so
// the adapter's clock is paused and the goroutine stays on its thread meanwhile.
// What the host was given must stay alive until it was copied out: it is pinned.

var lowered runtime.Pinner

func releaseLowered() { lowered.Unpin() }

//go:wasmimport wasi_snapshot_preview1 adapter_monotonic_clock_set_paused
func pauseClock(paused uint32)

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

//go:wasmexport cabi_realloc
func realloc(_ unsafe.Pointer, _, align, size uint32) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(uintptr(align))
	}
	pauseClock(1)
	procPin()
	p := unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	procUnpin()
	lowered.Pin(p)
	pauseClock(0)
	return p
}

// The adapter between WASI's two previews asks for its few pages while Go's
// runtime is starting, when nothing can be allocated.
var (
	adapterArena [4*65536 + 8]byte
	adapterUsed  uintptr
)

//go:wasmexport cabi_realloc_adapter
//go:nosplit
func reallocAdapter(_ unsafe.Pointer, _, align, size uint32) unsafe.Pointer {
	base := uintptr(unsafe.Pointer(&adapterArena))
	at := (base + adapterUsed + uintptr(align) - 1) &^ (uintptr(align) - 1)
	if at+uintptr(size) > base+unsafe.Sizeof(adapterArena) {
		return nil
	}
	adapterUsed = at + uintptr(size) - base
	return unsafe.Pointer(at)
}

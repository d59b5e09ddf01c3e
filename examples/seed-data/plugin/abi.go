//go:build wasip1

package main

import (
	"errors"
	"runtime"
	"unsafe"
)

// The icp:sync-plugin@0.1.0 world by its flat core signatures. A string or a list
// is an address and a length, 32 bits each, also where it lies in memory: Go's own
// pointers are wider there.

type text struct{ address, size uint32 }

// String copies the text out of what the host wrote.
func (t text) String() string {
	return copyString(unsafe.Pointer(uintptr(t.address)), t.size)
}

type input struct {
	canisterID, environment, identityPrincipal string
	dirs                                       []string
}

type request struct {
	method string
	arg    []byte
	query  bool
	direct bool
}

type callResult struct {
	isError uint8
	value   text
}

//go:wasmimport $root canister-call
func canisterCall(method *byte, methodSize uint32, arg *byte, argSize uint32,
	query, direct uint32, cycles uint64, result unsafe.Pointer)

func call(r request) ([]byte, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	result := new(callResult)
	pins.Pin(result)
	canisterCall(unsafe.StringData(r.method), uint32(len(r.method)), unsafe.SliceData(r.arg), uint32(len(r.arg)),
		bit(r.query), bit(r.direct), 0, unsafe.Pointer(result))
	runtime.KeepAlive(r)
	reply := result.value.String()
	releaseLowered()
	if result.isError != 0 {
		return nil, errors.New(reply)
	}
	return []byte(reply), nil
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

var (
	execResult callResult
	execError  []byte // what execResult points to
)

//go:wasmexport exec
func exec(canisterID unsafe.Pointer, canisterIDSize uint32, environment unsafe.Pointer, environmentSize uint32,
	dirs unsafe.Pointer, dirCount uint32, _ unsafe.Pointer, _ uint32, identity unsafe.Pointer, identitySize uint32,
	_ uint32, _ unsafe.Pointer, _ uint32) unsafe.Pointer {
	in := input{
		canisterID:        copyString(canisterID, canisterIDSize),
		environment:       copyString(environment, environmentSize),
		identityPrincipal: copyString(identity, identitySize),
	}
	for _, dir := range unsafe.Slice((*text)(dirs), dirCount) {
		in.dirs = append(in.dirs, dir.String())
	}
	releaseLowered()
	execResult = callResult{}
	if err := run(in); err != nil {
		execError = []byte(err.Error())
		address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(execError))))
		execResult = callResult{isError: 1, value: text{address, uint32(len(execError))}}
	}
	return unsafe.Pointer(&execResult)
}

//go:wasmexport cabi_post_exec
func postExec(unsafe.Pointer) { execError = nil }

func copyString(data unsafe.Pointer, size uint32) string {
	return string(unsafe.Slice((*byte)(data), size))
}

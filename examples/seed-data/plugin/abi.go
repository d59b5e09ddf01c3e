//go:build wasip1

package main

import (
	"errors"
	"runtime"
	"unsafe"
)

// The icp:sync-plugin@0.1.0 world by its flat core signatures: strings and lists
// are a pointer and a length, and so they lie in memory.

type text struct {
	data *byte
	size uint32
}

func (t text) String() string { return unsafe.String(t.data, t.size) }

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
	reply := []byte(result.value.String())
	releaseLowered()
	if result.isError != 0 {
		return nil, errors.New(string(reply))
	}
	return reply, nil
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

var execResult struct {
	isError uint8
	value   text
}

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
		in.dirs = append(in.dirs, string([]byte(dir.String())))
	}
	releaseLowered()
	execResult.isError = 0
	if err := run(in); err != nil {
		message := []byte(err.Error() + " ")
		execResult.isError = 1
		execResult.value = text{unsafe.SliceData(message), uint32(len(message) - 1)}
	}
	return unsafe.Pointer(&execResult)
}

//go:wasmexport cabi_post_exec
func postExec(unsafe.Pointer) { execResult.value = text{} }

func copyString(data unsafe.Pointer, size uint32) string {
	return string(unsafe.Slice((*byte)(data), size))
}

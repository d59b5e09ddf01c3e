//go:build wasmtime

package wasmtime

import (
	"errors"
	"fmt"
	"math"

	wt "github.com/bytecodealliance/wasmtime-go/v39"

	"github.com/berth-cli/berth/engine"
)

var errReference = errors.New("a reference that is not null cannot be passed to wasmtime")

// kinds returns the wasmtime kinds of types. wasmtime-go ends the process when a
// vector crosses it, so those are refused.
func kinds(types []engine.ValType) ([]wt.ValKind, error) {
	out := make([]wt.ValKind, len(types))
	for i, t := range types {
		switch t {
		case engine.I32:
			out[i] = wt.KindI32
		case engine.I64:
			out[i] = wt.KindI64
		case engine.F32:
			out[i] = wt.KindF32
		case engine.F64:
			out[i] = wt.KindF64
		case engine.FuncRef:
			out[i] = wt.KindFuncref
		case engine.ExternRef:
			out[i] = wt.KindExternref
		default:
			return nil, fmt.Errorf("values of type %v cannot pass between host and guest", t)
		}
	}
	return out, nil
}

// toVal makes a value of raw bits.
func toVal(t engine.ValType, bits uint64) (wt.Val, error) {
	switch t {
	case engine.I32:
		return wt.ValI32(int32(uint32(bits))), nil
	case engine.I64:
		return wt.ValI64(int64(bits)), nil
	case engine.F32:
		return wt.ValF32(math.Float32frombits(uint32(bits))), nil
	case engine.F64:
		return wt.ValF64(math.Float64frombits(bits)), nil
	case engine.FuncRef:
		if bits == 0 {
			return wt.ValFuncref(nil), nil
		}
	case engine.ExternRef:
		if bits == 0 {
			return wt.ValExternref(nil), nil
		}
	}
	return wt.Val{}, errReference
}

// toBits returns the raw bits of a value as wasmtime-go gives it: 1 for any
// reference that is not null.
func toBits(v any) uint64 {
	switch v := v.(type) {
	case int32:
		return uint64(uint32(v))
	case int64:
		return uint64(v)
	case float32:
		return uint64(math.Float32bits(v))
	case float64:
		return math.Float64bits(v)
	case *wt.Func:
		if v == nil {
			return 0
		}
	case nil:
		return 0
	}
	return 1
}

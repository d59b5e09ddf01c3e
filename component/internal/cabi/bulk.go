package cabi

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"

	"github.com/berth-cli/berth/component/internal/types"
)

// liftBytes copies n bytes out of guest memory.
func (cx *Context) liftBytes(ptr, n uint32) ([]byte, error) {
	b, err := cx.view(ptr, uint64(n), 1, "list content")
	if err != nil {
		return nil, err
	}
	if err := cx.charge(uint64(n)); err != nil {
		return nil, err
	}
	out := make([]byte, len(b)) // with copy right after, not cleared first
	copy(out, b)
	return out, nil
}

// lowerBytes puts b into fresh guest memory.
func (cx *Context) lowerBytes(b []byte) (ptr, n uint32, err error) {
	if ptr, err = cx.alloc(uint64(len(b)), 1, "list"); err != nil {
		return 0, 0, err
	}
	copy(cx.mem[ptr:], b)
	return ptr, uint32(len(b)), nil
}

// bytesSpan is the plan of a list<u8> held as a slice of bytes.
var bytesSpan = &span{
	lift: func(cx *Context, ptr, n uint32, dst reflect.Value) error {
		b, err := cx.liftBytes(ptr, n)
		if err == nil {
			dst.SetBytes(b)
		}
		return err
	},
	lower:   func(cx *Context, src reflect.Value) (ptr, n uint32, err error) { return cx.lowerBytes(src.Bytes()) },
	dynamic: func(src reflect.Value) any { return src.Bytes() },
}

// lentSpan is the plan of a list<u8> held as the slice type that is lent for a
// call: it is lifted into memory that later calls use again.
var lentSpan = &span{
	lift: func(cx *Context, ptr, n uint32, dst reflect.Value) error {
		b, err := cx.lendBytes(ptr, n)
		if err == nil {
			dst.SetBytes(b)
		}
		return err
	},
	lower:   bytesSpan.lower,
	dynamic: func(src reflect.Value) any { return bytes.Clone(src.Bytes()) },
}

// maxLent is how much of the memory for lent bytes outlives a call.
const maxLent = 1 << 20

// lendBytes copies n bytes out of guest memory to where they stay until the call
// ends.
func (cx *Context) lendBytes(ptr, n uint32) ([]byte, error) {
	b, err := cx.view(ptr, uint64(n), 1, "list content")
	if err != nil {
		return nil, err
	}
	if err := cx.charge(uint64(n)); err != nil {
		return nil, err
	}
	if cap(cx.lent)-len(cx.lent) < len(b) { // what is lent already stays where it is
		cx.lent = make([]byte, 0, max(len(b), min(2*cap(cx.lent), maxLent)))
	}
	start := len(cx.lent)
	cx.lent = append(cx.lent, b...)
	return cx.lent[start:len(cx.lent):len(cx.lent)], nil
}

// dynamicBytes is the plan of a list<u8> in the dynamic form: lifted as []byte,
// lowered from one or from a []any.
var dynamicBytes = &span{
	lift: func(cx *Context, ptr, n uint32, dst reflect.Value) error {
		b, err := cx.liftBytes(ptr, n)
		if err == nil {
			dst.Set(reflect.ValueOf(b))
		}
		return err
	},
	lower:   lowerDynamicBytes,
	dynamic: held,
}

func lowerDynamicBytes(cx *Context, src reflect.Value) (ptr, n uint32, err error) {
	switch v := src.Interface().(type) {
	case []byte:
		return cx.lowerBytes(v)
	case []any:
		b := make([]byte, len(v))
		for i := range v {
			c, ok := v[i].(uint8)
			if !ok {
				return 0, 0, &ValueError{WIT: "u8", Reason: wrongGo(reflect.ValueOf(&v[i]).Elem())}
			}
			b[i] = c
		}
		return cx.lowerBytes(b)
	}
	return 0, 0, &ValueError{WIT: "list<u8>", Reason: wrongGo(src)}
}

// bulkSpan returns the plan of a list of numbers held as exactly the slice type Go
// has for it, or nil: bounds are checked once and no element is looked at by
// reflection.
func bulkSpan(k types.Kind, rt reflect.Type) node {
	switch {
	case k == types.U8 && rt.Elem().Kind() == reflect.Uint8:
		return bytesSpan
	case k == types.S8 && rt == reflect.TypeFor[[]int8]():
		return bulk(1, func(b []byte) int8 { return int8(b[0]) }, func(b []byte, v int8) { b[0] = byte(v) })
	case k == types.U16 && rt == reflect.TypeFor[[]uint16]():
		return bulk(2, binary.LittleEndian.Uint16, binary.LittleEndian.PutUint16)
	case k == types.S16 && rt == reflect.TypeFor[[]int16]():
		return bulk(2,
			func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b)) },
			func(b []byte, v int16) { binary.LittleEndian.PutUint16(b, uint16(v)) })
	case k == types.U32 && rt == reflect.TypeFor[[]uint32]():
		return bulk(4, binary.LittleEndian.Uint32, binary.LittleEndian.PutUint32)
	case k == types.S32 && rt == reflect.TypeFor[[]int32]():
		return bulk(4,
			func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) },
			func(b []byte, v int32) { binary.LittleEndian.PutUint32(b, uint32(v)) })
	case k == types.U64 && rt == reflect.TypeFor[[]uint64]():
		return bulk(8, binary.LittleEndian.Uint64, binary.LittleEndian.PutUint64)
	case k == types.S64 && rt == reflect.TypeFor[[]int64]():
		return bulk(8,
			func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) },
			func(b []byte, v int64) { binary.LittleEndian.PutUint64(b, uint64(v)) })
	case k == types.F32 && rt == reflect.TypeFor[[]float32]():
		return bulk(4, getF32, putF32)
	case k == types.F64 && rt == reflect.TypeFor[[]float64]():
		return bulk(8, getF64, putF64)
	}
	return nil
}

func getF32(b []byte) float32 {
	return math.Float32frombits(uint32(normalF32(uint64(binary.LittleEndian.Uint32(b)))))
}

func putF32(b []byte, v float32) {
	binary.LittleEndian.PutUint32(b, uint32(normalF32(uint64(math.Float32bits(v)))))
}

func getF64(b []byte) float64 {
	return math.Float64frombits(normalF64(binary.LittleEndian.Uint64(b)))
}

func putF64(b []byte, v float64) {
	binary.LittleEndian.PutUint64(b, normalF64(math.Float64bits(v)))
}

// bulk returns the plan of a list of T, each of size bytes.
func bulk[T any](size uint32, get func([]byte) T, put func([]byte, T)) node {
	return &span{
		lift: func(cx *Context, ptr, n uint32, dst reflect.Value) error {
			s, err := liftNumbers(cx, ptr, n, size, get)
			if err == nil {
				*dst.Addr().Interface().(*[]T) = s
			}
			return err
		},
		lower: func(cx *Context, src reflect.Value) (ptr, n uint32, err error) {
			return lowerNumbers(cx, src.Interface().([]T), size, put)
		},
		dynamic: func(src reflect.Value) any {
			out := make([]any, src.Len())
			for i := range out {
				out[i] = src.Index(i).Interface()
			}
			return out
		},
	}
}

func liftNumbers[T any](cx *Context, ptr, n, size uint32, get func([]byte) T) ([]T, error) {
	b, err := cx.view(ptr, uint64(n)*uint64(size), size, "list content")
	if err != nil {
		return nil, err
	}
	if err := cx.charge(uint64(len(b))); err != nil {
		return nil, err
	}
	s := make([]T, n)
	for i := range s {
		s[i] = get(b[uint32(i)*size:])
	}
	return s, nil
}

func lowerNumbers[T any](cx *Context, s []T, size uint32, put func([]byte, T)) (ptr, n uint32, err error) {
	if ptr, err = cx.alloc(uint64(len(s))*uint64(size), size, "list"); err != nil {
		return 0, 0, err
	}
	b := cx.mem[ptr:]
	for i, v := range s {
		put(b[uint32(i)*size:], v)
	}
	return ptr, uint32(len(s)), nil
}

package enginetest

import (
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// halved returns f, or if its type has vectors, a function that takes and returns
// each as two i64, the low half first, and calls it. So the values lie in Call's stack
// as they did.
func (s *script) halved(t *testing.T, f engine.Func) (engine.Func, error) {
	ft := f.Type()
	if !slices.Contains(ft.Params, w.V128) && !slices.Contains(ft.Results, w.V128) {
		return f, nil
	}
	if s.halves[f] == nil {
		mod, err := s.eng.Compile(t.Context(), halver(ft))
		if err != nil {
			return nil, err
		}
		defer mod.Close()
		inst, err := s.store.Instantiate(mod, []engine.Extern{f})
		if err != nil {
			return nil, err
		}
		s.halves[f] = inst.Export("f").(engine.Func)
	}
	return s.halves[f], nil
}

// halver is a module that imports a function and exports it with its vectors in
// halves.
func halver(t engine.FuncType) []byte {
	m := w.New()
	params, results := halve(t.Params), halve(t.Results)
	f := m.ImportFunc("", "f", m.Type(w.Func(t.Params...).Returns(t.Results...)))
	var code [][]byte
	at := uint32(0)
	for _, p := range t.Params {
		code = append(code, w.LocalGet(at))
		if at++; p == w.V128 {
			// i64x2.splat, i64x2.replace_lane 1
			code = append(code, w.Op(0xfd, 18), w.LocalGet(at), w.Op(0xfd, 30, 1))
			at++
		}
	}
	code = append(code, w.Call(f))
	for i := range slices.Backward(t.Results) {
		code = append(code, w.LocalSet(at+uint32(i)))
	}
	for i, r := range t.Results {
		result := w.LocalGet(at + uint32(i))
		code = append(code, result)
		if r == w.V128 {
			// i64x2.extract_lane 0, 1
			code = append(code, w.Op(0xfd, 29, 0), result, w.Op(0xfd, 29, 1))
		}
	}
	m.Export("f", engine.KindFunc, m.Func(m.Type(w.Func(params...).Returns(results...)), t.Results, code...))
	return m.Bytes()
}

func halve(types []engine.ValType) []engine.ValType {
	var out []engine.ValType
	for _, t := range types {
		if t == w.V128 {
			out = append(out, w.I64, w.I64)
		} else {
			out = append(out, t)
		}
	}
	return out
}

package wazero

import (
	"bytes"
	"context"
	"reflect"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// SameCodeAlone compiles a module as it is, and then each function but every other
// left out and with debug information, and counts those with the same machine code.
func SameCodeAlone(ctx context.Context, wasm []byte) (same, funcs int, err error) {
	e := &Engine{}
	rw, err := rewrite.Rewrite(wasm, e.rewriteOptions())
	if err != nil {
		return 0, 0, err
	}
	whole, err := machineCodeFor(ctx, rw.Wasm)
	if err != nil {
		return 0, 0, err
	}
	funcs = len(whole)
	for _, odd := range []int{0, 1} {
		var picked []uint32
		for i := odd; i < funcs; i += 2 {
			picked = append(picked, uint32(rw.ImportedFuncs+i))
		}
		sites, err := rewrite.Locate(wasm, e.rewriteOptions(), picked, true)
		if err != nil {
			return 0, 0, err
		}
		alone, err := machineCodeFor(ctx, append(sites.Wasm, debugInfo()...))
		if err != nil {
			return 0, 0, err
		}
		for i := odd; i < funcs; i += 2 {
			if sameButCalls(whole[i], alone[i]) {
				same++
			}
		}
	}
	return same, funcs, nil
}

// sameButCalls compares machine code and allows other targets of calls and of tail
// calls: four bytes after that of the instruction on amd64, 26 bits of it on arm64.
func sameButCalls(a, b []byte) bool {
	a, b = bytes.TrimRight(a, "\x00"), bytes.TrimRight(b, "\x00")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		amd64Call := slices.ContainsFunc(a[max(i-4, 0):i], func(op byte) bool { return op&^1 == 0xe8 })
		arm64Call := i|3 < len(a) && (a[i|3]>>2 == 0x25 || a[i|3]>>2 == 0x05)
		if a[i] != b[i] && !amd64Call && !arm64Call {
			return false
		}
	}
	return true
}

func machineCodeFor(ctx context.Context, wasm []byte) ([][]byte, error) {
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst
	config := wazero.NewRuntimeConfigCompiler().WithCoreFeatures(features).WithDebugInfoEnabled(true)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer r.Close(ctx)
	code, err := compileNow(ctx, r, 1, wasm)
	if err != nil {
		return nil, err
	}
	modules := dig(reflect.ValueOf(code), "compiledEngine", "sortedCompiledModules")
	if modules.Len() == 0 {
		return nil, nil // no functions
	}
	compiled := modules.Index(0)
	all := dig(compiled, "executables", "executable").Bytes()
	m, _ := machineCodeOf(compiled)
	out := make([][]byte, m.offsets.Len())
	for i := range out {
		begin, end := m.bounds(i)
		out[i] = append(out[i], all[begin-m.base:end-m.base]...)
	}
	return out, nil
}

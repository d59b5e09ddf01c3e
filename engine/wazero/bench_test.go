package wazero_test

import (
	"context"
	"os"
	"testing"

	wz "github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wazero"
)

func BenchmarkEngine(b *testing.B) { enginetest.Benchmark(b, newEngine(wazero.Config{})) }

// rawInstance instantiates the same module in wazero without this package.
func rawInstance(b *testing.B) api.Module {
	ctx := context.Background()
	r := wz.NewRuntime(ctx)
	b.Cleanup(func() { r.Close(ctx) })
	i32 := api.ValueTypeI32
	fn := api.GoModuleFunc(func(_ context.Context, _ api.Module, st []uint64) { st[0] += st[3] })
	_, err := r.NewHostModuleBuilder("h").NewFunctionBuilder().
		WithGoModuleFunction(fn, []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}).Export("f").Instantiate(ctx)
	if err != nil {
		b.Fatal(err)
	}
	mod, err := r.Instantiate(ctx, enginetest.BenchModule())
	if err != nil {
		b.Fatal(err)
	}
	return mod
}

func BenchmarkRawCallIn(b *testing.B) {
	f := rawInstance(b).ExportedFunction("in")
	stack := make([]uint64, 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.CallWithStack(b.Context(), stack); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRawCallOut(b *testing.B) {
	f := rawInstance(b).ExportedFunction("out")
	b.ResetTimer()
	if err := f.CallWithStack(b.Context(), []uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkRawSpin(b *testing.B) {
	f := rawInstance(b).ExportedFunction("spin")
	b.ResetTimer()
	if err := f.CallWithStack(b.Context(), []uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCompile compiles the module BERTH_BENCH_WASM names.
func BenchmarkCompile(b *testing.B) {
	name := os.Getenv("BERTH_BENCH_WASM")
	wasm, err := os.ReadFile(name)
	if err != nil {
		b.Skip("set BERTH_BENCH_WASM to a core module")
	}
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		e := newEngine(wazero.Config{})(b)
		if _, err := e.Compile(b.Context(), wasm); err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}

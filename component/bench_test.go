package component_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"runtime"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// The floors: what the engine itself, and a copy of memory, take. Compare the
// others of the same run with them.

func BenchmarkFloorExport(b *testing.B) {
	inst := floor(b, nil)
	f := inst.Export("add").(engine.Func)
	stack := make([]uint64, 1)
	for b.Loop() {
		if err := f.Call(stack); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFloorImport(b *testing.B) {
	inst := floor(b, nil)
	f := inst.Export("loop").(engine.Func)
	b.ResetTimer()
	if err := f.Call([]uint64{uint64(b.N)}); err != nil {
		b.Fatal(err)
	}
}

var benchSizes = []int{4 << 10, 1 << 20}

// What an import of list<u8> in and out cannot do without: a copy for the host in
// memory of its own, and a copy back. "same" uses the same memory every time.
func BenchmarkFloorCopyInAndOut(b *testing.B) {
	useHeap(b)
	for _, size := range benchSizes {
		guest, host := make([]byte, 2*size), make([]byte, size)
		b.Run(fmt.Sprintf("%d/fresh", size), func(b *testing.B) {
			b.SetBytes(int64(2 * size))
			for b.Loop() {
				copy(guest[size:], bytes.Clone(guest[:size]))
			}
		})
		b.Run(fmt.Sprintf("%d/same", size), func(b *testing.B) {
			b.SetBytes(int64(2 * size))
			for b.Loop() {
				copy(host, guest[:size])
				copy(guest[size:], host)
			}
		})
	}
}

// useHeap makes the heap that of a program that does something: in an empty one the
// collector runs every few megabytes, and would be what is measured.
func useHeap(b *testing.B) {
	b.Helper()
	heap := make([]byte, 64<<20)
	b.Cleanup(func() { runtime.KeepAlive(heap) })
	runtime.GC()
}

// benchInstance is an instance of testdata/bench.wat.
func benchInstance(b testing.TB, i component.Interceptor) *component.Instance {
	b.Helper()
	return benchInstanceWith(b, i, component.Func1(echo[[]byte]))
}

// benchInstanceWith is one with that host-bytes.
func benchInstanceWith(b testing.TB, i component.Interceptor, hostBytes component.HostFunc) *component.Instance {
	b.Helper()
	l := component.NewLinker()
	l.Root().Func("host-u32", component.Func1(func(_ context.Context, v uint32) (uint32, error) { return v + 1, nil }))
	l.Root().Func("host-string", component.Func1(echo[string]))
	l.Root().Func("host-bytes", hostBytes)
	rowsLinker(l, benchRows())
	l.Intercept(i)
	return world{component: "bench", linker: l}.start(b)
}

func BenchmarkExportU32(b *testing.B) {
	f := bind1[uint32, uint32](b, benchInstance(b, nil), "u32")
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": b.Context()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f(ctx, 7); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkExportDynamicU32(b *testing.B) {
	f, err := benchInstance(b, nil).Func("u32")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Call(context.Background(), uint32(7)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExportString(b *testing.B) {
	f := bind1[string, string](b, benchInstance(b, nil), "string")
	s := strings.Repeat("x", 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f(context.Background(), s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExportBytes(b *testing.B) {
	useHeap(b)
	f := bind1[[]byte, []byte](b, benchInstance(b, nil), "bytes")
	for _, size := range benchSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			v := make([]byte, size)
			b.SetBytes(int64(2 * size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f(context.Background(), v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// pass is an interceptor that only lets calls through.
func pass(ctx context.Context, _ *component.Call, next component.Next) (*component.Reply, error) {
	return next(ctx)
}

func BenchmarkImportU32(b *testing.B) {
	for name, i := range map[string]component.Interceptor{"bare": nil, "intercepted": pass} {
		b.Run(name, func(b *testing.B) {
			f := bind1[uint32, component.Unit](b, benchInstance(b, i), "call-host-u32")
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := f(context.Background(), uint32(b.N)); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// benchLoop runs an export that makes b.N calls with size bytes in and out.
func benchLoop(b *testing.B, in *component.Instance, export string, size int) {
	f, err := component.Bind2[uint32, uint32, component.Unit](in, export)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(2 * size))
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := f(context.Background(), uint32(b.N), uint32(size)); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkImportString(b *testing.B) { benchLoop(b, benchInstance(b, nil), "call-host-string", 20) }

// A list<u8> in and out: by hand with the engine alone, as a []byte, and as what a
// host function is lent.
func BenchmarkImportBytes(b *testing.B) {
	useHeap(b)
	for _, size := range benchSizes {
		b.Run(fmt.Sprint(size, "/hand"), func(b *testing.B) {
			f := floor(b, nil).Export("bytes").(engine.Func)
			b.SetBytes(int64(2 * size))
			b.ReportAllocs()
			b.ResetTimer()
			if err := f.Call([]uint64{uint64(b.N), uint64(size)}); err != nil {
				b.Fatal(err)
			}
		})
		b.Run(fmt.Sprint(size, "/slice"), func(b *testing.B) {
			benchLoop(b, benchInstance(b, nil), "call-host-bytes", size)
		})
		b.Run(fmt.Sprint(size, "/lent"), func(b *testing.B) {
			lent := component.Func1(echo[component.LentBytes])
			benchLoop(b, benchInstanceWith(b, nil, lent), "call-host-bytes", size)
		})
	}
}

func BenchmarkGuestToGuestU32(b *testing.B) {
	f := bind1[uint32, component.Unit](b, benchInstance(b, nil), "call-other-u32")
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := f(context.Background(), uint32(b.N)); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGuestToGuestBytes(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) { benchLoop(b, benchInstance(b, nil), "call-other-bytes", size) })
	}
}

// Guests as toolchains make them: of C, 0.35 MB in four core modules, and QuickJS, 1 MB
// in eight. What they import is not called.
func BenchmarkInstantiate(b *testing.B) {
	for _, guest := range []string{"guests/posix-c/posix", "guests/sync-js/qjs"} {
		b.Run(path.Base(guest), func(b *testing.B) {
			wasm, err := os.ReadFile("../" + guest + ".wasm")
			if err != nil {
				b.Skip(err)
			}
			rt := newRuntime(b, component.Limits{})
			c, err := rt.Compile(b.Context(), wasm)
			if err != nil {
				b.Fatal(err)
			}
			linked, err := rt.Link(c, component.NewLinker())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				in, err := linked.Instantiate(context.Background(), component.InstanceConfig{})
				if err != nil {
					b.Fatal(err)
				}
				in.Close()
			}
		})
	}
}

// Decoding and validating, without the engine.
func BenchmarkValidate(b *testing.B) {
	wasm, err := os.ReadFile("../guests/sync-c/plugin.wasm")
	if err != nil {
		b.Skip(err)
	}
	rt := newRuntime(b, component.Limits{})
	for b.Loop() {
		if err := rt.Validate(b.Context(), wasm); err != nil {
			b.Fatal(err)
		}
	}
}

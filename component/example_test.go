package component_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
)

// Calling an export of this world:
//
//	import test:echo/host@0.1.2;  // string: func(v: string) -> string
//	export string: func(v: string) -> string;
func Example() {
	ctx := context.Background()
	eng, err := wazero.New(wazero.Config{})
	check(err)
	defer eng.Close()
	rt, err := component.NewRuntime(component.Config{Engine: eng})
	check(err)
	wasm, err := os.ReadFile("testdata/echo.wasm")
	check(err)
	c, err := rt.Compile(ctx, wasm)
	check(err)

	l := component.NewLinker()
	l.Instance("test:echo/host@0.1").Func("string", component.Func1(
		func(_ context.Context, v string) (string, error) { return "the host heard " + v, nil }))
	linked, err := rt.Link(c, l)
	check(err)
	inst, err := linked.Instantiate(ctx, component.InstanceConfig{MaxMemoryBytes: 64 << 20})
	check(err)
	defer inst.Close()
	say, err := component.Bind1[string, string](inst, "string")
	check(err)
	answer, err := say(ctx, "hello")
	check(err)
	fmt.Println(answer)
	// Output: the host heard hello
}

// A resource that the host implements and the guest makes, uses and drops.
func ExampleResourceOf() {
	type Counter struct{ n uint32 }
	l := component.NewLinker()
	i := l.Instance("test:res/counters@0.2")
	i.Resource("counter", component.ResourceOf(func(_ context.Context, c *Counter) error {
		fmt.Println("dropped", c.n)
		return nil
	}))
	i.Func("[constructor]counter", component.Func1(
		func(_ context.Context, start uint32) (component.Own[*Counter], error) {
			return component.NewOwn(&Counter{start}), nil
		}))
	i.Func("[method]counter.get", component.Func1(
		func(_ context.Context, self component.Borrow[*Counter]) (uint32, error) {
			return self.Value().n, nil
		}))
	i.Func("[static]counter.merge", component.Func2(
		func(_ context.Context, a, b component.Own[*Counter]) (component.Own[*Counter], error) {
			return component.NewOwn(&Counter{a.Value().n + b.Value().n}), nil
		}))

	ctx := context.Background()
	inst, done := start(ctx, "testdata/resources.wasm", l, component.InstanceConfig{})
	defer done()
	run, err := component.Bind0[uint32](inst, "run")
	check(err)
	fmt.Println(run(ctx))
	// Output:
	// dropped 42
	// 42 <nil>
}

// An interceptor sees, and may refuse, every call of a host function.
func ExampleLinker_Intercept() {
	l := component.NewLinker()
	l.Instance("test:echo/host@0.1").Func("string", component.Func1(
		func(_ context.Context, v string) (string, error) { return v, nil }))
	errDenied := errors.New("denied")
	l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
		fmt.Println(c.Interface, c.Func, c.Args())
		if c.Args()[0] == "secret" {
			return nil, errDenied
		}
		return next(ctx)
	})

	ctx := context.Background()
	inst, done := start(ctx, "testdata/echo.wasm", l, component.InstanceConfig{})
	defer done()
	say, err := component.Bind1[string, string](inst, "string")
	check(err)
	fmt.Println(say(ctx, "hello"))
	_, err = say(ctx, "secret")
	fmt.Println(errors.Is(err, errDenied))
	// Output:
	// test:echo/host@0.1.2 string [hello]
	// hello <nil>
	// test:echo/host@0.1.2 string [secret]
	// true
}

// What an instance may use is said when it is made, and a context ends what runs
// in it. The instance is poisoned after that: make another one. What this component
// imports is missing, and is not called.
func ExampleInstanceConfig() {
	ctx := context.Background()
	inst, done := start(ctx, "testdata/hostile.wasm", component.NewLinker(), component.InstanceConfig{
		MaxMemoryBytes: 64 << 20, // all memories together
		StackBytes:     1 << 20,
	})
	defer done()
	spin, err := component.Bind0[component.Unit](inst, "spin")
	check(err)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = spin(ctx)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	_, err = spin(context.Background())
	fmt.Println(errors.Is(err, component.ErrPoisoned))
	// Output:
	// true
	// true
}

// start runs a component of testdata, linked to what l offers. Call done after use.
func start(ctx context.Context, file string, l *component.Linker, c component.InstanceConfig) (in *component.Instance, done func()) {
	eng, err := wazero.New(wazero.Config{})
	check(err)
	rt, err := component.NewRuntime(component.Config{Engine: eng})
	check(err)
	wasm, err := os.ReadFile(file)
	check(err)
	compiled, err := rt.Compile(ctx, wasm)
	check(err)
	linked, err := rt.Link(compiled, l)
	check(err)
	in, err = linked.Instantiate(ctx, c)
	check(err)
	return in, func() { check(errors.Join(in.Close(), eng.Close())) }
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Package component runs WebAssembly components: it decodes and validates them,
// links their imports to Go functions, and calls their exports with Go values.
//
// A world such as
//
//	package my:app@0.1.0;
//	world plugin {
//	  import log: func(level: level, text: string);
//	  export run: func(args: list<string>) -> result<u32, string>;
//	}
//
// is embedded so, on the engine of package
// github.com/berth-cli/berth/engine/wazero:
//
//	eng, err := wazero.New(wazero.Config{})
//	...
//	defer eng.Close()
//	rt, err := component.NewRuntime(component.Config{Engine: eng})
//	...
//	c, err := rt.Compile(ctx, wasm) // once: decoded, validated, compiled
//	...
//	l := component.NewLinker()
//	l.Root().Func("log", component.Func2(
//		func(ctx context.Context, level Level, text string) (component.Unit, error) {
//			...
//		}))
//	linked, err := rt.Link(c, l) // once: every Go type checked against its WIT type
//	...
//	inst, err := linked.Instantiate(ctx, component.InstanceConfig{})
//	...
//	defer inst.Close()
//	run, err := component.Bind1[[]string, component.Result[uint32, string]](inst, "run")
//	...
//	res, err := run(ctx, []string{"-v"})
//
// Nearly every component of a real toolchain also imports WASI. Package wasi has
// it: wasi.Add(l) defines the functions, and a wasi.Host of its own for each
// instance, as InstanceConfig.HostState, says what that instance may see. Package
// plugin does both, and bounds what a run may spend.
//
// The functions of an interface are defined on l.Instance("my:app/host@0.1"), each by
// its name in WIT: "[method]file.read" for a method, which takes a Borrow first,
// "[constructor]file", "[static]file.open". The resource itself is a [ResourceOf].
//
// A function that the world imports and l does not define is found when a guest
// calls it; with l.Strict, already by Link. [Linker.Intercept] sees every call.
//
// InstanceConfig says what one instance may use, and [Limits] what a component may
// cost. Compiling is bounded by ctx and by engine.LimitCompile, and Config.Progress
// tells how far it is.
//
// # Go types of WIT types
//
//	bool, char, string             bool, Char, string
//	s8 .. s64, u8 .. u64           int8 .. int64, uint8 .. uint64
//	f32, f64                       float32, float64
//	list<T>, list<u8>              []T, []byte; LentBytes, which a host function
//	                               looks at without a copy while it runs
//	list<T, N>, map<K, V>          [N]T, []Tuple2[K, V]
//	option<T>                      *T, nil for none
//	result<T, E>                   Result[T, E], with Unit for what is absent
//	tuple<A, B>                    Tuple2[A, B], or any struct with as many fields
//	record                         a struct: fields by kebab-case of their names,
//	                               or by a tag, `wit:"name"`
//	enum, flags                    a named unsigned integer type: the index of the
//	                               case; a bit for each flag, the first lowest
//	variant                        a sealed interface, see below
//	own<R>, borrow<R>              Own[T], Borrow[T], T being what the host keeps
//	                               for R (see ResourceOf), or GuestResource
//
// A variant is an interface with one unexported method whose parameters list the
// case types in order. A case type is a struct without fields, or with one: the
// payload. Its name in kebab-case is the case's name, or ends in "-" and it:
//
//	type StreamError interface{ streamError(LastOperationFailed, Closed) }
//	type LastOperationFailed struct{ Error component.Own[IOError] }
//	type Closed struct{}
//
//	func (LastOperationFailed) streamError(LastOperationFailed, Closed) {}
//	func (Closed) streamError(LastOperationFailed, Closed)              {}
//
// Instead of any of these, Value stands for the dynamic form, for tools that
// meet types only at run time. A Go error is never a WIT value: a host function
// that returns one ends the guest's call, and the error comes back, with its
// identity, from the call that entered the guest.
//
// # Hostile input
//
// A component may be any bytes, and its guest code may do anything: the result
// is a value or an error, never a panic, an endless loop that ctx cannot end, or
// host memory beyond [Limits]. A trap of the guest is a [*Trap]; the instance is
// then poisoned and every later call returns [ErrPoisoned].
//
// # Concurrency
//
// A Runtime, a Component and a Linked are safe for concurrent use; a Linker is
// while nobody changes it. An Instance and what belongs to it is for one
// goroutine at a time, except Interrupt. Host functions run on the goroutine of
// the caller.
package component

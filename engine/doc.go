// Package engine is the seam between berth and the engines that run core
// WebAssembly: what the component layer and the local network need of one, and no
// more. Packages engine/wazero and engine/wasmtime implement it; engine/enginetest
// is the suite both pass.
//
//	m, err := eng.Compile(ctx, wasm)
//	...
//	store, err := eng.NewStore(engine.StoreConfig{MaxMemoryBytes: 64 << 20})
//	...
//	defer store.Close()
//	now := store.NewHostFunc(engine.FuncType{Results: []engine.ValType{engine.I64}},
//		func(stack []uint64) error {
//			stack[0] = uint64(time.Now().UnixNano())
//			return nil
//		})
//	inst, err := store.Instantiate(m, []engine.Extern{now})
//	...
//	run, ok := inst.Export("run").(engine.Func)
//	...
//	err = run.Call(make([]uint64, run.Type().StackLen()))
//
// A trap is a *[Trap] with the guest's frames; Module.Locate finds where in the module
// they are. [LimitCompile] bounds what compiling takes, StoreConfig what running does.
//
// # Hostile input
//
// A module may be any bytes: Compile returns an error or a module that can do
// nothing but compute, call what it imports, and use what StoreConfig allows.
// Whatever a guest does, a call ends with results or an error; it ends soon after
// Store.Interrupt.
//
// # Concurrency
//
// Engines and modules are safe for concurrent use. A store, and every Instance and
// Extern of it, is for one goroutine at a time; only Store.Interrupt may be called
// from any. Different stores run in parallel.
package engine

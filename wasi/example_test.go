package wasi_test

import (
	"context"
	"fmt"
	"os"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/wasi"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A program that sees one folder, as "data", and nothing else of the machine.
func Example() {
	ctx := context.Background()
	eng, err := wazero.New(wazero.Config{})
	check(err)
	defer eng.Close()
	rt, err := component.NewRuntime(component.Config{Engine: eng})
	check(err)
	wasm, err := os.ReadFile("../guests/count-c/count.wasm")
	check(err)
	c, err := rt.Compile(ctx, wasm)
	check(err)
	l := component.NewLinker()
	wasi.Add(l)
	linked, err := rt.Link(c, l)
	check(err)

	h, err := wasi.New(wasi.Config{ // for each run
		Args:     []string{"count", "data/fruit-01.txt"},
		Stdout:   os.Stdout,
		Preopens: []wasi.Preopen{{Guest: "data", Dir: "../examples/seed-data/seed-data"}},
	})
	check(err)
	inst, err := linked.Instantiate(ctx, component.InstanceConfig{HostState: h})
	check(err)
	defer inst.Close()
	run, err := component.Bind0[component.Result[component.Unit, component.Unit]](inst, "wasi:cli/run@0.2", "run")
	check(err)
	status, err := run(ctx)
	check(err)
	check(h.Close(ctx)) // waits for what was printed
	fmt.Println("failed:", status.IsErr)
	// Output:
	// data/fruit-01.txt has 1 lines
	// failed: false
}

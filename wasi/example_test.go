package wasi_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/wasi"
)

// Runs a command with arguments and an environment, and nothing else.
func Example() {
	if err := surroundings(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// argument posix
	// argument surroundings
	// environment LANG=C
	// terminal 0
	// terminal 0
	// terminal 0
}

func surroundings(ctx context.Context) (err error) {
	e, err := wazero.New(wazero.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	rt, err := component.NewRuntime(component.Config{Engine: e})
	if err != nil {
		return err
	}
	wasm, err := os.ReadFile("../guests/posix-c/posix.wasm")
	if err != nil {
		return err
	}
	c, err := rt.Compile(ctx, wasm)
	if err != nil {
		return err
	}
	l := component.NewLinker()
	wasi.Add(l)
	linked, err := rt.Link(c, l)
	if err != nil {
		return err
	}

	h, err := wasi.New(wasi.Config{
		Args:   []string{"posix", "surroundings"},
		Env:    []wasi.EnvVar{{Name: "LANG", Value: "C"}},
		Stdout: os.Stdout,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(ctx)) }()
	in, err := linked.Instantiate(ctx, component.InstanceConfig{HostState: h})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	run, err := component.Bind0[component.Result[component.Unit, component.Unit]](in, "wasi:cli/run@0.2", "run")
	if err != nil {
		return err
	}
	_, err = run(ctx)
	return err
}

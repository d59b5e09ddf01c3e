// Command embed is a program with plugins of a world of its own: it runs
// greeter.wasm, which greeter.wit describes and greeter.js is the source of.
//
//	go run ./examples/embed Ada 3
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/plugin"
)

//go:embed greeter.wasm
var greeter []byte

// Level and Guest are the types of greeter.wit.
type (
	Level uint8
	Guest struct {
		Name   string
		Visits uint32
	}
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: embed NAME VISITS")
	}
	visits, err := strconv.ParseUint(args[1], 10, 32)
	if err != nil {
		return err
	}
	return greet(ctx, Guest{Name: args[0], Visits: uint32(visits)}, out)
}

// greet is all it takes.
func greet(ctx context.Context, who Guest, out io.Writer) error {
	eng, err := wazero.New(wazero.Config{})
	if err != nil {
		return err
	}
	defer eng.Close()
	host, err := plugin.NewHost(plugin.Config{Engine: eng})
	if err != nil {
		return err
	}
	p, err := host.Load(ctx, greeter)
	if err != nil {
		return err
	}
	say := func(_ context.Context, l Level, text string) (component.Unit, error) {
		_, err := fmt.Fprintln(out, []string{"note:", "warning:"}[l], text)
		return component.Unit{}, err
	}
	world := plugin.World{Name: "greeter", Define: func(l *component.Linker) {
		l.Root().Func("say", component.Func2(say))
	}, Interfaces: []string{""}}
	limits := plugin.Session{Limits: plugin.DefaultLimits()}
	_, err = p.Run(ctx, world, limits, func(ctx context.Context, inst *component.Instance) error {
		greet, err := component.Bind1[Guest, component.Result[string, string]](inst, "greet")
		if err != nil {
			return err
		}
		answer, err := greet(ctx, who)
		if err == nil && answer.IsErr {
			err = &plugin.GuestError{Message: answer.Err}
		}
		fmt.Fprintln(out, answer.Ok)
		return err
	})
	return err
}

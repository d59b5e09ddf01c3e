// Command embed is a program with plugins of a world of its own: it runs
// greeter.wasm, which greeter.wit describes and greeter.js is the source of.
//
//	go run ./examples/embed Ada 3
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/plugin"
)

//go:embed greeter.wasm
var greeter []byte

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: embed NAME VISITS")
	}
	visits, err := strconv.ParseUint(os.Args[2], 10, 32)
	check(err)
	greet(context.Background(), Guest{Name: os.Args[1], Visits: uint32(visits)})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Level and Guest are the types of greeter.wit.
type Level uint8
type Guest struct {
	Name   string
	Visits uint32
}

func greet(ctx context.Context, who Guest) {
	eng, err := wazero.New(wazero.Config{})
	check(err)
	defer eng.Close()
	host, err := plugin.NewHost(plugin.Config{Engine: eng})
	check(err)
	p, err := host.Load(ctx, greeter)
	check(err)

	world := plugin.World{Name: "greeter", Define: func(l *component.Linker) {
		l.Root().Func("say", component.Func2(func(_ context.Context, l Level, text string) (component.Unit, error) {
			fmt.Println([]string{"note:", "warning:"}[l], text)
			return component.Unit{}, nil
		}))
	}}
	_, err = p.Run(ctx, world, plugin.Session{Limits: plugin.DefaultLimits()}, func(ctx context.Context, inst *component.Instance) error {
		greet, err := component.Bind1[Guest, component.Result[string, string]](inst, "greet")
		if err != nil {
			return err
		}
		answer, err := greet(ctx, who)
		if err != nil {
			return err
		}
		if answer.IsErr {
			return &plugin.GuestError{Message: answer.Err}
		}
		fmt.Println(answer.Ok)
		return nil
	})
	check(err)
}

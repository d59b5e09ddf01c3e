package plugin_test

import (
	"context"
	"fmt"
	"os"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/plugin"
)

// A world of one's own: what it defines, which of it plugins may call, and what is
// called of them. This one runs a sync plugin that finds no canister to call.
func Example() {
	eng, err := wazero.New(wazero.Config{})
	check(err)
	defer eng.Close()
	host, err := plugin.NewHost(plugin.Config{Engine: eng})
	check(err)
	wasm, err := os.ReadFile("../guests/sync-c/plugin.wasm")
	check(err)
	p, err := host.Load(context.Background(), wasm)
	check(err)

	type callType uint8
	type callRequest struct {
		Method   string
		Arg      []byte
		CallType callType
		Direct   bool
		Cycles   uint64
	}
	world := plugin.World{
		Name: "example",
		Define: func(l *component.Linker) {
			l.Root().Func("canister-call", component.Func1(
				func(_ context.Context, r callRequest) (component.Result[[]byte, string], error) {
					return component.Fail[[]byte]("no canister for " + r.Method), nil
				}))
		},
	}
	enter := func(ctx context.Context, inst *component.Instance) error {
		exec, err := inst.Func("exec")
		if err != nil {
			return err
		}
		results, err := exec.Call(ctx, component.Record{
			{Name: "canister-id", Value: "aaaaa-aa"}, {Name: "environment", Value: "local"},
			{Name: "dirs", Value: []component.Value{}}, {Name: "files", Value: []component.Value{}},
			{Name: "identity-principal", Value: "2vxsx-fae"}, {Name: "proxy-canister-id", Value: component.Option{}},
		})
		if err == nil {
			fmt.Println(results[0].(component.ResultValue).Value)
		}
		return err
	}
	report, err := p.Run(context.Background(), world, plugin.Session{Limits: plugin.DefaultLimits()}, enter)
	check(err)
	fmt.Println(report.WorldCalls, "call")
	// Output:
	// set_uploader : no canister for set_uploader
	// 1 call
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

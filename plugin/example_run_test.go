package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/wasi"
)

// open compiles a component of this repository. Call done after use.
func open(ctx context.Context, file string) (p *plugin.Plugin, done func() error) {
	eng, err := wazero.New(wazero.Config{})
	check(err)
	host, err := plugin.NewHost(plugin.Config{Engine: eng})
	check(err)
	wasm, err := os.ReadFile(file)
	check(err)
	p, err = host.Load(ctx, wasm)
	check(err)
	return p, eng.Close
}

// A plain program, built for WASI by any toolchain, that sees one folder and
// nothing else of the machine.
func ExamplePlugin_RunCommand() {
	ctx := context.Background()
	p, done := open(ctx, "../guests/count-c/count.wasm")
	defer done()

	code, _, err := p.RunCommand(ctx, plugin.Session{
		Grant: plugin.Grant{
			Args:     []string{"count", "data/fruit-01.txt"},
			Preopens: []wasi.Preopen{{Guest: "data", Dir: "../examples/seed-data/seed-data"}},
		},
		Limits: plugin.DefaultLimits(),
		Stdout: os.Stdout,
		Stderr: os.Stderr,
	})
	fmt.Println("exit code", code, err)
	// Output:
	// data/fruit-01.txt has 1 lines
	// exit code 0 <nil>
}

// A plugin that never ends is stopped when it has computed for as long as it may,
// and the error says by which limit. To stop one earlier, cancel the context.
func ExampleLimits() {
	ctx := context.Background()
	p, done := open(ctx, "../guests/hostile-c/command.wasm")
	defer done()

	limits := plugin.DefaultLimits()
	limits.Compute = 500 * time.Millisecond
	_, report, err := p.RunCommand(ctx, plugin.Session{
		Grant:  plugin.Grant{Args: []string{"hostile", "spin"}},
		Limits: limits,
		Stdout: os.Stdout,
	})
	if limit, ok := errors.AsType[*plugin.LimitError](err); ok {
		fmt.Println("limit:", limit.Limit, limit.Max)
	}
	fmt.Println(report.Compute >= limits.Compute)
	// Output:
	// spinning
	// limit: compute 0.5s
	// true
}

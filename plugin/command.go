package plugin

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/component"
)

// runInterface is what a plain program exports. Any patch release of it will do.
const runInterface = "wasi:cli/run@0.2"

// RunCommand runs a plain program, a component that exports wasi:cli/run, and
// returns the code it ends with. The error is as Plugin.Run's, but an exit is not
// one.
func (p *Plugin) RunCommand(ctx context.Context, cfg Session) (code int, report Report, err error) {
	report, err = p.Run(ctx, Command(), cfg, func(ctx context.Context, inst *component.Instance) error {
		run, err := component.Bind0[component.Result[component.Unit, component.Unit]](inst, runInterface, "run")
		if err != nil {
			return err
		}
		result, err := run(ctx)
		if err == nil && result.IsErr {
			code = 1
		}
		return err
	})
	if exit, ok := errors.AsType[*ExitError](err); ok {
		return exit.Code, report, nil
	}
	return code, report, err
}

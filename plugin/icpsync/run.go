package icpsync

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/wasi"
)

// Request is one run of a sync plugin.
type Request struct {
	CanisterID  string // of the canister being synced, as text
	Environment string // its name
	Identity    string // principal that signs, as text
	Proxy       string // canister that updates go through, as text; "" for none

	Dir   string   // absolute folder that Dirs and Files are relative to
	Dirs  []string // folders to hand over, as declared
	Files []string // files to hand over, as declared

	// Inputs, if not nil, are what Dir, Dirs and Files declare, opened before. They
	// stay the caller's.
	Inputs *Inputs

	Caller Caller        // required
	Limits plugin.Limits // every field is required

	Stdout, Stderr io.Writer // nil: thrown away

	Monitor *plugin.Monitor   // as in plugin.Session
	Warn    func(text string) // likewise
	Loops   plugin.Loops
	Now     func() time.Time
}

// ComputeKnob is the environment variable that raises Limits.Compute, for the text
// of the error. Reading it is the program's affair.
const ComputeKnob = "ICP_CLI_PLUGIN_COMPUTE_LIMIT_SECS"

// Run runs a plugin. The error is [*InterfaceError], [*PathError] or
// *component.LinkError before any of it ran, else one of those of
// plugin.Plugin.Run; a *plugin.GuestError is what the plugin itself returned.
//
// A plugin that exits has not finished its work: even exit status 0 is an error.
func Run(ctx context.Context, p *plugin.Plugin, r Request) (plugin.Report, error) {
	if err := Check(p.Component); err != nil {
		return plugin.Report{}, err
	}
	inputs := r.Inputs
	if inputs == nil {
		opened, err := r.Open()
		if err != nil {
			return plugin.Report{}, err
		}
		defer opened.Close()
		inputs = opened
	}
	in := r.input(inputs)
	session := plugin.Session{
		Grant:  plugin.Grant{Preopens: preopens(inputs)},
		Limits: r.Limits,
		Stdout: r.Stdout, Stderr: r.Stderr,
		State: r.Caller, Monitor: r.Monitor, Warn: r.Warn, Loops: r.Loops, Now: r.Now,
	}
	report, err := p.Run(ctx, world(), session, func(ctx context.Context, inst *component.Instance) error {
		exec, err := component.Bind1[execInput, execResult](inst, "exec")
		if err != nil {
			return err
		}
		result, err := exec(ctx, in)
		if err == nil && result.IsErr {
			err = &plugin.GuestError{Message: result.Err}
		}
		return err
	})
	if limit, ok := errors.AsType[*plugin.LimitError](err); ok && limit.Limit == plugin.LimitCompute {
		limit.Knob = ComputeKnob
	}
	return report, err
}

// input is what the plugin is told.
func (r Request) input(inputs *Inputs) execInput {
	in := execInput{CanisterID: r.CanisterID, Environment: r.Environment, IdentityPrincipal: r.Identity}
	if r.Proxy != "" {
		in.ProxyCanisterID = &r.Proxy
	}
	for _, f := range inputs.Folders {
		in.Dirs = append(in.Dirs, f.Name)
	}
	for _, f := range inputs.Files {
		in.Files = append(in.Files, fileInput(f))
	}
	return in
}

func preopens(inputs *Inputs) []wasi.Preopen {
	var out []wasi.Preopen
	for _, f := range inputs.Folders {
		out = append(out, wasi.Preopen{Guest: f.Name, Root: f.Root})
	}
	return out
}

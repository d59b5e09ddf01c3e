package icpsync

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

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

	Caller Caller        // required
	Limits plugin.Limits // every field is required

	Stdout, Stderr io.Writer // nil: thrown away
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
	in, preopens, err := r.open()
	defer closeAll(preopens)
	if err != nil {
		return plugin.Report{}, err
	}
	session := plugin.Session{
		Grant:  plugin.Grant{Preopens: preopens},
		Limits: r.Limits,
		Stdout: r.Stdout, Stderr: r.Stderr,
		State: r.Caller,
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

// open checks and opens all that was declared, folders first, in their order.
func (r Request) open() (in execInput, preopens []wasi.Preopen, err error) {
	in = execInput{
		CanisterID: r.CanisterID, Environment: r.Environment, Dirs: r.Dirs, IdentityPrincipal: r.Identity,
	}
	if r.Proxy != "" {
		in.ProxyCanisterID = &r.Proxy
	}
	root, err := os.OpenRoot(r.Dir)
	if err != nil {
		return in, nil, fmt.Errorf("open canister folder: %w", err)
	}
	defer root.Close()
	for _, path := range r.Dirs {
		dir, err := openDir(root, path)
		if err != nil {
			return in, preopens, err
		}
		preopens = append(preopens, wasi.Preopen{Guest: path, Root: dir})
	}
	for _, path := range r.Files {
		text, err := readFile(root, path)
		if err != nil {
			return in, preopens, err
		}
		in.Files = append(in.Files, fileInput{Name: path, Content: text})
	}
	return in, preopens, nil
}

func closeAll(preopens []wasi.Preopen) {
	for _, p := range preopens {
		p.Root.Close()
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin"
	"github.com/spf13/cobra"
)

// workerArg is the argument by which berth knows that it is a worker. It is no
// command: users have no use for it.
const workerArg = "__worker"

// isolateVariable is what --isolate is without a flag.
const isolateVariable = "BERTH_ISOLATE"

// isolateFlag adds --isolate.
func (a *app) isolateFlag(cmd *cobra.Command, isolate *bool) {
	preset, err := strconv.ParseBool(a.getenv(isolateVariable))
	cmd.Flags().BoolVar(isolate, "isolate", err == nil && preset,
		"run each sync plugin in a process of its own, locked in by the system; Linux only (or $"+isolateVariable+"=1)")
}

// workers returns what runs plugins in processes of their own; nil if nobody asked
// for that.
func (a *app) workers(isolate bool) (*worker.Launcher, error) {
	if !isolate {
		return nil, nil
	}
	w, err := worker.New(worker.Options{
		Args: []string{os.Args[0], workerArg}, Env: a.workerEnv(),
		Cache: a.codeCache(), Progress: a.newCompiling().report, Log: a.log(),
	})
	if errors.Is(err, worker.ErrUnsupported) {
		return nil, &codeError{code: exitUsage, err: fmt.Errorf("--isolate: %w", err)}
	}
	return w, err
}

// workerEnv is what a worker may know of the environment: what changes how plugins
// are compiled and run.
func (a *app) workerEnv() []string {
	var env []string
	for _, name := range []string{limitsVariable, vulnerableVariable} {
		if a.isSet(name) {
			env = append(env, name+"="+a.getenv(name))
		}
	}
	if kind, err := a.engineKind(); err == nil {
		env = append(env, engineVariable+"="+kind.name)
	}
	return env
}

// serveWorker is the life of a worker.
func (a *app) serveWorker(ctx context.Context) int {
	if err := worker.Serve(ctx, worker.ServeOptions{Host: a.workerHost}); err != nil {
		fmt.Fprintln(a.Err, "berth:", err)
		return exitUsage
	}
	return exitOK
}

func (a *app) workerHost(c worker.HostConfig) (*plugin.Host, error) {
	a.cache = c.Cache
	return a.newHost(limitKnob, c.Progress)
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/berth-cli/berth/internal/fetch"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/wasi"
	"github.com/spf13/cobra"
)

// runOptions are the flags of run.
type runOptions struct {
	file string
	args []string // of the program, its name not among them
	dirs []string
	env  []string
	http []string
	limitFlags
}

func (a *app) runCommand() *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use: "run [flags] FILE [-- ARGS]", DisableFlagsInUseLine: true,
		Short: "Run a component that exports wasi:cli/run",
		Long: "Run a component that exports wasi:cli/run, and end with its exit code. It can use its standard\n" +
			"streams and what it is granted by the flags, and nothing else.\n\n" +
			"Exit codes: the program's own; 134 if it trapped or went beyond a limit; 125 if berth failed,\n" +
			"126 if FILE cannot be run, 127 if there is none. Most programs for WASI 0.2 can only say 0 or 1:\n" +
			"the code they exit with is lost before it gets here.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file, o.args = args[0], args[1:]
			if len(o.args) > 0 && o.args[0] == "--" {
				o.args = o.args[1:]
			}
			return a.runRun(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false)
	flags.StringArrayVar(&o.dirs, "dir", nil, "grant a folder: HOST[::GUEST][:rw], read-only without :rw")
	flags.StringArrayVar(&o.env, "env", nil, "grant a variable: NAME=VALUE, or NAME to hand on berth's own")
	o.limitFlags.add(cmd)
	flags.StringArrayVar(&o.http, "http", nil, "grant requests to a host (not supported yet)")
	return cmd
}

func (a *app) runRun(ctx context.Context, o *runOptions) error {
	session, err := a.session(o)
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return &codeError{code: runCode(err), err: fmt.Errorf("run %s: %w", o.file, err)}
	}
	wasm, err := readComponent(ctx, a.path(o.file))
	if err != nil {
		return fail(err)
	}
	host, err := a.newHost(programKnob, a.newCompiling().report)
	if err != nil {
		return fail(err)
	}
	p, err := host.Load(ctx, wasm)
	if err != nil {
		return fail(err)
	}
	if world, _ := worldOf(p); world != commandWorld {
		return fail(&notCommandError{World: world})
	}
	code, _, err := p.RunCommand(ctx, session)
	if err != nil {
		return fail(err)
	}
	if code != 0 {
		return &codeError{code: code}
	}
	return nil
}

// notCommandError says that a component is no program.
type notCommandError struct{ World string }

func (e *notCommandError) Error() string {
	return "component is no program, it does not export wasi:cli/run@0.2 (its world is " + e.World + ")"
}

// runCode is the exit code for a program that did not end by itself.
func runCode(err error) int {
	switch {
	case is[*plugin.TrapError](err), is[*plugin.LimitError](err):
		return exitTrap
	case pluginKind(err) == "component":
		return exitCannotRun
	case is[*fetch.FileError](err) && errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	}
	return exitOwnFailure
}

// readComponent reads a file that must be a regular one, and no larger than any
// component is.
func readComponent(ctx context.Context, name string) ([]byte, error) {
	return new(fetch.Cache).Get(ctx, fetch.Source{Path: name})
}

// session is the grant that the flags ask for.
func (a *app) session(o *runOptions) (plugin.Session, error) {
	usage := func(err error) (plugin.Session, error) {
		return plugin.Session{}, &codeError{code: exitUsage, err: err}
	}
	if len(o.http) > 0 {
		return usage(errors.New("--http is not supported yet: programs run without network"))
	}
	budgets, err := a.budgets(programLimits())
	if err == nil {
		err = o.apply(&budgets.run)
	}
	if err != nil {
		return usage(err)
	}
	s := plugin.Session{Limits: budgets.run, Stdout: a.Out, Stderr: a.Err}
	s.Grant.Args = append([]string{filepath.Base(o.file)}, o.args...)
	s.Grant.Stdin = a.In
	s.Grant.Terminal = wasi.Terminal{Stdin: a.Terminal[0], Stdout: a.Terminal[1], Stderr: a.Terminal[2]}
	for _, flag := range o.dirs {
		preopen, err := a.preopen(flag)
		if err != nil {
			return usage(err)
		}
		s.Grant.Preopens = append(s.Grant.Preopens, preopen)
		a.sources = append(a.sources, preopen.Dir)
	}
	for _, flag := range o.env {
		name, value, given := strings.Cut(flag, "=")
		if name == "" {
			return usage(fmt.Errorf("--env %q: no name", flag))
		}
		if !given && !a.isSet(name) {
			return usage(fmt.Errorf("--env %s: there is no such variable to hand on", name))
		}
		if !given {
			value = a.getenv(name)
		}
		s.Grant.Env = append(s.Grant.Env, wasi.EnvVar{Name: name, Value: value})
	}
	return s, nil
}

// preopen reads HOST[::GUEST][:rw]. Without a name for the guest the folder has
// the one the user gave.
func (a *app) preopen(flag string) (wasi.Preopen, error) {
	rest, readWrite := strings.CutSuffix(flag, ":rw")
	host, guest, named := strings.Cut(rest, "::")
	if !named {
		guest = filepath.ToSlash(host)
	}
	if host == "" || guest == "" || named && strings.Contains(guest, ":") {
		return wasi.Preopen{}, fmt.Errorf("--dir %q: it is HOST[::GUEST][:rw]", flag)
	}
	return wasi.Preopen{Dir: a.path(host), Guest: guest, ReadWrite: readWrite}, nil
}

// path makes a path of the user's relative to the working folder.
func (a *app) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	dir, err := a.workingDir()
	if err != nil {
		return p
	}
	return filepath.Join(dir, p)
}

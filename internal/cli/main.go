package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes of berth, as the help of the root command tells them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitOwnFailure  = 125
	exitCannotRun   = 126
	exitNotFound    = 127
	exitInterrupted = 130
	exitTrap        = 134
)

const exitCodes = `Exit codes:
    0  success
    1  the command failed: a step, a call, the project, the network
    2  the command line could not be understood
  130  interrupted
of "berth run", where every other code is the program's own:
  125  berth failed, not the program
  126  FILE is not a component that can be run
  127  FILE was not found
  134  the program trapped, or went beyond a limit
With --json, what went wrong is one JSON object with the field "error".`

// codeError carries an exit code. What it says has been said already if err is nil.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *codeError) Unwrap() error { return e.err }

// commandGC is how much garbage, in percent of what lives, a command may leave
// behind before it is collected: most end before that. It takes a seventh off a
// sync, for some MiB.
const commandGC = 400

// serverGC is that of a process that stays.
const serverGC = 100

var errSignal = errors.New("interrupted")

// Main runs a command line and returns the exit code of the process. The first
// interrupt ends what is under way; a second one ends the process.
func Main(ctx context.Context, args []string, s Streams) int {
	if s.getenv("GOGC") == "" {
		debug.SetGCPercent(commandGC)
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	a := &app{Streams: s, console: &console{out: s.Err}}
	a.console.colour = a.colour()
	if slices.Equal(args, []string{workerArg}) {
		return a.serveWorker(ctx)
	}
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return a.exit(ctx, withClosing(err, a.close()))
}

// colour reports whether standard error takes colours.
func (a *app) colour() bool {
	return a.Terminal[2] && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// interruptible returns a context that the process's signals end.
func interruptible(ctx context.Context) (context.Context, func()) {
	ignoreFileSizeSignal()
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			// From here on a signal does what it does to any process.
			signal.Stop(signals)
			cancel(errSignal)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// exit says what went wrong, if anything, and chooses the code.
func (a *app) exit(ctx context.Context, err error) int {
	code := exitFailure
	coded, hasCode := errors.AsType[*codeError](err)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(context.Cause(ctx), errSignal):
		a.reportInterrupt(err)
		return exitInterrupted
	case hasCode:
		code = coded.code
	}
	if !hasCode || coded.err != nil {
		a.report(err)
	}
	return code
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "berth",
		Short:   "Run WebAssembly plugins in a sandbox",
		Version: version(),
		Long: "berth deploys canisters of the Internet Computer and runs their sync plugins, WebAssembly\n" +
			"components that can do what they were granted and nothing else. It reads icp-cli's projects.\n\n" + exitCodes,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		Args:              cobra.NoArgs,
		RunE:              a.helpOnly,
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(usage)
	flags := root.PersistentFlags()
	flags.StringVarP(&a.global.dir, "chdir", "C", "", "change to this folder first")
	flags.StringVar(&a.global.projectRoot, "project-root-override", "", "folder of icp.yaml (or $ICP_PROJECT_ROOT)")
	flags.BoolVar(&a.global.debug, "debug", false, "say everything that happens")
	flags.BoolVarP(&a.global.quiet, "quiet", "q", false, "no progress: only results, what plugins want seen, and what went wrong")
	flags.BoolVarP(&a.global.verbose, "verbose", "v", false, "show all output of steps, and what canisters print")
	a.engineFlag(root)
	root.AddCommand(
		a.deployCommand(), a.syncCommand(), a.canisterCommand(), a.networkCommand(), a.identityCommand(),
		a.pluginCommand(), a.runCommand(), a.versionCommand(),
	)
	wrapArgs(root)
	return root
}

// helpOnly is what a command does that only holds others: it is no use without one
// of them.
func (a *app) helpOnly(cmd *cobra.Command, _ []string) error {
	cmd.SetOut(a.Err)
	_ = cmd.Help()
	return &codeError{code: exitUsage}
}

// usage makes an error of the command line one that says where help is.
func usage(cmd *cobra.Command, err error) error {
	return &codeError{code: exitUsage, err: &usageError{Command: cmd.CommandPath(), Err: err}}
}

// usageError says that a command line could not be understood.
type usageError struct {
	Command string
	Err     error
}

func (e *usageError) Error() string { return e.Err.Error() }
func (e *usageError) Unwrap() error { return e.Err }

// wrapArgs makes wrong arguments of every command errors of usage.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usage(cmd, err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		wrapArgs(sub)
	}
}

// group is a command that only holds others.
func (a *app) group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: a.helpOnly}
	cmd.AddCommand(commands...)
	return cmd
}

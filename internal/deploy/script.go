package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/plugin"
)

// CommandError says that a command of a script step did not succeed.
type CommandError struct {
	Command string
	Code    int   // its exit status, -1 if it has none
	Err     error // why it could not be run, or nil
}

func (e *CommandError) Error() string {
	switch {
	case errors.Is(e.Err, errEmptyCommand):
		return fmt.Sprintf("%v: '%s'", e.Err, e.Command)
	case e.Err != nil:
		return fmt.Sprintf("failed to execute command '%s': %v", e.Command, e.Err)
	case e.Code < 0:
		return fmt.Sprintf("command '%s' failed with status code N/A", e.Command)
	}
	return fmt.Sprintf("command '%s' failed with status code %d", e.Command, e.Code)
}

// Unwrap returns the cause.
func (e *CommandError) Unwrap() error { return e.Err }

var (
	errEmptyCommand = errors.New("command must not be empty")
	errNoShell      = errors.New("script steps need a POSIX shell, sh, on the path")
)

// shell runs the commands of script steps.
type shell struct {
	dir  string   // the canister's folder
	env  []string // of berth itself
	vars []string // NAME=value, over env
	in   io.Reader
}

// run runs the commands one after the other, until one fails. Both streams go to
// line, in the order in which they come.
func (s shell) run(ctx context.Context, step *project.ScriptStep, line func(string)) error {
	for _, command := range step.Commands {
		if err := s.runOne(ctx, command, line); err != nil {
			return err
		}
	}
	return nil
}

// childGrace is how long a command that was told to stop may take.
const childGrace = 5 * time.Second

func (s shell) runOne(ctx context.Context, command string, line func(string)) error {
	if strings.TrimSpace(command) == "" {
		return &CommandError{Command: command, Err: errEmptyCommand}
	}
	path, err := exec.LookPath("sh")
	if err != nil && runtime.GOOS == "windows" {
		err = errNoShell
	}
	if err != nil {
		return &CommandError{Command: command, Err: err}
	}
	cmd := exec.CommandContext(ctx, path, "-c", command)
	cmd.Dir = s.dir
	cmd.Env = append(append([]string{}, s.env...), s.vars...)
	cmd.Stdin = s.in
	cmd.WaitDelay = childGrace
	// One writer for both streams: os/exec then never writes to it twice at once.
	lines := &plugin.Lines{Emit: line}
	cmd.Stdout, cmd.Stderr = lines, lines
	err = cmd.Run()
	lines.Flush()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &CommandError{Command: command, Code: exit.ExitCode()}
	}
	if err != nil {
		return &CommandError{Command: command, Err: err}
	}
	return nil
}

// envName is a canister's name as part of a variable's name.
func envName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}

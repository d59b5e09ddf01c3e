package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/fetch"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// report writes an error for people: what failed, for which canisters and why, and
// what to do next.
func (a *app) report(err error) {
	if failed, ok := errors.AsType[*deploy.FailedError](err); ok {
		for _, f := range failed.Failures {
			a.reportFailure(failed.Verb, f)
		}
	}
	fmt.Fprintf(a.Err, "Error: %v\n", err)
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(a.Err, "next: %s\n", hint)
	}
}

// reportFailure writes the block about one canister: the chain of causes, and what
// the failing step said; all steps with --debug.
func (a *app) reportFailure(verb string, f deploy.Failure) {
	line := func(format string, args ...any) { fmt.Fprintf(a.Err, "ERR "+format+"\n", args...) }
	if f.ID.String() == "aaaaa-aa" {
		line("----- Failed to %s canister '%s' -----", verb, f.Canister)
	} else {
		line("----- Failed to %s canister '%s': %s -----", verb, f.Canister, f.ID)
	}
	causes := chain(f.Err)
	line("'%s'", causes[0])
	for _, cause := range causes[1:] {
		line("  caused by: %s", cause)
	}
	if trap, ok := errors.AsType[*plugin.TrapError](f.Err); ok && trap.Trap != nil {
		for _, frame := range trap.Trap.Frames {
			line("  in %s", frame.Func)
		}
	}
	steps := f.Steps
	if len(steps) > 1 && !a.global.debug {
		steps = steps[len(steps)-1:]
	}
	if len(steps) > 0 {
		line("[%s] %s output:", f.Canister, strings.ToUpper(verb[:1])+verb[1:])
	}
	for _, step := range steps {
		line("[%s] %s:", f.Canister, step.Title)
		for _, l := range step.Lines {
			line("[%s] > %s", f.Canister, l)
		}
		if len(step.Lines) == 0 {
			line("[%s] <no output>", f.Canister)
		}
	}
}

// chain splits an error into the outermost text and those of its causes, each
// without the text of the next.
func chain(err error) []string {
	var out []string
	for err != nil {
		text := err.Error()
		next := errors.Unwrap(err)
		if next != nil && next.Error() != "" {
			text = strings.TrimSuffix(text, next.Error())
			text = strings.TrimSuffix(strings.TrimRight(text, " "), ":")
		}
		if text != "" {
			out = append(out, text)
		}
		err = next
	}
	if len(out) == 0 {
		return []string{"unknown failure"}
	}
	return out
}

// hintFor says what to do about an error, by its type; "" if there is nothing to
// say that the error does not.
func hintFor(err error) string {
	for _, hint := range []func(error) string{projectHint, networkHint, pluginHint, systemHint} {
		if text := hint(err); text != "" {
			return text
		}
	}
	return ""
}

func projectHint(err error) string {
	if _, ok := errors.AsType[*project.NotFoundError](err); ok {
		return "change to a folder with an icp.yaml, or name it with -C"
	}
	if _, ok := errors.AsType[*project.UnsupportedError](err); ok {
		return "use icp for this project, or leave that part of the manifest out"
	}
	if e, ok := errors.AsType[*project.UnknownError](err); ok && e.Kind == "environment" {
		return "see the environments in icp.yaml; local and ic are always there"
	}
	if e, ok := errors.AsType[*deploy.NoIDError](err); ok {
		return fmt.Sprintf("create it with `berth deploy %s -e %s`, or put its id into %s", e.Canister, e.Environment, e.File)
	}
	if _, ok := errors.AsType[*fetch.MismatchError](err); ok {
		return "nothing was run. If the file was meant to change, put its new sha256 into the step"
	}
	return ""
}

func networkHint(err error) string {
	if _, ok := errors.AsType[*agent.ClockError](err); ok {
		return "set this computer's clock right"
	}
	if _, ok := errors.AsType[*agent.UntrustedNetworkError](err); ok {
		return "add --trust-network if you know whose network that is, or --identity anonymous"
	}
	if e, ok := errors.AsType[*agent.PendingError](err); ok {
		return fmt.Sprintf("the call may still take effect: look at the state of the canister before you repeat it (request id %s)", e.RequestID)
	}
	if _, ok := errors.AsType[*cert.CertificateError](err); ok {
		return "do not trust what this network answers: check the url and the root-key of the network"
	}
	if _, ok := errors.AsType[*identity.UnsupportedError](err); ok {
		return "choose another identity with --identity, such as --identity anonymous"
	}
	if _, ok := errors.AsType[*identity.NotFoundError](err); ok {
		return "see the identities with `berth identity list`"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "is the network running? See `berth network status`"
	}
	return ""
}

func pluginHint(err error) string {
	if e, ok := errors.AsType[*plugin.LimitError](err); ok && e.Limit == plugin.LimitMemory {
		return "the plugin needs more memory than it may have, or never stops asking for it: tell its author"
	}
	if _, ok := errors.AsType[*icpsync.InterfaceError](err); ok {
		return "see what the component is with `berth plugin inspect FILE`"
	}
	if _, ok := errors.AsType[*component.LinkError](err); ok {
		return "see what the component imports with `berth plugin inspect FILE`"
	}
	if _, ok := errors.AsType[*component.DecodeError](err); ok {
		return "a plugin is a WebAssembly component; a core module becomes one with `wasm-tools component new`"
	}
	if e, ok := errors.AsType[*icpsync.PathError](err); ok && e.Link != "" {
		return "declare the folder that the link leads to, if it is below the canister's"
	}
	if _, ok := errors.AsType[*plugin.TrapError](err); ok {
		return "this is a fault in the plugin: tell its author, with the lines above"
	}
	return ""
}

func systemHint(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "free some space on the disk; nothing that was there is lost"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "berth must be able to write below .berth and .icp in the project"
	case errors.Is(err, context.DeadlineExceeded):
		return "try again; see what is slow with --debug"
	}
	return ""
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/plugin"
)

// report writes an error for people: what failed, for which canisters and why, and
// what to do next. With --json it is written as JSON, too.
func (a *app) report(err error) {
	if failed, ok := errors.AsType[*deploy.FailedError](err); ok {
		for _, f := range failed.Failures {
			a.reportFailure(failed.Verb, f)
		}
	}
	a.console.line("Error: " + err.Error())
	if trap := explain(err); trap != nil && !is[*deploy.FailedError](err) {
		for _, line := range trap.lines(a.global.debug, a.sources) {
			a.console.line("  " + line)
		}
	}
	for _, hint := range hintsFor(err) {
		a.console.line("next: " + hint)
	}
	if a.global.json {
		_ = a.printJSON(struct {
			Error errorJSON `json:"error"`
		}{describe(err)})
	}
}

// closingError is what failed, and what then failed while that was tidied up.
type closingError struct{ Err, Closing error }

func (e *closingError) Error() string {
	text := e.Err.Error()
	if closing := e.Closing.Error(); !strings.Contains(text, closing) {
		text += "\nand then: " + closing
	}
	return text
}

func (e *closingError) Unwrap() []error { return []error{e.Err, e.Closing} }

// withClosing joins the error of some work with that of the tidying up after it;
// both may be nil.
func withClosing(err, closing error) error {
	switch {
	case closing == nil:
		return err
	case err == nil:
		return closing
	}
	return &closingError{Err: err, Closing: closing}
}

// reportInterrupt says that the user or the system ended the command. The failures
// that follow from that are not worth a word, but a call that was under way is.
func (a *app) reportInterrupt(err error) {
	a.console.line("Interrupted: what was finished is kept, and the command can be run again")
	if pending, ok := errors.AsType[*agent.PendingError](err); ok {
		a.console.line("next: " + pendingHint(pending))
	}
	if a.global.json {
		_ = a.printJSON(struct {
			Error errorJSON `json:"error"`
		}{errorJSON{Kind: "interrupted", Message: "interrupted"}})
	}
}

// reportFailure writes the block about one canister: the chain of causes, and what
// the failing step said; all steps with --debug.
func (a *app) reportFailure(verb string, f deploy.Failure) {
	line := func(format string, args ...any) { a.console.errorLine(fmt.Sprintf(format, args...)) }
	if f.ID.IsManagement() {
		line("----- Failed to %s canister '%s' -----", verb, f.Canister)
	} else {
		line("----- Failed to %s canister '%s': %s -----", verb, f.Canister, f.ID)
	}
	causes := chain(f.Err)
	line("'%s'", causes[0])
	for _, cause := range causes[1:] {
		line("  caused by: %s", cause)
	}
	if trap := explain(f.Err); trap != nil {
		for _, text := range trap.lines(a.global.debug, a.sources) {
			line("  %s", text)
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
		a.reportStep(f.Canister, step)
	}
}

func (a *app) reportStep(canister string, step deploy.StepOutput) {
	a.console.errorLine(fmt.Sprintf("[%s] %s:", canister, step.Title))
	if len(step.Lines) == 0 {
		a.console.errorLine(fmt.Sprintf("[%s] <no output>", canister))
	}
	for _, l := range step.Lines {
		a.console.errorLine(fmt.Sprintf("[%s] > %s", canister, l))
	}
}

// chain splits an error into the outermost text and those of its causes, each
// without the text of the next. What the system says stays in one piece.
func chain(err error) []string {
	var out []string
	for err != nil {
		text, next := err.Error(), errors.Unwrap(err)
		if next == nil || isSystem(err) || saysAll(err) {
			return append(out, text)
		}
		head, split := strings.CutSuffix(text, ": "+next.Error())
		switch {
		case split && head != "":
			out = append(out, head)
		case strings.Contains(text, next.Error()):
			return append(out, text) // it has said all
		case !split:
			out = append(out, text)
		}
		err = next
	}
	if len(out) == 0 {
		return []string{"unknown failure"}
	}
	return out
}

// saysAll reports whether an error's text is better than that of its cause.
func saysAll(err error) bool {
	_, trap := err.(*plugin.TrapError) //nolint:errorlint // this error, not one inside it
	return trap
}

// isSystem reports whether an error is one of the standard library's with a cause.
func isSystem(err error) bool {
	switch err.(type) { //nolint:errorlint // this error, not one inside it
	case *fs.PathError, *os.LinkError, *os.SyscallError, *net.OpError, *url.Error, *exec.Error:
		return true
	}
	return false
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/fetch"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// hintsFor says what to do about an error: of a failed phase a line for each thing
// to do, with the canisters it is about.
func hintsFor(err error) []string {
	failed, ok := errors.AsType[*deploy.FailedError](err)
	if hint := diskHint(err); hint != "" {
		return []string{hint} // whatever else happened followed from it
	}
	if !ok {
		if hint := hintFor(err); hint != "" {
			return []string{hint}
		}
		return nil
	}
	var hints []string
	for _, f := range failed.Failures {
		hint := hintFor(f.Err)
		if hint != "" && len(failed.Failures) > 1 {
			hint = fmt.Sprintf("[%s] %s", f.Canister, hint)
		}
		if hint != "" {
			hints = append(hints, hint)
		}
	}
	return hints
}

// hintFor says what to do about an error, by its type; "" if there is nothing to
// say that the error does not.
func hintFor(err error) string {
	hints := []func(error) string{
		usageHint, projectHint, sourceHint, diskHint, trustHint, networkHint, canisterHint, identityHint,
		componentHint, pluginHint, systemHint,
	}
	for _, hint := range hints {
		if text := hint(err); text != "" {
			return text
		}
	}
	return ""
}

func usageHint(err error) string {
	if e, ok := errors.AsType[*usageError](err); ok {
		return fmt.Sprintf("see `%s --help`", e.Command)
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
	if e, ok := errors.AsType[*project.UnknownError](err); ok {
		if e.Kind == "environment" {
			return "see the environments in icp.yaml; local and ic are always there"
		}
		return "see the canisters with `berth canister list`"
	}
	if e, ok := errors.AsType[*deploy.NoIDError](err); ok && !e.Managed {
		return fmt.Sprintf("create it with icp, then put its id into %s", e.File)
	}
	if e, ok := errors.AsType[*deploy.NoIDError](err); ok {
		return fmt.Sprintf("create it with `berth deploy %s -e %s`, or put its id into %s", e.Canister, e.Environment, e.File)
	}
	if _, ok := errors.AsType[*deploy.ComputeLimitError](err); ok {
		return "unset the variable, or make it a number such as 300"
	}
	return ""
}

// sourceHint is about getting components and modules.
func sourceHint(err error) string {
	if _, ok := errors.AsType[*fetch.MismatchError](err); ok {
		return "nothing of it was run. If the file was meant to change, put its new sha256 into the step"
	}
	if e, ok := errors.AsType[*fetch.StatusError](err); ok {
		return fmt.Sprintf("check the url in the step: %s", e.URL)
	}
	if e, ok := errors.AsType[*fetch.RequestError](err); ok {
		return fmt.Sprintf("check the connection, and the url in the step: %s", e.URL)
	}
	if is[*fetch.FileError](err) && errors.Is(err, fs.ErrNotExist) {
		return "build it first, or correct its path"
	}
	return ""
}

func networkHint(err error) string {
	if _, ok := errors.AsType[*agent.ClockError](err); ok {
		return "set this computer's clock right"
	}
	if e, ok := errors.AsType[*localnet.LockedError](err); ok {
		return lockedHint(e)
	}
	if _, ok := errors.AsType[*localnet.VersionError](err); ok {
		return "use the berth that made it, or remove .berth/networks to start anew: what its canisters hold is lost then"
	}
	if e, ok := errors.AsType[*localnet.StateError](err); ok {
		return fmt.Sprintf("restore %s, or remove .berth/networks to start anew: what its canisters hold is lost then", e.File)
	}
	if e, ok := errors.AsType[*agent.PendingError](err); ok {
		return pendingHint(e)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "is the network running? Check its url in icp.yaml, or start it"
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return "something else listens there: end it, or choose another port by gateway.port in icp.yaml, 0 for any"
	}
	return ""
}

func lockedHint(e *localnet.LockedError) string {
	if e.PID == 0 {
		return "wait until the other process has ended, and run the command again"
	}
	return fmt.Sprintf("wait until process %d has ended, or end it, and run the command again", e.PID)
}

func pendingHint(e *agent.PendingError) string {
	return fmt.Sprintf("the call may still take effect: look at the state of the canister before you repeat it (request id %s)", e.RequestID)
}

// trustHint is about who is believed and who signs.
func trustHint(err error) string {
	if _, ok := errors.AsType[*agent.UntrustedNetworkError](err); ok {
		return "add --trust-network if you know whose network that is, or --identity anonymous"
	}
	if e, ok := errors.AsType[*cert.CertificateError](err); ok {
		if e.Reason == cert.ReasonStale || e.Reason == cert.ReasonFuture {
			return "compare this computer's clock with the network's; if both are right, do not trust what it answers"
		}
		return "do not trust what this network answers: check the url and the root-key of the network"
	}
	if _, ok := errors.AsType[*agent.SignatureError](err); ok {
		return "do not trust what this network answers: check the url and the root-key of the network"
	}
	return ""
}

func canisterHint(err error) string {
	reject, ok := errors.AsType[*agent.RejectError](err)
	if !ok {
		return ""
	}
	switch reject.ErrorCode {
	case "IC0301":
		return "there is no such canister on this network: check its id, and the environment with -e"
	case "IC0508", "IC0509":
		return fmt.Sprintf("start it with `berth canister start %s`", reject.Canister)
	case "IC0512":
		return "only a controller may do that: choose one with --identity, or go through one with --proxy"
	case "IC0536":
		return "check the name of the method"
	case "IC0537":
		return "nothing is installed in the canister: `berth deploy` installs it"
	}
	return ""
}

func identityHint(err error) string {
	if _, ok := errors.AsType[*identity.UnsupportedError](err); ok {
		return "choose another identity with --identity, such as --identity anonymous"
	}
	if _, ok := errors.AsType[*identity.NotFoundError](err); ok {
		return "see the identities with `berth identity list`"
	}
	return ""
}

// componentHint is about what is no plugin, or none that can be run.
func componentHint(err error) string {
	if e, ok := errors.AsType[*notCommandError](err); ok && e.World == icpsync.WorldName {
		return "it is a sync plugin: name it in a sync step of icp.yaml, and `berth sync` runs it"
	}
	if _, ok := errors.AsType[*icpsync.InterfaceError](err); ok {
		return "see what the component is with `berth plugin inspect FILE`"
	}
	if _, ok := errors.AsType[*component.LinkError](err); ok {
		return "see what the component imports with `berth plugin inspect FILE`"
	}
	if _, ok := errors.AsType[*component.DecodeError](err); ok {
		return "check that the file is whole and a WebAssembly component; a core module becomes one with `wasm-tools component new`"
	}
	if _, ok := errors.AsType[*component.ValidationError](err); ok {
		return "the file is damaged, or the tool that made it is at fault: make it anew"
	}
	if _, ok := errors.AsType[*component.UnsupportedError](err); ok {
		return "build it for WASI 0.2, without what is named above"
	}
	return ""
}

func pluginHint(err error) string {
	if hint := workerHint(err); hint != "" {
		return hint
	}
	if e, ok := errors.AsType[*plugin.LoopError](err); ok {
		return loopHint(e)
	}
	if e, ok := errors.AsType[*plugin.LimitError](err); ok && e.Limit == plugin.LimitMemory {
		return "the plugin needs more memory than it may have, or never stops asking for it: tell its author"
	}
	if e, ok := errors.AsType[*icpsync.PathError](err); ok {
		return pathHint(e)
	}
	if _, ok := errors.AsType[*plugin.ExitError](err); ok {
		return "a sync plugin returns when its work is done, it does not exit: tell its author"
	}
	if _, ok := errors.AsType[*plugin.TrapError](err); ok {
		return "this is a fault in the plugin: tell its author, with the lines above"
	}
	return ""
}

func loopHint(e *plugin.LoopError) string {
	text := fmt.Sprintf("upgrade the canister if it does not know what the plugin wants of `%s`, and tell the plugin's author", e.Loop.Method)
	if e.Loop.Failure != "" {
		text = fmt.Sprintf("correct what `%s` fails for, and tell the plugin's author that it repeats the call for ever", e.Loop.Method)
	}
	if e.Sign == plugin.LoopLimit {
		return text
	}
	return text + fmt.Sprintf("; if it is right to go on, set %s=allow", deploy.LoopsKnob)
}

// workerHint is about workers that did not end well.
func workerHint(err error) string {
	if e, ok := errors.AsType[*worker.DeathError](err); ok && e.Signal == syscall.SIGKILL {
		return "see whether memory is short; run less at once with -j 1"
	}
	if is[*worker.DeathError](err) || is[*worker.ProtocolError](err) {
		return "either the plugin broke out of its sandbox or berth has a fault: do not run it without --isolate, and report it"
	}
	return ""
}

func pathHint(e *icpsync.PathError) string {
	switch {
	case e.Link != "":
		return fmt.Sprintf("declare what '%s' leads to, if it is below the canister's folder", e.Link)
	case errors.Is(e, fs.ErrNotExist):
		return fmt.Sprintf("create it, or take it out of '%ss' of the step", e.Kind)
	case e.File == "":
		return fmt.Sprintf("'%ss' are below the canister's folder: move what the plugin needs there", e.Kind)
	}
	return fmt.Sprintf("folders are declared in 'dirs', text files in 'files': correct '%s'", e.Path)
}

func diskHint(err error) string {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) || errors.Is(err, errDiskQuota) {
		return "free some space on the disk, or raise the limit, and run the command again: nothing that was there is lost"
	}
	return ""
}

func systemHint(err error) string {
	switch {
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "berth must be able to write below .berth and .icp in the project"
	case errors.Is(err, context.DeadlineExceeded), os.IsTimeout(err):
		return "try again; see what is slow with --debug"
	}
	return ""
}

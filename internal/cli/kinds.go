package cli

import (
	"context"
	"errors"
	"io/fs"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/fetch"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// errorJSON is an error as --json shows it. The fields and the kinds are stable,
// the texts are not. A phase that failed for some canisters has the kind "step" and
// says of each what it failed with.
type errorJSON struct {
	Kind      string          `json:"kind"`
	Message   string          `json:"message"`
	Next      string          `json:"next,omitempty"`
	Trap      *trapJSON       `json:"trap,omitempty"`
	Canisters []canisterError `json:"canisters,omitempty"`
}

// canisterError is what a canister of a failed phase failed with.
type canisterError struct {
	Name    string `json:"name"`
	ID      string `json:"canister_id,omitempty"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`

	Trap *trapJSON `json:"trap,omitempty"`
}

func describe(err error) errorJSON {
	failed, ok := errors.AsType[*deploy.FailedError](err)
	if !ok {
		return errorJSON{Kind: kindOf(err), Message: err.Error(), Next: hintFor(err), Trap: explain(err)}
	}
	out := errorJSON{Kind: "step", Message: err.Error()}
	for _, f := range failed.Failures {
		c := canisterError{
			Name: f.Canister, Kind: kindOf(f.Err), Message: f.Err.Error(), Next: hintFor(f.Err), Trap: explain(f.Err),
		}
		if !f.ID.IsManagement() {
			c.ID = f.ID.String()
		}
		out.Canisters = append(out.Canisters, c)
	}
	return out
}

func is[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

// kindOf sorts an error: whose fault it is, as far as its type tells.
func kindOf(err error) string {
	switch {
	case is[*usageError](err):
		return "usage"
	case is[*project.Error](err), is[*project.NotFoundError](err), is[*project.UnknownError](err),
		is[*deploy.NoIDError](err), is[*deploy.NoCreateError](err), is[*deploy.ComputeLimitError](err), is[*fetch.FileError](err):
		return "project"
	case is[*fetch.MismatchError](err), is[*cert.CertificateError](err), is[*agent.SignatureError](err):
		return "verification"
	case is[*icpsync.PathError](err), is[*plugin.RefusedError](err), is[*agent.UntrustedNetworkError](err),
		is[*deploy.SystemCanisterError](err), errors.Is(err, fs.ErrPermission):
		return "permission"
	case is[*plugin.LoopError](err):
		return "loop"
	case is[*plugin.LimitError](err), is[*component.LimitError](err):
		return "limit"
	}
	return pluginKind(err)
}

func pluginKind(err error) string {
	switch {
	case is[*plugin.GuestError](err), is[*plugin.ExitError](err):
		return "plugin"
	case is[*plugin.TrapError](err):
		return "trap"
	case is[*component.DecodeError](err), is[*component.ValidationError](err), is[*component.UnsupportedError](err),
		is[*component.LinkError](err), is[*component.BindError](err), is[*icpsync.InterfaceError](err), is[*notCommandError](err):
		return "component"
	case is[*deploy.CommandError](err):
		return "script"
	case is[*worker.DeathError](err), is[*worker.ProtocolError](err):
		return "worker"
	}
	return networkKind(err)
}

func networkKind(err error) string {
	switch {
	case is[*identity.LoadError](err), is[*identity.NotFoundError](err), is[*identity.UnsupportedError](err):
		return "identity"
	case is[*agent.RejectError](err), is[*agent.ProxyError](err), is[*deploy.NotRunningError](err):
		return "canister"
	case is[*agent.PendingError](err):
		return "pending"
	case is[*agent.HTTPError](err), is[*agent.ClockError](err), is[*fetch.StatusError](err), is[*fetch.RequestError](err),
		is[*deploy.NotReadyError](err):
		return "network"
	case errors.Is(err, context.Canceled), errors.Is(err, errSignal):
		return "interrupted"
	}
	return "other"
}

package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// verify is cert.Verify with what this agent believes.
func (a *Agent) verify(raw []byte, scope cert.Scope) (*cert.Certificate, error) {
	return cert.Verify(raw, cert.Options{
		RootKey: a.root.DER(), Scope: scope, Now: a.now(), Cache: &a.shared.certs,
	})
}

// ReadState asks the subnet of the canister for the given paths of its state and returns the verified answer.
// Errors: *cert.CertificateError, *[HTTPError], *[ClockError], [ErrProtocol].
func (a *Agent) ReadState(ctx context.Context, canister principal.Principal, paths ...cert.Path) (*cert.Certificate, error) {
	return a.readState(ctx, "canister/"+canister.String(), cert.CanisterScope(canister), paths)
}

// ReadSubnetState is [Agent.ReadState] for the state of a subnet.
func (a *Agent) ReadSubnetState(ctx context.Context, subnet principal.Principal, paths ...cert.Path) (*cert.Certificate, error) {
	return a.readState(ctx, "subnet/"+subnet.String(), cert.SubnetScope(subnet), paths)
}

func (a *Agent) readState(ctx context.Context, target string, scope cert.Scope, paths []cert.Path) (*cert.Certificate, error) {
	req, err := a.signedReadState(paths)
	if err != nil {
		return nil, err
	}
	ans, err := a.postVersioned(ctx, endpointReadState, target, req.body)
	if err != nil {
		return nil, a.clockError(err)
	}
	var u unverifiedState
	if err := decode(ans.body, &u); err != nil {
		return nil, err
	}
	return a.verify(u.Certificate, scope)
}

// readLeaf reads one value of a canister. The error is [ErrAbsent] where the state proves that there is none,
// [ErrDenied] where this sender may not know.
func (a *Agent) readLeaf(ctx context.Context, canister principal.Principal, path cert.Path, what string) ([]byte, error) {
	c, err := a.ReadState(ctx, canister, path)
	if e, ok := errors.AsType[*HTTPError](err); ok && e.Status == http.StatusForbidden {
		return nil, fmt.Errorf("%s of canister %s: %w: %w", what, canister, ErrDenied, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s of canister %s: %w", what, canister, err)
	}
	v, status := c.Lookup(path)
	switch status {
	case cert.Found:
		return v, nil
	case cert.Absent:
		return nil, fmt.Errorf("%s of canister %s: %w", what, canister, ErrAbsent)
	}
	return nil, fmt.Errorf("%s of canister %s: %w: the answer does not show it (%s)", what, canister, ErrProtocol, status)
}

func canisterPath(canister principal.Principal, rest ...string) cert.Path {
	return cert.NewPath(append([]string{"canister", string(canister.Bytes())}, rest...)...)
}

// ModuleHash returns the SHA-256 of the canister's installed module; [ErrAbsent] if none is installed or there is no
// such canister.
func (a *Agent) ModuleHash(ctx context.Context, canister principal.Principal) ([]byte, error) {
	return a.readLeaf(ctx, canister, canisterPath(canister, "module_hash"), "module hash")
}

// Metadata returns the custom section icp:public NAME or icp:private NAME of the canister's module; [ErrAbsent] if it
// has none of that name, [ErrDenied] if it is private and the sender does not control the canister.
func (a *Agent) Metadata(ctx context.Context, canister principal.Principal, name string) ([]byte, error) {
	return a.readLeaf(ctx, canister, canisterPath(canister, "metadata", name), fmt.Sprintf("metadata %q", name))
}

// Controllers returns who controls the canister; [ErrAbsent] if there is no such canister.
func (a *Agent) Controllers(ctx context.Context, canister principal.Principal) ([]principal.Principal, error) {
	leaf, err := a.readLeaf(ctx, canister, canisterPath(canister, "controllers"), "controllers")
	if err != nil {
		return nil, err
	}
	var raw [][]byte
	if err := decode(leaf, &raw); err != nil {
		return nil, fmt.Errorf("controllers of canister %s: %w", canister, err)
	}
	out := make([]principal.Principal, 0, len(raw))
	for _, b := range raw {
		p, err := principal.FromBytes(b)
		if err != nil {
			return nil, fmt.Errorf("controllers of canister %s: %w: %w", canister, ErrProtocol, err)
		}
		out = append(out, p)
	}
	return out, nil
}

package mgmt

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// MetadataReader reads sections of a canister's module; an [agent.Agent] does.
type MetadataReader interface {
	Metadata(ctx context.Context, canister principal.Principal, name string) ([]byte, error)
}

// KeepsMemory reports whether the canister's module goes on with its old main memory after an upgrade, so that one
// must say [PersistKeep]. The module says so in its metadata; the sender must control the canister to see it, and for
// others the answer is false.
func KeepsMemory(ctx context.Context, r MetadataReader, canister principal.Principal) (bool, error) {
	_, err := r.Metadata(ctx, canister, "enhanced-orthogonal-persistence")
	if errors.Is(err, agent.ErrAbsent) || errors.Is(err, agent.ErrDenied) {
		return false, nil
	}
	return err == nil, err
}

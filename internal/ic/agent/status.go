package agent

import (
	"context"
	"fmt"
	"net/http"
)

// Status is what a network says about itself. None of it is verified.
type Status struct {
	RootKey       []byte // DER; empty if the network does not say
	Version       string // of the implementation
	ReplicaHealth string // "healthy", "" if the network does not say
}

// Healthy reports whether the network does not say otherwise.
func (s Status) Healthy() bool { return s.ReplicaHealth == "" || s.ReplicaHealth == "healthy" }

// Status asks the network about itself.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	ans, err := a.send(ctx, outgoing{method: http.MethodGet, path: "api/v2/status"})
	if err != nil {
		return Status{}, fmt.Errorf("status of network: %w", err)
	}
	var w struct {
		RootKey       []byte `cbor:"root_key"`
		Version       string `cbor:"impl_version"`
		ReplicaHealth string `cbor:"replica_health_status"`
	}
	if err := decode(ans.body, &w); err != nil {
		return Status{}, fmt.Errorf("status of network: %w", err)
	}
	return Status{RootKey: w.RootKey, Version: w.Version, ReplicaHealth: w.ReplicaHealth}, nil
}

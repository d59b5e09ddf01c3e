package localnet

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/localnet/ingress"
)

func (n *Network) serveStatus(w http.ResponseWriter) error {
	health := "healthy"
	if problem := n.health.Load(); problem != nil && *problem != "" {
		health = "unhealthy: " + *problem
	}
	return writeCBOR(w, map[string]any{
		"root_key":              n.keys.rootDER,
		"impl_version":          implVersion,
		"replica_health_status": health,
		"certified_height":      uint64(1),
		"cost_schedule":         "free",
		"engine":                n.cfg.Engine.Features().Name,
	})
}

func (n *Network) serveCall(w http.ResponseWriter, r *http.Request, e endpoint, req *ingress.Request) error {
	wait := n.cfg.SyncWait
	if e.version == 2 {
		wait = 0
	}
	// A call that was submitted runs on, whether or not its sender waits.
	out, err := n.call(r.Context(), req, e.id, wait)
	switch {
	case err != nil:
		return err
	case out.rejected != nil:
		m := rejectMap(out.rejected)
		if e.version > 2 {
			m["status"] = "non_replicated_rejection"
		}
		return writeCBOR(w, m)
	case out.accepted:
		w.WriteHeader(http.StatusAccepted)
		return nil
	}
	return writeCBOR(w, map[string]any{"status": "replied", "certificate": out.certificate})
}

func rejectMap(r *reject) map[string]any {
	m := map[string]any{"reject_code": r.Code, "reject_message": r.Message}
	if r.ErrorCode != "" {
		m["error_code"] = r.ErrorCode
	}
	return m
}

func (n *Network) serveQuery(w http.ResponseWriter, r *http.Request, req *ingress.Request) error {
	var resp *response
	var at uint64
	err := n.do(r.Context(), func(ctx context.Context) error {
		resp = n.query(ctx, req)
		at = n.advance()
		return nil
	})
	if err != nil {
		return err
	}
	m := map[string]any{"status": "replied", "reply": map[string]any{"arg": orEmpty(resp.Data)}}
	if resp.Reject != nil {
		m = rejectMap(resp.Reject)
		m["status"] = "rejected"
	}
	sig, err := n.signQuery(m, req.ID, at)
	if err != nil {
		return err
	}
	m["signatures"] = []any{sig}
	return writeCBOR(w, m)
}

func orEmpty(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// signQuery makes the node's signature of the answer to a query.
//
// IC interface specification, "Request: Query call".
func (n *Network) signQuery(answer map[string]any, id [32]byte, at uint64) (map[string]any, error) {
	signed := map[string]any{"timestamp": at, "request_id": id[:]}
	for k, v := range answer {
		signed[k] = v
	}
	hash, err := ingress.HashMap(signed)
	if err != nil {
		return nil, err
	}
	sig := ed25519.Sign(n.keys.nodeKey, append([]byte("\x0Bic-response"), hash[:]...))
	return map[string]any{"timestamp": at, "signature": sig, "identity": n.keys.node.Bytes()}, nil
}

func (n *Network) serveReadState(w http.ResponseWriter, r *http.Request, e endpoint, req *ingress.Request) error {
	var certificate []byte
	err := n.do(r.Context(), func(ctx context.Context) error {
		if err := n.checkPaths(e, req); err != nil {
			return err
		}
		paths := make([]cert.Path, len(req.Paths))
		for i, p := range req.Paths {
			paths[i] = p
		}
		var err error
		certificate, err = n.certify(paths...)
		return err
	})
	if err != nil {
		return err
	}
	return writeCBOR(w, map[string]any{"certificate": certificate})
}

// Tick does now what is due by the clock, runs all messages that wait, and returns
// when none is left. It is for tests that drive Config.Now; otherwise the network
// does the same by itself.
func (n *Network) Tick(ctx context.Context) error {
	for {
		busy := false
		err := n.do(ctx, func(ctx context.Context) error {
			busy = n.queue.len() > 0
			return nil
		})
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("tick: %w", context.Cause(ctx))
		case <-time.After(time.Millisecond):
		}
	}
}

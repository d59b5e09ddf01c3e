package deploy_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
	"github.com/fxamacker/cbor/v2"
)

// served is a network somewhere else, as berth sees it: behind HTTP, with what was
// asked of it.
type served struct {
	*localnet.Network
	url string

	mu       sync.Mutex
	requests []string // "call bnz7o-… register as 2vxsx-…"

	// refuse, if not nil, answers some requests in the network's place. before, if
	// not nil, sees them first, and may make requests itself.
	refuse func(kind, method string) bool
	before func(kind, method string)
}

func serveNetwork(t *testing.T, cfg localnet.Config) *served {
	t.Helper()
	eng, err := engines()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Engine = eng
	n, err := localnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{Network: n}
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		srv.Close()
		if err := n.Close(); err != nil {
			t.Errorf("close network: %v", err)
		}
	})
	s.url = srv.URL
	return s
}

func (s *served) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if s.note(body) {
		http.Error(w, "not now", http.StatusBadGateway)
		return
	}
	s.Handler().ServeHTTP(w, r)
}

// note remembers a request and reports whether to refuse it.
func (s *served) note(body []byte) bool {
	var envelope struct {
		Content struct {
			Type     string `cbor:"request_type"`
			Canister []byte `cbor:"canister_id"`
			Method   string `cbor:"method_name"`
			Sender   []byte `cbor:"sender"`
		} `cbor:"content"`
	}
	if cbor.Unmarshal(body, &envelope) != nil || envelope.Content.Method == "" {
		return false
	}
	c := envelope.Content
	if s.before != nil {
		s.before(c.Type, c.Method)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, fmt.Sprintf("%s %s %s as %s", c.Type, id(c.Canister), c.Method, id(c.Sender)))
	return s.refuse != nil && s.refuse(c.Type, c.Method)
}

func id(b []byte) string {
	p, err := principal.FromBytes(b)
	if err != nil {
		return err.Error()
	}
	return p.String()
}

// asked returns the requests that have a text in them, and forgets all.
func (s *served) asked(text string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.DeleteFunc(s.requests, func(r string) bool { return !strings.Contains(r, text) })
	s.requests = nil
	return out
}

// agent returns an agent of the anonymous identity.
func (s *served) agent(t *testing.T) *agent.Agent {
	t.Helper()
	key, err := agent.NewRootKey(s.RootKey(), agent.Local)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{URL: s.url, RootKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// create makes a canister with that module and those controllers, the anonymous
// identity if there are none.
func (s *served) create(t *testing.T, wasm string, controllers ...principal.Principal) principal.Principal {
	t.Helper()
	m := mgmt.New(s.agent(t))
	canister, err := m.ProvisionalCreate(t.Context(), mgmt.CreateRequest{EffectiveCanister: s.EffectiveCanisterID()})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(wasm)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Install(t.Context(), mgmt.InstallRequest{Canister: canister, Mode: mgmt.ModeInstall, Wasm: b}); err != nil {
		t.Fatal(err)
	}
	if len(controllers) > 0 {
		if err := m.UpdateSettings(t.Context(), canister, mgmt.Settings{Controllers: &controllers}); err != nil {
			t.Fatal(err)
		}
	}
	return canister
}

// connected is the part of a manifest for an environment "far" on the network.
func (s *served) connected() string {
	return `
networks:
  - {name: far, mode: connected, url: "` + s.url + `", root-key: ` + hex.EncodeToString(s.RootKey()) + `}
environments:
  - {name: far, network: far}
`
}

// project lays a project with canister "c", which exists on the network already.
func (s *served) project(t *testing.T, steps string, files string) (*project.Project, principal.Principal) {
	t.Helper()
	p := lay(t, strings.TrimSuffix(one(steps), "\n")+s.connected()+files)
	canister := s.create(t, seeding(t))
	if err := deploy.ConnectedIDs(p.Dir, "far").Set("c", canister); err != nil {
		t.Fatal(err)
	}
	return p, canister
}

func anonymous() string { return identity.Anonymous().Principal().String() }

func showRequest(canister principal.Principal) agent.QueryRequest {
	return agent.QueryRequest{Canister: canister, Method: "show", Arg: []byte("DIDL\x00\x00")}
}

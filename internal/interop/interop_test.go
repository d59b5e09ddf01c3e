package interop_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine/enginetest/testengine"
	"github.com/berth-cli/berth/guests"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

// newNetwork makes a network in memory.
func newNetwork(t *testing.T) *localnet.Network {
	t.Helper()
	eng, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	n, err := localnet.Open(t.Context(), localnet.Config{Engine: eng, Seed: []byte("interop"), HeartbeatInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// serve serves a network on a loopback address until the test ends.
func serve(t *testing.T, n *localnet.Network) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

func newKey(t *testing.T, a identity.Algorithm, seed byte) *identity.Key {
	t.Helper()
	k, err := identity.New(a, [identity.SecretSize]byte(seedOf(seed)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seedOf(b byte) []byte { return bytes.Repeat([]byte{b}, identity.SecretSize) }

// scene is the network that the script meets, and what it should see there.
type scene struct {
	net             *localnet.Network
	owner, uploader principal.Principal
	seeding         []byte // the module
	results         map[string]result
}

func play(t *testing.T) scene {
	t.Helper()
	findNode(t)
	seeding, err := os.ReadFile(filepath.Join("..", "..", "examples", "seed-data", "seeding.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	s := scene{
		net: newNetwork(t), seeding: seeding,
		owner:    newKey(t, identity.Ed25519, 'o').Principal(),
		uploader: newKey(t, identity.Secp256k1, 'u').Principal(),
	}
	if _, err := s.net.InstallProxy(t.Context(), guests.ProxyCanister(), []principal.Principal{s.owner}); err != nil {
		t.Fatal(err)
	}
	s.results = runScript(t, "agent.mjs", map[string]any{
		"url": serve(t, s.net), "subnet": s.net.SubnetID().String(), "anyCanister": s.net.EffectiveCanisterID().String(),
		"proxy": s.net.ProxyID().String(), "seeding": seeding,
		"ownerSeed": hex.EncodeToString(seedOf('o')), "uploaderSeed": hex.EncodeToString(seedOf('u')),
	})
	return s
}

func TestJavaScriptAgent(t *testing.T) {
	s := play(t)
	seen := make(map[string]bool)
	for _, group := range [][]step{
		s.creation(), s.callsAndQueries(), s.certifiedState(), s.rejections(),
		s.changes(), s.proxyCalls(), falseNetworks(), s.end(),
	} {
		for _, want := range group {
			seen[want.name] = true
			t.Run(strings.ReplaceAll(want.name, " ", "_"), func(t *testing.T) { want.check(t, s.results) })
		}
	}
	for name, r := range s.results {
		if !seen[name] {
			t.Errorf("nothing is expected of step %q, which gave %s, %v", name, r.Value, r.Error)
		}
	}
}

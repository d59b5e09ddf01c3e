package agent_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
)

// The example of "Request ids" in the specification.
func TestRequestIDOfTheSpecification(t *testing.T) {
	const want = "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101"
	m := agent.Map(
		"request_type", "call",
		"sender", []byte{4},
		"ingress_expiry", uint64(1685570400000000000),
		"canister_id", []byte{0, 0, 0, 0, 0, 0, 4, 0xd2},
		"method_name", "hello",
		"arg", []byte("DIDL\x00\xFD*"),
	)
	got := agent.Hash(m)
	if hex.EncodeToString(got[:]) != want {
		t.Errorf("Hash = %x, want %s", got, want)
	}
	if id := agent.RequestID(got); id.String() != want {
		t.Errorf("String() = %s, want %s", id, want)
	}
}

func TestHashOfNestedValues(t *testing.T) {
	sha := func(parts ...[]byte) []byte {
		h := sha256.New()
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	text := func(s string) []byte { return sha([]byte(s)) }
	tests := []struct {
		name  string
		value any
		want  []byte // hash of the value
	}{
		{"map is hashed once", agent.Map("arg", []byte("DIDL")), sha(text("arg"), text("DIDL"))},
		{"empty map", agent.Map(), sha()},
		{"empty array", []any{}, sha()},
		{"array", []any{"a", []byte("b")}, sha(text("a"), text("b"))},
		{"array of arrays", []any{[]any{"a"}, []any{}}, sha(sha(text("a")), sha())},
		{"nat 0", uint64(0), sha([]byte{0})},
		{"nat above 2^63", uint64(math.MaxUint64), sha([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})},
	}
	for _, tt := range tests {
		got := agent.Hash(agent.Map("reply", tt.value))
		want := sha(text("reply"), tt.want)
		if hex.EncodeToString(got[:]) != hex.EncodeToString(want) {
			t.Errorf("%s: Hash = %x, want %x", tt.name, got, want)
		}
	}
}

func TestHashIgnoresOrderOfFields(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	pairs := [][2]any{{"a", "1"}, {"b", []byte("2")}, {"c", uint64(3)}, {"d", []any{}}, {"e", agent.Map("x", "y")}}
	flat := func() (out []any) {
		for _, p := range pairs {
			out = append(out, p[0], p[1])
		}
		return out
	}
	want := agent.Hash(agent.Map(flat()...))
	for range 50 {
		rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		if got := agent.Hash(agent.Map(flat()...)); got != want {
			t.Fatalf("Hash depends on the order %v", pairs)
		}
	}
	if got := agent.Hash(agent.Map(flat()[:8]...)); got == want {
		t.Errorf("Hash does not notice a missing field")
	}
}

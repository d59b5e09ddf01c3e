package ingress_test

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet/ingress"
	"github.com/fxamacker/cbor/v2"
)

type content = map[string]any

func encode(t testing.TB, v any) []byte {
	t.Helper()
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func now() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func anonymousCall() content {
	return content{
		"request_type": "call", "sender": []byte{4}, "canister_id": []byte{0, 0, 0, 0, 0, 0, 4, 0xd2},
		"method_name": "hello", "arg": []byte("DIDL\x00\xFD*"), "ingress_expiry": uint64(1685570400000000000),
	}
}

// IC interface specification, "Request ids", the example.
func TestRequestID(t *testing.T) {
	const want = "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101"
	r, err := ingress.Decode(encode(t, cbor.Tag{Number: 55799, Content: content{"content": anonymousCall()}}))
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(r.ID[:]); got != want {
		t.Errorf("request id = %s, want %s", got, want)
	}
}

func TestHashMap(t *testing.T) {
	tests := []struct {
		name string
		a, b content // hash the same
	}{
		{"big numbers", content{"n": uint64(1 << 63)}, content{"n": new(big.Int).Lsh(big.NewInt(1), 63)}},
		{"zero", content{"n": uint64(0)}, content{"n": big.NewInt(0)}},
		{"text and blob", content{"n": "abc"}, content{"n": []byte("abc")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, errA := ingress.HashMap(tt.a)
			b, errB := ingress.HashMap(tt.b)
			if errA != nil || errB != nil || a != b {
				t.Errorf("%x (%v) and %x (%v)", a, errA, b, errB)
			}
		})
	}
	for _, v := range []any{big.NewInt(-1), 1.5, nil, []any{true}} {
		if h, err := ingress.HashMap(content{"n": v}); err == nil {
			t.Errorf("HashMap of %v = %x", v, h)
		}
	}
}

type refusal struct {
	name string
	body any
	says string
}

func with(key string, v any) content {
	c := anonymousCall()
	c[key] = v
	return content{"content": c}
}

func without(key string) content {
	c := anonymousCall()
	delete(c, key)
	return content{"content": c}
}

func contentRefusals() []refusal {
	paths := func(n, labels int) content {
		var list []any
		for range n {
			p := make([]any, labels)
			for i := range p {
				p[i] = []byte("x")
			}
			list = append(list, p)
		}
		return content{"content": content{"request_type": "read_state", "sender": []byte{4}, "ingress_expiry": uint64(1), "paths": list}}
	}
	return []refusal{
		{"not a map", []any{1}, "not a CBOR map"},
		{"no content", content{}, `"content" is missing`},
		{"unknown field of the envelope", content{"content": anonymousCall(), "extra": 1}, `unknown field "extra"`},
		{"no request_type", without("request_type"), `"request_type" is missing`},
		{"unknown request_type", with("request_type", "delete"), `"delete"`},
		{"no sender", without("sender"), `"sender" is missing`},
		{"no expiry", without("ingress_expiry"), `"ingress_expiry" is missing`},
		{"no method", without("method_name"), `"method_name" is missing`},
		{"no argument", without("arg"), `"arg" is missing`},
		{"no canister", without("canister_id"), `"canister_id" is missing`},
		{"text for a blob", with("arg", "text"), `"arg" is a text, not a blob`},
		{"sender of 30 bytes", with("sender", make([]byte, 30)), "29"},
		{"nonce of 33 bytes", with("nonce", make([]byte, 33)), "at most 32"},
		{"expiry beyond 64 bits", with("ingress_expiry", new(big.Int).Lsh(big.NewInt(1), 64)), "beyond 64 bits"},
		{"negative expiry", with("ingress_expiry", -1), "ingress_expiry"},
		{"unknown field of the content", with("extra", []byte{1}), `unknown field "extra"`},
		{"sender_info", with("sender_info", content{}), "sender_info is not supported"},
		{"1001 paths", paths(1001, 1), "at most 1000"},
		{"128 labels", paths(1, 128), "at most 127"},
	}
}

func delegationRefusals() []refusal {
	delegations := func(n int, d content) content {
		c := with("nonce", []byte("n"))
		var list []any
		for range n {
			list = append(list, content{"delegation": d, "signature": []byte("s")})
		}
		c["sender_delegation"] = list
		return c
	}
	targets := make([]any, 1001)
	for i := range targets {
		targets[i] = []byte{1}
	}
	key, end := []byte("k"), uint64(1)
	return []refusal{
		{"21 delegations", delegations(21, content{"pubkey": key, "expiration": end}), "at most 20"},
		{"delegation without a key", delegations(1, content{"expiration": end}), `"pubkey" is missing`},
		{"delegation without an end", delegations(1, content{"pubkey": key}), `"expiration" is missing`},
		{"1001 targets", delegations(1, content{"pubkey": key, "expiration": end, "targets": targets}), "at most 1000"},
		{"target of 30 bytes", delegations(1, content{"pubkey": key, "expiration": end, "targets": []any{make([]byte, 30)}}), "29"},
		{"unknown permission", delegations(1, content{"pubkey": key, "expiration": end, "permissions": "most"}), `"most"`},
		{"unknown field of a delegation", delegations(1, content{"pubkey": key, "expiration": end, "x": "y"}), `unknown field "x"`},
	}
}

// Rows N05, N06: malformed envelopes and delegations.
func TestDecodeRefuses(t *testing.T) {
	for _, tt := range append(contentRefusals(), delegationRefusals()...) {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ingress.Decode(encode(t, tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Decode: %v, want an error with %q", err, tt.says)
			}
		})
	}
}

func TestDecodeRefusesOtherBytes(t *testing.T) {
	good := encode(t, content{"content": anonymousCall()})
	deep := append(bytes.Repeat([]byte{0x81}, 1000), 0)
	for _, tt := range []struct {
		name  string
		bytes string
	}{
		{"nothing", ""},
		{"text", "hello"},
		{"trailing byte", string(good) + "\x00"},
		{"cut", string(good[:len(good)-1])},
		{"duplicate key", "\xa2\x61a\x01\x61a\x01"},
		{"huge length", "\xa1\x67content\x5b\xff\xff\xff\xff\xff\xff\xff\xff"},
		{"huge list", "\x9b\x00\x00\x00\xff\xff\xff\xff\xff"},
		{"deep", string(deep)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r, err := ingress.Decode([]byte(tt.bytes)); err == nil {
				t.Errorf("Decode = %v", r)
			}
		})
	}
}

func newKey(t testing.TB, a identity.Algorithm, seed byte) *identity.Key {
	t.Helper()
	k, err := identity.New(a, [identity.SecretSize]byte{seed, 1})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t testing.TB, k identity.Identity, domain string, m content) []byte {
	t.Helper()
	h, err := ingress.HashMap(m)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := k.Sign(append([]byte(domain), h[:]...))
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// call is a signed envelope.
func call(t testing.TB, k identity.Identity) content {
	t.Helper()
	c := anonymousCall()
	c["sender"] = k.Principal().Bytes()
	c["ingress_expiry"] = uint64(now().Add(4 * time.Minute).UnixNano())
	return content{"content": c, "sender_pubkey": k.PublicKey(), "sender_sig": sign(t, k, "\x0Aic-request", c)}
}

func authenticate(t testing.TB, env content) error {
	t.Helper()
	r, err := ingress.Decode(encode(t, env))
	if err != nil {
		t.Fatal(err)
	}
	return r.Authenticate(now())
}

// Row N08: who may sign.
func TestSignatureSchemes(t *testing.T) {
	for _, a := range []identity.Algorithm{identity.Ed25519, identity.Secp256k1, identity.P256} {
		t.Run(string(a), func(t *testing.T) {
			env := call(t, newKey(t, a, 7))
			if err := authenticate(t, env); err != nil {
				t.Error(err)
			}
			sig, _ := env["sender_sig"].([]byte)
			for _, bad := range [][]byte{append(bytes.Clone(sig[:63]), sig[63]^1), append([]byte{sig[0] ^ 1}, sig[1:]...), sig[:63], append(bytes.Clone(sig), 0), make([]byte, 64), {}} {
				env["sender_sig"] = bad
				if authenticate(t, env) == nil {
					t.Errorf("signature %x of %x is accepted", bad, sig)
				}
			}
		})
	}
}

func TestHighSIsRefused(t *testing.T) {
	env := call(t, newKey(t, identity.Secp256k1, 7))
	sig, _ := env["sender_sig"].([]byte)
	order, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	s := new(big.Int).Sub(order, new(big.Int).SetBytes(sig[32:]))
	env["sender_sig"] = append(bytes.Clone(sig[:32]), s.FillBytes(make([]byte, 32))...)
	if err := authenticate(t, env); err == nil || !strings.Contains(err.Error(), "high s") {
		t.Errorf("got %v", err)
	}
}

func TestUnsupportedKeys(t *testing.T) {
	tests := []struct{ name, der, says string }{
		{"canister signature", "301d300c060a2b0601040183b8430102030d000a8000000000100000010100", "unsupported signature scheme in the embedded development network: canister signature"},
		{"WebAuthn", "305e300c060a2b0601040183b8430101034e00a5", "unsupported signature scheme in the embedded development network: WebAuthn"},
		{"BLS", "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100", "unsupported public key"},
		{"nothing", "", "unsupported public key"},
		{"point not on the curve", "3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04" + strings.Repeat("01", 64), "P-256 key"},
		{"point not on secp256k1", "3056301006072a8648ce3d020106052b8104000a034200" + "04" + strings.Repeat("01", 64), "secp256k1 key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			der, err := hex.DecodeString(tt.der)
			if err != nil {
				t.Fatal(err)
			}
			env := call(t, newKey(t, identity.Ed25519, 1))
			c, _ := env["content"].(content)
			c["sender"] = principal.SelfAuthenticating(der).Bytes()
			env["sender_pubkey"] = der
			if err := authenticate(t, env); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// Row N05: envelopes that are well-formed and wrong.
func TestAuthenticateRefuses(t *testing.T) {
	k, other := newKey(t, identity.Ed25519, 1), newKey(t, identity.Ed25519, 2)
	at := func(d time.Duration) func(content) {
		return func(env content) {
			c, _ := env["content"].(content)
			c["ingress_expiry"] = uint64(now().Add(d).UnixNano())
			env["sender_sig"] = sign(t, k, "\x0Aic-request", c)
		}
	}
	tests := []struct {
		name   string
		change func(env content)
		says   string // empty: accepted
	}{
		{"good", func(content) {}, ""},
		{"no signature", func(e content) { delete(e, "sender_sig") }, "is missing"},
		{"no key", func(e content) { delete(e, "sender_pubkey") }, "is missing"},
		{"key of someone else", func(e content) { e["sender_pubkey"] = other.PublicKey() }, "belongs to"},
		{"signature of someone else", func(e content) { c, _ := e["content"].(content); e["sender_sig"] = sign(t, other, "\x0Aic-request", c) }, "does not verify"},
		{"other content", func(e content) { c, _ := e["content"].(content); c["arg"] = []byte("changed") }, "does not verify"},
		{"other domain", func(e content) { c, _ := e["content"].(content); e["sender_sig"] = sign(t, k, "\x0Bic-request", c) }, "does not verify"},
		{"anonymous with a key", func(e content) { c, _ := e["content"].(content); c["sender"] = []byte{4} }, "is anonymous, but"},
		{"anonymous with an empty chain", func(e content) {
			c, _ := e["content"].(content)
			c["sender"], e["sender_delegation"] = []byte{4}, []any{}
			delete(e, "sender_pubkey")
			delete(e, "sender_sig")
		}, "is anonymous, but"},
		{"expires now", at(0), "Invalid request expiry: "},
		{"expired", at(-time.Second), "Minimum allowed expiry: 2026-11-20T12:00:00Z"},
		{"expires soon", at(time.Nanosecond), ""},
		{"expires as late as allowed", at(ingress.MaxIngressTTL), ""},
		{"expires too late", at(ingress.MaxIngressTTL + 1), "Specified ingress_expiry not within expected range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := call(t, k)
			tt.change(env)
			err := authenticate(t, env)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// Row N06: delegations.
func TestDelegations(t *testing.T) {
	root, middle, last := newKey(t, identity.Ed25519, 1), newKey(t, identity.P256, 2), newKey(t, identity.Secp256k1, 3)
	later := uint64(now().Add(time.Hour).UnixNano())
	target := []byte{0, 0, 0, 0, 0, 0, 4, 0xd2}
	to := func(from, k identity.Identity, more content) content {
		d := content{"pubkey": k.PublicKey(), "expiration": later}
		for key, v := range more {
			d[key] = v
		}
		return content{"delegation": d, "signature": sign(t, from, "\x1Aic-request-auth-delegation", d)}
	}
	forged := to(last, middle, nil)
	tests := []struct {
		name   string
		chain  []any
		signer identity.Identity
		says   string // empty: accepted
	}{
		{"one link", []any{to(root, last, nil)}, last, ""},
		{"two links", []any{to(root, middle, nil), to(middle, last, nil)}, last, ""},
		{"targets hit", []any{to(root, last, content{"targets": []any{[]byte{1}, target}})}, last, ""},
		{"all permissions", []any{to(root, last, content{"permissions": "all"})}, last, ""},
		{"far end", []any{to(root, last, content{"expiration": new(big.Int).Lsh(big.NewInt(1), 80)})}, last, ""},
		{"signed by the root", []any{to(root, last, nil)}, root, "signature of the request"},
		{"links in the wrong order", []any{to(middle, last, nil), to(root, middle, nil)}, last, "delegation 0: invalid signature"},
		{"link signed by another", []any{forged}, middle, "delegation 0: invalid signature"},
		{"key twice", []any{to(root, middle, nil), to(middle, last, nil), to(last, middle, nil)}, middle, "delegation 2: its key occurs twice"},
		{"to itself", []any{to(root, root, nil)}, root, "delegation 0: its key occurs twice"},
		{"expired", []any{to(root, last, content{"expiration": uint64(now().UnixNano()) - 1})}, last, "delegation 0: expired at 2026"},
		{"targets miss", []any{to(root, last, content{"targets": []any{[]byte{1}}})}, last, "is not one of its targets"},
		{"targets empty", []any{to(root, last, content{"targets": []any{}})}, last, "is not one of its targets"},
		{"queries only", []any{to(root, last, content{"permissions": "queries"})}, last, "calls are forbidden"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := call(t, root)
			c, _ := env["content"].(content)
			env["sender_delegation"] = tt.chain
			env["sender_sig"] = sign(t, tt.signer, "\x0Aic-request", c)
			err := authenticate(t, env)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("got %v, want %q", err, tt.says)
			}
		})
	}
}

// FuzzDecode: any bytes give an error or a request that was decoded from what can
// be encoded, with the id its content has.
func FuzzDecode(f *testing.F) {
	f.Add(encode(f, content{"content": anonymousCall()}))
	f.Add(encode(f, cbor.Tag{Number: 55799, Content: content{"content": anonymousCall()}}))
	k := newKey(f, identity.Ed25519, 1)
	f.Add(encode(f, call(f, k)))
	f.Add(encode(f, content{"content": content{"request_type": "read_state", "sender": []byte{4}, "ingress_expiry": uint64(1), "paths": []any{[]any{[]byte("time")}}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ingress.Decode(b)
		if err != nil {
			return
		}
		again, err := ingress.Decode(b)
		if err != nil || again.ID != r.ID {
			t.Fatalf("decoded twice: %x and %x, %v", r.ID, again.ID, err)
		}
		if len(r.Nonce) > 32 || len(r.Paths) > 1000 {
			t.Fatalf("limits do not hold: nonce of %d bytes, %d paths", len(r.Nonce), len(r.Paths))
		}
		_ = r.Authenticate(now())
	})
}

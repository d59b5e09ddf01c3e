package agent_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
)

// item checks one CBOR item of an envelope by hand and returns what follows it: definite lengths, shortest heads, no
// tags, floats or null, and maps whose keys are distinct texts in the order of their bytes.
func item(b []byte) (rest []byte, err error) {
	major, n, rest, err := head(b)
	if err != nil {
		return nil, err
	}
	switch major {
	case 0:
		return rest, nil
	case 2, 3:
		if n > uint64(len(rest)) {
			return nil, fmt.Errorf("%d bytes announced, %d there", n, len(rest))
		}
		if major == 3 && !utf8.Valid(rest[:n]) {
			return nil, fmt.Errorf("text %q", rest[:n])
		}
		return rest[n:], nil
	case 4:
		for range n {
			if rest, err = item(rest); err != nil {
				return nil, err
			}
		}
		return rest, nil
	case 5:
		return mapItem(n, rest)
	}
	return nil, fmt.Errorf("major type %d", major)
}

func mapItem(n uint64, b []byte) ([]byte, error) {
	var last string
	for i := range n {
		if len(b) == 0 || b[0]>>5 != 3 {
			return nil, fmt.Errorf("key %d is no text", i)
		}
		rest, err := item(b)
		if err != nil {
			return nil, err
		}
		key := string(b[:len(b)-len(rest)])
		if i > 0 && key <= last {
			return nil, fmt.Errorf("key %q after %q", key, last)
		}
		last = key
		if b, err = item(rest); err != nil {
			return nil, fmt.Errorf("%s: %w", key[1:], err)
		}
	}
	return b, nil
}

func head(b []byte) (major byte, n uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, 0, nil, fmt.Errorf("unexpected end")
	}
	info := b[0] & 31
	if info < 24 {
		return b[0] >> 5, uint64(info), b[1:], nil
	}
	if info > 27 || len(b) < 1+1<<(info-24) {
		return 0, 0, nil, fmt.Errorf("head %#x", b[0])
	}
	size := 1 << (info - 24)
	n = binary.BigEndian.Uint64(append(make([]byte, 8-size), b[1:1+size]...))
	least := map[byte]uint64{24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}[info]
	if n < least {
		return 0, 0, nil, fmt.Errorf("%d in %d bytes", n, size)
	}
	return b[0] >> 5, n, b[1+size:], nil
}

func TestEnvelopesArePlainCBOR(t *testing.T) {
	for _, id := range []identity.Identity{nil, key(t, identity.Ed25519), key(t, identity.Secp256k1), key(t, identity.P256)} {
		f := newFake(t)
		a := f.agent(agent.Config{Identity: id})
		r := aCall()
		r.Arg = make([]byte, 70_000)
		if _, err := a.Call(t.Context(), r); err != nil {
			t.Fatalf("Call: %v", err)
		}
		if _, err := a.Query(t.Context(), agent.QueryRequest{Canister: target(), Method: "ä"}); err != nil {
			t.Fatalf("Query: %v", err)
		}
		if _, err := a.ReadState(t.Context(), target(), cert.NewPath("time"), cert.NewPath("\xff", "")); err != nil {
			t.Fatalf("ReadState: %v", err)
		}
		for _, r := range f.log() {
			body, tagged := strings.CutPrefix(string(r.raw), "\xd9\xd9\xf7")
			rest, err := item([]byte(body))
			if !tagged || err != nil || len(rest) != 0 || body[0]>>5 != 5 {
				t.Errorf("%v of %v: tag %t, %v, %d bytes left: %.60x", r.content["request_type"], id, tagged, err, len(rest), r.raw)
			}
		}
	}
}

// Verification has no switch: no option of the agent or of certificates is a yes or no.
func TestVerificationHasNoSwitch(t *testing.T) {
	for _, options := range []any{agent.Config{}, agent.CallRequest{}, agent.QueryRequest{}, cert.Options{}} {
		v := reflect.TypeOf(options)
		for i := range v.NumField() {
			if f := v.Field(i); f.Type.Kind() == reflect.Bool {
				t.Errorf("%v has the switch %s", v, f.Name)
			}
		}
	}
}

// Nothing that holds an identity shows its secret when it is printed, nor does an error of a call that it signed.
func TestPrintingShowsNoSecret(t *testing.T) {
	secret := strings.Repeat("\x21", 32) // of key
	for _, a := range []identity.Algorithm{identity.Ed25519, identity.Secp256k1, identity.P256} {
		f := newFake(t)
		f.onCall = func(request) answer { return answer{status: 400, text: "Invalid request expiry: no"} }
		f.onQuery = func(request) answer { return answer{status: 200, body: map[string]any{"status": "replied"}} }
		cfg := agent.Config{Identity: key(t, a), Now: time.Now}
		ag := f.agent(cfg)
		_, callErr := ag.Call(t.Context(), aCall())
		_, queryErr := ag.Query(t.Context(), aQuery())
		who := agent.SignerRequest{Identity: cfg.Identity, Name: "alice", Explicit: true}
		signer, err := (agent.TrustPolicy{}).Signer(agent.MainnetRootKey(), who)
		if err != nil || callErr == nil || queryErr == nil {
			t.Fatalf("Signer: %v, Call: %v, Query: %v", err, callErr, queryErr)
		}
		for _, v := range []any{cfg, &cfg, ag, *ag, who, signer, callErr, queryErr, agent.ThroughProxy{Agent: ag}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
				text := fmt.Sprintf(verb, v)
				for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), "33 33 33 33", "33, 33, 33", "0x21, 0x21"} {
					if strings.Contains(text, form) {
						t.Errorf("%T of %s shows the secret with %s", v, a, verb)
					}
				}
			}
		}
	}
}

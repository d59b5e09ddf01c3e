package agent_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
)

func TestDecodeRefuses(t *testing.T) {
	const status = "66737461747573" + "6178" // status: "x"
	tests := []struct{ name, in, text string }{
		{"nothing", "", "EOF"},
		{"duplicate key", "a2" + status + status, "duplicate"},
		{"trailing byte", "a1" + status + "00", "extraneous"},
		{"indefinite map", "bf" + status + "ff", "indefinite"},
		{"nested 10 000 deep", "a16178" + strings.Repeat("81", 10_000) + "00", "nested"},
		{"array claimed 2^32 long", "a161789affffffff", "exceeded"},
		{"float for a number", "a16b72656a6563745f636f6465fb3ff0000000000000", "cannot unmarshal"},
		{"negative number", "a16b72656a6563745f636f646520", "cannot unmarshal"},
		{"number over 64 bits", "a16b72656a6563745f636f6465c249010000000000000000", "cannot unmarshal"},
		{"invalid UTF-8", "a16673746174757361ff", "UTF-8"},
	}
	for _, tt := range tests {
		_, _, err := agent.DecodeQuery(mustHex(t, tt.in))
		if !errors.Is(err, agent.ErrProtocol) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, want ErrProtocol with %q", tt.name, err, tt.text)
		}
	}
}

func TestDecodeNumbers(t *testing.T) {
	const code, sigs, stamp = "6b72656a6563745f636f6465", "6a7369676e617475726573", "6974696d657374616d70"
	tests := []struct {
		name, in        string
		timestamp, code uint64
	}{
		{"above 2^63", "a2" + code + "1bffffffffffffffff" + sigs + "81a1" + stamp + "1b8000000000000001", 1<<63 + 1, 1<<64 - 1},
		{"bignums", "a2" + code + "c24105" + sigs + "81a1" + stamp + "c248ffffffffffffffff", 1<<64 - 1, 5},
		{"with tag", "d9d9f7a1" + code + "05", 0, 5},
		{"null", "a1" + code + "f6", 0, 0},
	}
	for _, tt := range tests {
		timestamp, code, err := agent.DecodeQuery(mustHex(t, tt.in))
		if err != nil || timestamp != tt.timestamp || code != tt.code {
			t.Errorf("%s: %d, %d, %v; want %d, %d", tt.name, timestamp, code, err, tt.timestamp, tt.code)
		}
	}
}

// FuzzAnswers feeds any bytes to every kind of request: none may be believed, as none is signed.
func FuzzAnswers(f *testing.F) {
	f.Add(mustHex(f, "d9d9f7a2667374617475736772657 06c6965646b63657274696669636174654100"))
	f.Add(mustHex(f, "a1667374617475736772657 06c696564"))
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, in []byte) {
		n := newFake(t)
		raw := func(request) answer { return answer{status: 200, text: string(in)} }
		n.onCall, n.onQuery, n.onReadState = raw, raw, raw
		a := n.agent(agent.Config{PollTimeout: 1})
		if len(in) > 0 {
			if reply, err := a.Call(t.Context(), aCall()); err == nil {
				t.Errorf("Call believes %x: %q", in, reply)
			}
		}
		if reply, err := a.Query(t.Context(), aQuery()); err == nil {
			t.Errorf("Query believes %x: %q", in, reply)
		}
		if _, err := a.ReadState(t.Context(), target()); err == nil {
			t.Errorf("ReadState believes %x", in)
		}
	})
}

func mustHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b)
}

package interop_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
)

// TestSubnetSignatures checks that signatures made with one implementation of
// BLS12-381 are valid by the other, for many keys and messages.
func TestSubnetSignatures(t *testing.T) {
	const count = 20
	type signed struct {
		Key       string `json:"key"`
		Message   string `json:"message"`
		Signature string `json:"signature"`
	}
	var list []signed
	var messages [][]byte
	for i := range count {
		digest := sha256.Sum256([]byte{byte(i)})
		message, s := digest[:i], certtest.NewSigner(int64(i)+1)
		messages = append(messages, message)
		list = append(list, signed{hex.EncodeToString(s.DER()), hex.EncodeToString(message), hex.EncodeToString(s.Sign(message))})
	}
	results := runScript(t, "bls.mjs", map[string]any{"signed": list})
	for i, message := range messages {
		step{name: fmt.Sprintf("ours %d", i), want: `{"valid": true, "otherMessage": false}`}.check(t, results)
		checkTheirs(t, results[fmt.Sprintf("theirs %d", i)], message)
	}
}

func checkTheirs(t *testing.T, r result, message []byte) {
	t.Helper()
	var theirs struct{ Key, Signature string }
	if r.Error != nil || json.Unmarshal(r.Value, &theirs) != nil {
		t.Fatalf("the script: %v, %s", r.Error, r.Value)
	}
	point, err := hex.DecodeString(theirs.Key)
	if err != nil || len(point) != 96 {
		t.Fatalf("key %q: %v", theirs.Key, err)
	}
	signature, err := hex.DecodeString(theirs.Signature)
	if err != nil {
		t.Fatal(err)
	}
	key, err := cert.ParsePublicKey(cert.EncodePublicKey([96]byte(point)))
	if err != nil {
		t.Fatalf("ParsePublicKey(%x): %v", point, err)
	}
	if err := key.Verify(message, signature); err != nil {
		t.Errorf("Verify(%x, %x) with %x: %v", message, signature, point, err)
	}
	if key.Verify(append(message[:len(message):len(message)], 0), signature) == nil {
		t.Errorf("the signature of %x is valid for another message", message)
	}
}

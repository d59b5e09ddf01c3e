package diff

import (
	"encoding/binary"
	"testing"

	"github.com/berth-cli/berth/engine"
)

// Disagreement runs a program on two engines and returns the first line in which
// what happened differs, as both say it, or an empty string. An engine that cannot
// run the program ends the test.
func Disagreement(t testing.TB, got, want engine.Engine, p *Program) string {
	t.Helper()
	g, err := Observe(t.Context(), got, p)
	if err != nil {
		t.Fatalf("the engine under test: %v\n%x", err, p.Wasm)
	}
	w, err := Observe(t.Context(), want, p)
	if err != nil {
		t.Fatalf("the engine it is compared with: %v\n%x", err, p.Wasm)
	}
	return First(g, w)
}

// maxTwist bounds the twists a fuzzer may try, in bytes.
const maxTwist = 4096 - 8

// Fuzz calls check with seeds that a fuzzer finds, and with a few it begins with.
func Fuzz(f *testing.F, check func(*testing.T, Seed)) {
	for number := range uint64(16) {
		f.Add(binary.LittleEndian.AppendUint64(nil, number))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 8 || len(data)-8 > maxTwist {
			return
		}
		check(t, Seed{Number: binary.LittleEndian.Uint64(data), Twist: data[8:]})
	})
}

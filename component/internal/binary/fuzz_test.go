package binary_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
)

// seeds is the components in testdata, as hex with spaces and comments.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(files) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var hex strings.Builder
		for line := range strings.Lines(string(b)) {
			line, _, _ = strings.Cut(line, "#")
			hex.WriteString(strings.Join(strings.Fields(line), ""))
		}
		all[filepath.Base(f)] = unhex(t, hex.String())
	}
	return all
}

// TestRoundTrip checks that the tree of a component in its shortest form holds
// all of it.
func TestRoundTrip(t *testing.T) {
	for name, b := range seeds(t) {
		t.Run(name, func(t *testing.T) {
			c, err := binary.Decode(b, binary.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := encode(c)
			if err != nil || !bytes.Equal(got, b) {
				t.Errorf("encode(Decode(b)) = %x, %v\nwant %x", got, err, b)
			}
		})
	}
}

// FuzzDecode checks that what is accepted says the same once it is written in its
// shortest form.
func FuzzDecode(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := binary.Decode(b, binary.Limits{MaxEntries: 10_000})
		if err != nil {
			if _, ok := errors.AsType[*binary.DecodeError](err); !ok {
				t.Fatalf("Decode = %v, want a *DecodeError", err)
			}
			return
		}
		short, err := encode(c)
		if err != nil {
			return
		}
		again, err := binary.Decode(short, binary.Limits{})
		if err != nil {
			t.Fatalf("Decode(%x) = %v\nthe shortest form of %x", short, err, b)
		}
		if got, err := encode(again); err != nil || !bytes.Equal(got, short) {
			t.Fatalf("round trip = %x, %v\nwant %x", got, err, short)
		}
	})
}

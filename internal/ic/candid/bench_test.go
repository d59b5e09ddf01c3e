package candid_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// A chunk of wasm on its way to the network.
func BenchmarkMarshalMegabyte(b *testing.B) {
	args := proxyArgs{Method: "upload_chunk", Args: bytes.Repeat([]byte{1}, 1<<20)}
	b.SetBytes(1 << 20)
	for b.Loop() {
		if _, err := candid.Marshal(args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalMegabyte(b *testing.B) {
	msg, err := candid.Marshal(proxyArgs{Args: bytes.Repeat([]byte{1}, 1<<20)})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	for b.Loop() {
		var args proxyArgs
		if err := candid.Unmarshal(msg, &args); err != nil {
			b.Fatal(err)
		}
	}
}

// The most a message may cost at the default quota.
func BenchmarkDecodeAtTheQuota(b *testing.B) {
	types, err := parseTypes("", "(vec opt nat)")
	if err != nil {
		b.Fatal(err)
	}
	msg := []byte("DIDL\x01\x6d\x7f\x01\x00\xfe\x88\x7a") // 1,999,998 nulls
	for b.Loop() {
		if _, err := candid.Decode(msg, types, candid.Quota{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	values, err := candid.ParseArgs("(vec {" + strings.Repeat(`record { a = 1; b = "x"; c = opt vec { 1 } };`, 1000) + "})")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		candid.Format(values)
	}
}

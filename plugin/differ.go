package plugin

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

const (
	sampleBytes = 256 // of an argument that are kept
	samples     = 4   // arguments that are kept beside the first
)

// arguments are those of calls with one reply: the first and the last ones, cut to
// sampleBytes, and what all of them have in common.
type arguments struct {
	begun          bool   // there is a first
	digest         uint64 // of the first, whole
	first          []byte
	last           [][]byte // a ring, the oldest at next
	next           int
	prefix, suffix int // bytes that all have in common
	least, most    int // bytes they have
	differ         bool
	unknown        bool // the world does not give their bytes
}

// add takes the argument of another call. A nil one is unknown.
func (a *arguments) add(digest uint64, arg []byte) {
	whole := len(arg)
	kept := arg[:min(whole, sampleBytes)]
	if !a.begun {
		*a = arguments{
			begun: true, digest: digest, first: bytes.Clone(kept), prefix: len(kept), suffix: len(kept),
			least: whole, most: whole, unknown: arg == nil,
		}
		return
	}
	a.differ = a.differ || digest != a.digest
	a.prefix = min(a.prefix, commonPrefix(a.first, kept))
	a.suffix = min(a.suffix, commonSuffix(a.first, kept))
	a.least, a.most = min(a.least, whole), max(a.most, whole)
	if len(a.last) < samples {
		a.last = append(a.last, bytes.Clone(kept))
		return
	}
	a.last[a.next] = append(a.last[a.next][:0], kept...)
	a.next = (a.next + 1) % samples
}

// kept returns the samples, the first argument and then the last ones in their
// order. They are the caller's.
func (a *arguments) kept() [][]byte {
	out := [][]byte{bytes.Clone(a.first)}
	for i := range a.last {
		out = append(out, bytes.Clone(a.last[(a.next+i)%len(a.last)]))
	}
	return out
}

// String says in what the arguments differ; "" if nobody knows.
func (a *arguments) String() string {
	switch {
	case !a.differ:
		return "arguments were the same"
	case a.unknown:
		return ""
	case a.most > sampleBytes:
		return "arguments differ"
	}
	suffix := min(a.suffix, a.least-a.prefix)
	end := a.most - suffix // of the longest
	where := fmt.Sprintf("in byte %d", a.prefix)
	switch size := a.least - a.prefix - suffix; {
	case a.least != a.most:
		where = fmt.Sprintf("in %d to %d bytes at byte %d", size, end-a.prefix, a.prefix)
	case size > 1:
		where = fmt.Sprintf("in bytes %d-%d", a.prefix, end-1)
	}
	if trend := a.trend(a.prefix, suffix); trend != "" {
		where += ", " + trend
	}
	return "arguments differ only " + where
}

// trend says whether what differs counts up or down, taken for a number as Candid,
// Intel or people write it; "" if it does neither.
func (a *arguments) trend(prefix, suffix int) string {
	var parts [][]byte
	for _, arg := range a.kept() {
		parts = append(parts, arg[prefix:max(len(arg)-suffix, prefix)])
	}
	for _, read := range []func([]byte) (uint64, bool){readLEB, readLittle, readBig} {
		numbers := readAll(read, parts)
		if rises(numbers) {
			return "counting up"
		}
		if slices.Reverse(numbers); rises(numbers) {
			return "counting down"
		}
	}
	return ""
}

// readAll reads all of the numbers, or none.
func readAll(read func([]byte) (uint64, bool), parts [][]byte) []uint64 {
	numbers := make([]uint64, len(parts))
	for i, p := range parts {
		n, ok := read(p)
		if !ok {
			return nil
		}
		numbers[i] = n
	}
	return numbers
}

// rises reports whether numbers rise; fewer than three say nothing.
func rises(numbers []uint64) bool {
	for i := range len(numbers) - 1 {
		if numbers[i] >= numbers[i+1] {
			return false
		}
	}
	return len(numbers) >= 3
}

// readLEB reads a number in LEB128, or the beginning of one.
func readLEB(b []byte) (n uint64, ok bool) {
	for i, c := range b {
		n |= uint64(c&0x7f) << (7 * i)
	}
	return n, len(b) > 0 && len(b) <= 9
}

func readLittle(b []byte) (n uint64, ok bool) {
	var word [8]byte
	copy(word[:], b)
	return binary.LittleEndian.Uint64(word[:]), len(b) > 0 && len(b) <= len(word)
}

func readBig(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n, len(b) > 0 && len(b) <= 8
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[len(a)-1-i] != b[len(b)-1-i] {
			return i
		}
	}
	return n
}

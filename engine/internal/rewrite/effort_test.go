package rewrite_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// effortModule returns a module of n functions with that code and so many locals.
func effortModule(n, locals int, parts ...[]byte) []byte {
	m := w.New()
	m.Memory(w.Limits{Min: 1})
	t := m.Type(w.Func())
	types := make([]engine.ValType, locals)
	for i := range types {
		types[i] = w.I32
	}
	for range n {
		m.Func(t, types, parts...)
	}
	return m.Bytes()
}

func times(n int, part []byte) []byte {
	var out []byte
	for range n {
		out = append(out, part...)
	}
	return out
}

// TestEffort gives the rewriter code that is small and valid, and that takes
// compilers minutes, gigabytes or a stack without end. What is refused stands beside
// what is not, a little smaller.
func TestEffort(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	branch := join(w.LocalGet(0), w.Op(0x04, 0x40, w.End))
	ends := func(n int) []byte { return times(n, w.Op(w.End)) }
	loops := func(n, locals int) []byte {
		used := make([][]byte, locals)
		for i := range used {
			used[i] = join(w.LocalGet(uint32(i)), w.Op(w.Drop))
		}
		return join(times(n, w.Op(0x03, 0x40)), join(used...), ends(n))
	}
	across := func(values, branches int) []byte {
		return join(times(values, w.MemorySize()), w.Op(0x02, 0x40),
			times(branches, join(w.LocalGet(0), w.Op(0x0d, 0))), ends(1), times(values, w.Op(w.Drop)))
	}
	ranges := func(n int, op ...byte) []byte {
		return times(n, join(w.I32Const(0), w.I32Const(0), w.I32Const(0), op))
	}
	indirect := func(n int) []byte {
		m := w.New()
		m.Table(w.Limits{Min: 1})
		m.Func(m.Type(w.Func()), nil, times(n, join(w.I32Const(0), w.Op(0x11, 0, 0))))
		return m.Bytes()
	}
	for _, tt := range []struct {
		name      string
		good, bad []byte
		want      string
	}{
		{"branches", effortModule(1, 1, times(20_000, branch)), effortModule(1, 1, times(50_001, branch)), "blocks and branches, 50000 allowed"},
		{"branches in all", effortModule(1, 1, times(20_000, branch)), effortModule(3, 1, times(20_000, branch)), "too many functions"},
		{"branches by locals", effortModule(1, 900, times(10_000, branch)), effortModule(1, 1_100, times(10_000, branch)), "with 1100 locals"},
		{"fills", effortModule(1, 1, ranges(3_000, 0xfc, 11, 0)), effortModule(1, 1, ranges(4_000, 0xfc, 11, 0)), "too many functions"},
		{"copies", effortModule(1, 1, ranges(6_000, 0xfc, 10, 0, 0)), effortModule(1, 1, ranges(8_000, 0xfc, 10, 0, 0)), "too many functions"},
		{"more fills", effortModule(1, 1, ranges(3_000, 0xfc, 11, 0)), effortModule(1, 1, ranges(5_001, 0xfc, 11, 0)), "50011 blocks and branches, 50000 allowed"},
		{"copies by locals", effortModule(1, 3_000, ranges(600, 0xfc, 10, 0, 0)), effortModule(1, 3_000, ranges(700, 0xfc, 10, 0, 0)), "with 3000 locals"},
		{"indirect calls", indirect(30_000), indirect(50_000), "50001 blocks and branches, 50000 allowed"},
		{"locals in loops", effortModule(1, 1_000, loops(900, 1_000)), effortModule(1, 1_000, loops(1_100, 1_000)), "values live"},
		{"values across branches", effortModule(1, 1, across(900, 1_000)), effortModule(1, 1, across(1_100, 1_000)), "values live"},
		{
			"values taken again", effortModule(1, 1, times(2_000, join(w.MemorySize(), w.Op(w.Drop))), times(2_000, branch)),
			effortModule(1, 1, times(2_000, w.MemorySize()), times(2_000, branch), times(2_000, w.Op(w.Drop))), "values live",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := rewrite.Rewrite(tt.good, rewrite.Options{}); err != nil {
				t.Errorf("Rewrite(smaller) = %v", err)
			}
			_, err := rewrite.Rewrite(tt.bad, rewrite.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Rewrite = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

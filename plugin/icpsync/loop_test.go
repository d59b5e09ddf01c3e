package icpsync_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// pager is the guest that pages until an empty page comes.
const pager = "../../guests/pager/plugin.wasm"

// entryList is an answer of the pager's canister with that many entries of 100 bytes.
func entryList(n int) []byte {
	const types = "DIDL\x03\x6d\x7b\x6c\x03\x9f\x93\xc6\x02\x71\xe7\xc8\xea\xe7\x01\x00\xc0\xe5\xeb\x9b\x05\x71\x6d\x01\x01\x02"
	return append(binary.AppendUvarint([]byte(types), uint64(n)), make([]byte, 100*n)...)
}

// ignoring answers every page with the first.
func ignoring(context.Context, icpsync.CallRequest) ([]byte, error) { return entryList(230), nil }

// paging answers as it is asked, for ten full pages.
func paging() func(context.Context, icpsync.CallRequest) ([]byte, error) {
	pages := 0
	return func(context.Context, icpsync.CallRequest) ([]byte, error) {
		if pages++; pages > 10 {
			return entryList(0), nil
		}
		return append(entryList(100), byte(pages)), nil
	}
}

// slow is a caller that takes a second for each call, by a clock of its own.
type slow struct{ now time.Time }

func (s *slow) Call(context.Context, icpsync.CallRequest) ([]byte, error) {
	s.now = s.now.Add(time.Second)
	return entryList(230), nil
}

func (s *slow) Now() time.Time { return s.now }

// TestLoops runs a plugin that pages against callers that do not.
func TestLoops(t *testing.T) {
	for _, tt := range []struct {
		name        string
		environment string
		answer      func(context.Context, icpsync.CallRequest) ([]byte, error)
		change      func(*icpsync.Request)
		sign        plugin.LoopSign // "": it is not ended
		wants       []string
	}{
		{"paging is ignored", "local", ignoring, nil, plugin.LoopMemory, []string{
			"plugin stopped making progress: `list` was called ", " replies were identical, arguments differ only in ", ", counting up",
			"and its memory grew from 128 KiB to 8.", " MiB meanwhile",
		}},
		{"nothing is kept, and time passes", "forgets", nil, func(r *icpsync.Request) {
			c := &slow{}
			r.Caller, r.Now = c, c.Now
		}, plugin.LoopStall, []string{"`list` was called 901 times, ", "and nothing new came and nothing was printed for 15m0s"}},
		{"nothing is kept, but it speaks", "tells", nil, func(r *icpsync.Request) {
			c := &slow{}
			r.Caller, r.Now, r.Limits.WorldCalls = c, c.Now, 2000
		}, plugin.LoopLimit, []string{"`list` was called 2000 times, "}},
		{"calls that cost nothing", "refused", nil, func(r *icpsync.Request) {
			r.Caller, r.Limits.Compute = &still{left: math.MaxInt}, time.Hour
		}, plugin.LoopFlood, []string{
			"`missing` was called 200001 times, 200001 replies were identical (\"context canceled\"), arguments were the same, and nothing new came in the last 200000 calls, which took ",
		}},
		{"it runs out of memory first", "local", ignoring, func(r *icpsync.Request) { r.Limits.MemoryBytes = 4 << 20 },
			plugin.LoopLimit, []string{"`list` was called ", ": plugin exceeded its memory limit of 4 MiB"}},
		{"a limit ends it first", "local", ignoring, func(r *icpsync.Request) { r.Limits.WorldCalls = 100 },
			plugin.LoopLimit, []string{"`list` was called 100 times", ": plugin exceeded its world-calls limit of 100"}},
		{"allowed", "local", ignoring, func(r *icpsync.Request) {
			r.Loops.Allow, r.Limits.WorldCalls = true, 3000
		}, "", []string{"plugin exceeded its world-calls limit"}},
		{"pages", "honest", paging(), nil, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := withEnvironment(request(project(t), &fakeCaller{answer: tt.answer}), tt.environment)
			if tt.change != nil {
				tt.change(&r)
			}
			var said bytes.Buffer
			r.Stdout, r.Stderr = io.Discard, &said
			_, err := icpsync.Run(t.Context(), load(t, pager), r)
			loop, ok := errors.AsType[*plugin.LoopError](err)
			if ok != (tt.sign != "") || ok && loop.Sign != tt.sign {
				t.Fatalf("Run = %T %v, want the sign %q\n%s", err, err, tt.sign, said.String())
			}
			for _, want := range tt.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v, want it to say %q", err, want)
				}
			}
			if tt.wants == nil && (err != nil || said.String() != "the canister holds 1000 entries\n") {
				t.Errorf("Run = %v, said %q", err, said.String())
			}
		})
	}
}

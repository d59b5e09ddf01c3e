package icpsync_test

import (
	"context"
	"testing"

	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// still answers a number of calls with the same bytes, and then with another's.
type still struct{ left int }

func (s *still) Call(context.Context, icpsync.CallRequest) ([]byte, error) {
	if s.left--; s.left < 0 {
		return nil, nil
	}
	return nil, context.Canceled
}

// BenchmarkCall measures a canister-call that costs nothing: the whole chain, the
// doctor in it.
func BenchmarkCall(b *testing.B) {
	p, dir := load(b, pager), project(b)
	b.ReportAllocs()
	b.ResetTimer()
	r := withEnvironment(request(dir, &still{left: b.N}), "refused")
	r.Loops = plugin.Loops{Allow: true}
	if _, err := icpsync.Run(b.Context(), p, r); err != nil {
		b.Fatal(err)
	}
}

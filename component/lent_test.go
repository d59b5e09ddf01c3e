package component_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/berth-cli/berth/component"
)

// What a host function is lent is what the guest passed, for as long as it runs;
// later calls use the same memory.
func TestLentBytes(t *testing.T) {
	var kept []component.LentBytes
	var seen []component.Value
	l := typedEcho()
	l.Instance(echoHost).Func("bytes", component.Func1(
		func(_ context.Context, v component.LentBytes) (component.LentBytes, error) {
			kept = append(kept, v)
			return v, nil
		}))
	l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
		seen = append(seen, c.Args()...)
		return next(ctx)
	})
	in := world{component: "echo", linker: l}.start(t)
	inputs := [][]byte{bytes.Repeat([]byte("a"), 100), []byte("bb"), {}, bytes.Repeat([]byte("c"), 2<<20), []byte("dd")}
	for _, v := range inputs {
		checkEcho(t, in, "bytes", v)
	}
	if &kept[0][0] != &kept[1][0] || string(kept[0][:3]) != "bba" {
		t.Errorf("the second call has memory of its own")
	}
	if string(kept[3][:2]) == "dd" {
		t.Errorf("2 MiB outlived their call")
	}
	for i, v := range inputs {
		if got, ok := seen[i].([]byte); !ok || !bytes.Equal(got, v) {
			t.Errorf("interceptor kept %.10q of call %d, want %.10q", seen[i], i, v)
		}
	}
}

package component_test

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// The frames of a trap lead to the core modules they are in, and to where in them.
func TestLocate(t *testing.T) {
	c, err := newRuntime(t, component.Limits{}).Compile(t.Context(), readComponent(t, "hostile"))
	if err != nil {
		t.Fatal(err)
	}
	in := world{component: "hostile", linker: hostileLinker(nil)}.start(t)
	_, err = call(t, in, "unreachable")
	trap := wantTrap(t, "unreachable", err, component.TrapCore)
	core := c.CoreModule(trap.Frames[0].Module)
	if sha256.Sum256(core) != trap.Frames[0].Module {
		t.Fatalf("CoreModule of %+v has %d bytes, which are others", trap.Frames[0], len(core))
	}
	// It was compiled by another engine, of the same kind, which makes the same code.
	if err := c.Locate(t.Context(), trap.Frames); err != nil {
		t.Fatal(err)
	}
	const unreachable = 0x00
	at := trap.Frames[0].Offset
	if at <= 8 || at >= int64(len(core)) || core[at] != unreachable {
		t.Errorf("frame %+v is not at an unreachable instruction", trap.Frames[0])
	}
	if got := c.CoreModule([sha256.Size]byte{}); got != nil {
		t.Errorf("CoreModule of no digest has %d bytes", len(got))
	}
	none := []engine.Frame{{Func: "x", Code: 1}, {Module: [sha256.Size]byte{1}, Code: 1 << 33}}
	if err := c.Locate(t.Context(), none); err != nil || none[0].Offset != 0 || none[1].Offset != 0 {
		t.Errorf("Locate of frames of no module: %+v, %v", none, err)
	}
}

// QuickBytes tells the size of what is asked for often without converting it.
func TestQuickBytes(t *testing.T) {
	type size struct {
		n  int
		ok bool
	}
	seen := map[string]size{}
	l := typedEcho()
	l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
		reply, err := next(ctx)
		n, ok := reply.QuickBytes()
		seen[c.Func] = size{n, ok}
		return reply, err
	})
	in := world{component: "echo", linker: l}.start(t)
	checkEcho(t, in, "string", "hello")
	checkEcho(t, in, "bytes", []byte{1, 2})
	checkEcho(t, in, "option", component.Some("x"))
	if _, err := call(t, in, "unit"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]size{"string": {5, true}, "bytes": {2, true}, "option": {0, false}, "unit": {0, true}} {
		if seen[name] != want {
			t.Errorf("QuickBytes of %s = %v, want %v", name, seen[name], want)
		}
	}
	var none *component.Reply
	if n, ok := none.QuickBytes(); n != 0 || !ok {
		t.Errorf("QuickBytes of no reply = %d, %v", n, ok)
	}
	if _, ok := component.NewReply("x").QuickBytes(); ok {
		t.Error("QuickBytes of a made up reply is known")
	}
}

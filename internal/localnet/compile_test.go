package localnet_test

import (
	"context"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

// slowEngine is an engine for whose compiler a module can be too much.
type slowEngine struct {
	engine.Engine
	slow  bool
	began chan struct{}
}

func (e *slowEngine) Compile(ctx context.Context, wasm []byte) (engine.Module, error) {
	if !e.slow {
		return e.Engine.Compile(ctx, wasm)
	}
	close(e.began)
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// Close does not wait for the compiler, and the installation never happened.
func TestCloseEndsCompiling(t *testing.T) {
	dir := t.TempDir()
	eng := &slowEngine{Engine: newEngine(t), began: make(chan struct{})}
	n := open(t, inDir(dir), func(c *localnet.Config) { c.Engine, c.SyncWait = eng, time.Hour })
	c := n.create(t, alice(t))
	before := n.hash(t)
	eng.slow = true
	arg := marshal(t, installArg{Mode: modeArg{Install: &candid.Null{}}, ID: c, Wasm: universalWasm(t)})
	req := n.callContent(alice(t), principal.Management(), "install_code", arg)
	body := encodeCBOR(t, envelope(t, alice(t), req))
	answered := make(chan answer, 1)
	go func() { answered <- n.post(t, "/api/v4/canister/"+c.String()+"/call", body) }()
	<-eng.began
	n.Close()
	if a := <-answered; a.status == 200 {
		t.Errorf("the call was answered: %s", a.body)
	}
	eng.slow = false
	m := open(t, inDir(dir), func(c *localnet.Config) { c.Engine = eng })
	if m.hash(t) != before {
		t.Error("the installation left a trace")
	}
}

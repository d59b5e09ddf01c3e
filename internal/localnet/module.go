package localnet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// module is a canister module as uploaded and as run. Canisters with the same
// module share it.
type module struct {
	hash     [32]byte
	uploaded []byte
	prepared *wasmprep.Module
	compiled engine.Module // nil until first run
	saved    bool          // is in the journal
}

// loadModule prepares an uploaded module, or finds it.
func (n *Network) loadModule(uploaded []byte) (*module, *reject) {
	prepared, err := wasmprep.Prepare(uploaded, wasmprep.Options{
		Signature: n.api.signature,
		Memory64:  n.cfg.Engine.Features().Memory64,
	})
	if errors.Is(err, wasmprep.ErrMemory64) {
		return nil, rejectf(canisterError, "IC0505", "Canister's Wasm module is not valid: %v; build berth with -tags wasmtime", err)
	}
	if err != nil {
		return nil, rejectf(canisterError, "IC0505", "Canister's Wasm module is not valid: %v", err)
	}
	if m := n.modules[prepared.Hash]; m != nil {
		return m, nil
	}
	return &module{hash: prepared.Hash, uploaded: uploaded, prepared: prepared}, nil
}

// maxCompileTime bounds the time in which nothing else runs because a module makes
// the engine's compiler slow.
const maxCompileTime = 5 * time.Minute

var errCompileTime = fmt.Errorf("it takes longer than %v", maxCompileTime)

// compile makes the module ready to run, once. Close ends it, and with it the
// message that needs the module.
func (n *Network) compile(ctx context.Context, m *module) error {
	if m.compiled != nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxCompileTime, errCompileTime)
	defer cancel()
	go func() {
		select {
		case <-n.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	compiled, err := n.cfg.Engine.Compile(ctx, m.prepared.Wasm)
	if err != nil && n.stopped() {
		n.interrupted = true
		return ErrClosed
	}
	if err != nil {
		return fmt.Errorf("compile module %x: %w", m.hash[:4], err)
	}
	m.compiled = compiled
	return nil
}

// discardModule frees a module whose installation failed, unless a canister has it.
func (n *Network) discardModule(m *module) {
	if n.modules[m.hash] == nil {
		m.compiled.Close()
	}
}

// sweepModules forgets modules that no canister has.
func (n *Network) sweepModules() {
	used := make(map[[32]byte]bool)
	for _, c := range n.canisters {
		if c.module != nil {
			used[c.module.hash] = true
		}
	}
	for hash, m := range n.modules {
		if used[hash] {
			continue
		}
		if m.compiled != nil {
			m.compiled.Close()
		}
		delete(n.modules, hash)
	}
}

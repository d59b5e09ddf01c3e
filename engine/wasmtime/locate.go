//go:build wasmtime

package wasmtime

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// Locate implements engine.Module. wasmtime tells where a frame is in the rewritten
// module, so that rewriting it once more, to see what went where, is enough.
func (m *module) Locate(ctx context.Context, wasm []byte, frames []engine.Frame) error {
	funcs, err := m.rw.Wanted(wasm, frames)
	if err != nil {
		return fmt.Errorf("locate frames: %w", err)
	}
	if len(funcs) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("locate frames: %w", context.Cause(ctx))
	}
	sites, err := rewrite.Locate(wasm, rewriteOptions(), funcs, false)
	if err != nil {
		return fmt.Errorf("locate frames: %w", err)
	}
	for i, f := range frames {
		if f.Module != m.rw.Digest || f.Code > uint64(len(sites.Wasm)) {
			continue
		}
		if at, ok := sites.Origin(f.Index, int(f.Code)); ok {
			frames[i].Offset = int64(at)
		}
	}
	return nil
}

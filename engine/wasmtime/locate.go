//go:build wasmtime

package wasmtime

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// Locate implements engine.Module. wasmtime tells where a frame is in the rewritten
// module, so that rewriting it once more, to see what went where, is enough.
func (m *module) Locate(ctx context.Context, wasm []byte, frames []engine.Frame) error {
	var funcs []uint32
	for _, f := range frames {
		if f.Module == m.rw.Digest && f.Code != 0 {
			funcs = append(funcs, f.Index)
		}
	}
	if len(funcs) == 0 {
		return nil
	}
	if sha256.Sum256(wasm) != m.rw.Digest {
		return errors.New("locate frames: these are not the bytes of the module")
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

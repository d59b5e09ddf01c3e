package wazero

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/rewrite"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
)

// Locate implements engine.Module. It compiles the functions of the frames once
// more, alone and with debug information, in a runtime of its own: wazero makes the
// same machine code of them, and tells then which instruction each part is of.
func (m *module) Locate(ctx context.Context, wasm []byte, frames []engine.Frame) error {
	funcs, err := m.rw.Wanted(wasm, frames)
	if err != nil {
		return fmt.Errorf("locate frames: %w", err)
	}
	if len(funcs) == 0 {
		return nil
	}
	sites, err := rewrite.Locate(wasm, m.engine.rewriteOptions(), funcs, true)
	if err != nil {
		return fmt.Errorf("locate frames: %w", err)
	}
	asked := slices.Clone(frames)
	offsets, err := await(ctx, func() ([]int64, error) { return m.offsets(ctx, sites, asked) })
	if err != nil {
		return fmt.Errorf("locate frames: %w", err)
	}
	for i, at := range offsets {
		if at > 0 {
			frames[i].Offset = at
		}
	}
	return nil
}

// offsets returns where in the module's bytes each frame is, 0 if it is unknown or
// of another module.
func (m *module) offsets(ctx context.Context, sites *rewrite.Sites, frames []engine.Frame) ([]int64, error) {
	config := wazero.NewRuntimeConfigCompiler().WithCoreFeatures(m.engine.features).WithDebugInfoEnabled(true)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer r.Close(ctx)
	code, err := compileNow(ctx, r, 1, append(sites.Wasm, debugInfo()...))
	if err != nil {
		return nil, err
	}
	all := dig(reflect.ValueOf(code), "compiledEngine", "sortedCompiledModules")
	if all.Kind() != reflect.Slice || all.Len() != 1 {
		return nil, errors.New("wazero has another layout than expected")
	}
	machine, ok := machineCodeOf(all.Index(0))
	if !ok {
		return nil, errors.New("wazero has another layout than expected")
	}
	out := make([]int64, len(frames))
	for i, f := range frames {
		if f.Module == m.rw.Digest {
			out[i] = m.offset(sites, machine, f)
		}
	}
	return out, nil
}

// offset returns where in the module's bytes a frame is. The function must have as
// much machine code as where it ran, else it is other code.
func (m *module) offset(sites *rewrite.Sites, machine machineCode, f engine.Frame) int64 {
	index := int(f.Index) - m.rw.ImportedFuncs
	size, into := f.Code>>32, f.Code&(1<<32-1)
	if index < 0 || index >= machine.offsets.Len() {
		return 0
	}
	begin, end := machine.bounds(index)
	if end-begin != size || into > size {
		return 0
	}
	source, ok := machine.source(begin + into)
	if !ok {
		return 0
	}
	at, _ := sites.Origin(f.Index, sites.CodeStart+source)
	return int64(at)
}

// debugInfo returns the custom sections that make wazero keep which machine code is
// of which instruction: the least of DWARF it takes for a module's.
func debugInfo() []byte {
	section := func(name string, payload ...byte) []byte {
		return wasmbin.AppendSection(nil, wasmbin.SecCustom, wasmbin.AppendBytes(nil, name), payload)
	}
	// One compile unit without children or attributes.
	abbrev := section(".debug_abbrev", 1, 0x11, 0, 0, 0, 0)
	info := section(".debug_info", 8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4, 1)
	return append(abbrev, info...)
}

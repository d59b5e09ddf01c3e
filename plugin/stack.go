package plugin

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/plugin/internal/symbol"
)

// Frame is a function of a plugin on the stack of what ended it. All of it is the
// plugin's word: what its compiler wrote, or whoever changed that afterwards. It has
// no control characters.
type Frame struct {
	Func string // as the linker knows it, so mangled in Rust and C++
	File string // as the compiler was given it, "" if unknown
	Line int    // 0 if unknown
	// Column is a number of bytes, from 1; 0 if unknown.
	Column int
	// Inlined says that the function has no code of its own here: it was compiled
	// into the one below it.
	Inlined bool
	// Module is the core module the function is in, by its SHA-256, and Offset where
	// the instruction lies in that; zero if unknown.
	Module [sha256.Size]byte
	Offset int64
}

const (
	// explainTime is the most time finding the lines of a stack may take.
	explainTime = 5 * time.Second
	// maxStack is the most frames of a stack, those that were inlined among them.
	maxStack = 8 * engine.MaxFrames
)

// stack returns the stack of a trap with source lines, as far as the plugin has them.
func (p *Plugin) stack(ctx context.Context, frames []engine.Frame) []Frame {
	ctx, cancel := context.WithTimeout(ctx, explainTime)
	defer cancel()
	frames = slices.Clone(frames)
	// What cannot be found is not there: the report says so.
	_ = p.Component.Locate(ctx, frames)
	tables := map[[sha256.Size]byte]*symbol.Table{}
	var out []Frame
	for _, f := range frames {
		if len(out) < maxStack {
			out = append(out, p.frame(ctx, f, tables)...)
		}
	}
	return out
}

// frame returns what was inlined where a frame is, innermost first, and the frame.
func (p *Plugin) frame(ctx context.Context, f engine.Frame, tables map[[sha256.Size]byte]*symbol.Table) []Frame {
	alone := []Frame{{Func: cleanWord(f.Func), Module: f.Module, Offset: f.Offset}}
	if f.Offset == 0 {
		return alone
	}
	table, seen := tables[f.Module]
	if !seen {
		table, _ = symbol.Open(ctx, p.Component.CoreModule(f.Module))
		tables[f.Module] = table
	}
	if table == nil {
		return alone
	}
	sites, err := table.Sites(ctx, f.Offset)
	if err != nil || len(sites) == 0 {
		return alone
	}
	out := make([]Frame, len(sites))
	for i, s := range sites {
		out[i] = Frame{
			Func: cleanWord(s.Func), File: cleanWord(s.File), Line: s.Line, Column: s.Column,
			Inlined: i < len(sites)-1, Module: f.Module, Offset: f.Offset,
		}
	}
	if last := &out[len(out)-1]; last.Func == "" {
		last.Func = alone[0].Func
	}
	return out
}

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/plugin"
)

// trapJSON is what is known of a plugin that broke, as --json shows it and as the
// report for people is made of.
type trapJSON struct {
	// Kind is panic, abort, memory, stack, call, arithmetic, exit, or what rule of
	// the component model was broken.
	Kind    string      `json:"kind"`
	Panic   string      `json:"panic,omitempty"` // the plugin's own words
	At      string      `json:"at,omitempty"`    // where, by its own words
	Frames  []frameJSON `json:"frames"`          // innermost first
	Calls   []callJSON  `json:"calls,omitempty"` // the last of the host, oldest first
	Memory  *spentJSON  `json:"memory,omitempty"`
	Compute *spentJSON  `json:"compute,omitempty"`
}

// frameJSON is a function on the plugin's stack.
type frameJSON struct {
	Func    string `json:"func"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Inlined bool   `json:"inlined,omitempty"`
	Runtime bool   `json:"runtime,omitempty"` // of the language or its bindings, not of the plugin
}

// callJSON is a call of the host, or several of one function in a row.
type callJSON struct {
	Interface string  `json:"interface,omitempty"`
	Func      string  `json:"func"`
	Times     int     `json:"times"`
	In        int     `json:"in_bytes"`
	Out       *int    `json:"out_bytes,omitempty"` // absent if it was not counted
	Took      float64 `json:"ms"`
	Failed    bool    `json:"failed,omitempty"`

	text string
}

// spentJSON is what was used and what of it there was. Memory is in bytes, computing
// in milliseconds.
type spentJSON struct {
	Used  uint64 `json:"used"`
	Limit uint64 `json:"limit"`
}

// explain returns what is known of a plugin that broke, nil if err is no such thing.
func explain(err error) *trapJSON {
	if trap, ok := errors.AsType[*plugin.TrapError](err); ok && trap.Trap != nil {
		r := trap.Report
		return &trapJSON{
			Kind: trapKind(trap), Panic: printableWord(trap.Panic), At: printableWord(trap.PanicAt),
			Frames: framesOf(trap.Stack), Calls: callsOf(r.Last),
			Memory:  &spentJSON{Used: r.PeakMemoryBytes, Limit: r.Limits.MemoryBytes},
			Compute: &spentJSON{Used: uint64(r.Compute.Milliseconds()), Limit: uint64(r.Limits.Compute.Milliseconds())},
		}
	}
	if exit, ok := errors.AsType[*plugin.ExitError](err); ok && len(exit.Stack) > 0 {
		return &trapJSON{Kind: "exit", Panic: printableWord(exit.Panic), Frames: framesOf(exit.Stack)}
	}
	return nil
}

func trapKind(trap *plugin.TrapError) string {
	switch {
	case trap.Panic != "":
		return "panic"
	case trap.Trap.Kind != component.TrapCore:
		return trap.Trap.Kind.String()
	}
	switch trap.Trap.Code {
	case engine.TrapUnreachable:
		return "abort"
	case engine.TrapMemoryOutOfBounds:
		return "memory"
	case engine.TrapStackOverflow:
		return "stack"
	case engine.TrapTableOutOfBounds, engine.TrapIndirectCallToNull, engine.TrapBadSignature:
		return "call"
	case engine.TrapIntegerOverflow, engine.TrapBadConversion, engine.TrapDivideByZero:
		return "arithmetic"
	}
	return trap.Trap.Code.String()
}

func framesOf(stack []plugin.Frame) []frameJSON {
	out := []frameJSON{}
	for _, f := range stack {
		name := demangled(f.Func)
		out = append(out, frameJSON{
			Func: name, File: f.File, Line: f.Line, Column: f.Column, Inlined: f.Inlined,
			Runtime: isRuntime(name, f.File),
		})
	}
	return out
}

func callsOf(records []plugin.Record) []callJSON {
	var out []callJSON
	for _, r := range records {
		c := callJSON{
			Interface: r.Interface, Func: r.Func, Times: max(r.Times, 1), In: r.ArgBytes, Failed: r.Err != nil,
			Took: float64(r.Took.Microseconds()) / 1000, text: r.String(),
		}
		if r.ResultBytes >= 0 && r.Err == nil {
			c.Out = &r.ResultBytes
		}
		out = append(out, c)
	}
	return out
}

// runtimeFuncs are functions that languages bring along, runtimeNames what the names
// of others begin with, and runtimeFiles what is in the paths of their files.
var (
	runtimeFuncs = []string{"_start", "__main_void", "abort", "exit", "_Exit", "__assert_fail"}
	runtimeNames = []string{
		"std::", "core::", "alloc::", "panic_abort::", "panic_unwind::", "rust_panic", "rust_begin_unwind", "__rust",
		"wit_bindgen", "__wasi_", "__libc_", "wasi_snapshot_preview1::", "wasi:",
		"runtime.", "runtime/", "internal/", "syscall.", "os.",
	}
	runtimeFiles = []string{
		"/rustc/", "/rustc-", "/library/std/", "/library/core/", "libc-top-half/", "libc-bottom-half/", "wit-bindgen", "/go/src/",
	}
)

// isRuntime reports whether a function is of a language's runtime or of bindings. A
// method of a trait is its type's: <alloc::vec::Vec<T> as plan::Sum>::sum.
func isRuntime(name, file string) bool {
	name = strings.TrimLeft(name, "<&*(")
	name = strings.TrimPrefix(name, "dyn ")
	name = strings.TrimPrefix(name, "mut ")
	if slices.Contains(runtimeFuncs, name) {
		return true
	}
	for _, prefix := range runtimeNames {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, part := range runtimeFiles {
		if strings.Contains(file, part) {
			return true
		}
	}
	return false
}

// lines returns the report for people, in lines to be indented by the caller. all
// shows what is of runtimes, too; sources are the folders whose files may be shown.
func (t *trapJSON) lines(all bool, sources []string) []string {
	out := t.stackLines(all, sources)
	if len(t.Calls) > 0 {
		out = append(out, "last calls of the host:")
	}
	for _, c := range t.Calls {
		out = append(out, "  "+c.text)
	}
	if t.Memory != nil && t.Compute != nil {
		out = append(out, fmt.Sprintf("memory %s peak of %s · compute %v of %v",
			plugin.FormatBytes(t.Memory.Used), plugin.FormatBytes(t.Memory.Limit),
			milliseconds(t.Compute.Used), milliseconds(t.Compute.Limit)))
	}
	return out
}

func milliseconds(n uint64) time.Duration {
	return time.Duration(min(n, 1<<43)) * time.Millisecond
}

// widest is the most columns names take before the places begin.
const widest = 44

func (t *trapJSON) stackLines(all bool, sources []string) []string {
	var out []string
	if t.At != "" && !t.hasLines() {
		out = append(out, "at "+t.At)
	}
	if len(t.Frames) == 0 {
		return out
	}
	out = append(out, "plugin stack, the last call first:")
	shown, hidden := t.shown(all)
	width := 0
	for _, i := range shown {
		width = max(width, min(columns(t.Frames[i].Func), widest))
	}
	excerpt := true
	for n := 0; n < len(shown); n++ {
		f := t.Frames[shown[n]]
		out = append(out, fmt.Sprintf("%3d  %s", shown[n], f.text(width)))
		if excerpt && f.Line > 0 {
			source := excerptOf(sources, f.File, f.Line, f.Column)
			out = append(out, source...)
			excerpt = len(source) == 0
		}
		if same := t.repeats(shown[n:]); same > 2 {
			out = append(out, fmt.Sprintf("     (and %d more calls of it by itself)", same))
			n += same
		}
	}
	if hidden > 0 {
		out = append(out, fmt.Sprintf("     (%d of the language's runtime hidden; --debug shows them)", hidden))
	}
	if !t.hasLines() {
		out = append(out, "note: built without line info: keep it to see files and lines here (-g, debug = true, no strip)")
	}
	return out
}

// shown returns the indices of the frames to show and the number of the others. If
// all are of runtimes all are shown.
func (t *trapJSON) shown(all bool) (indices []int, hidden int) {
	for i, f := range t.Frames {
		if all || !f.Runtime {
			indices = append(indices, i)
		}
	}
	if len(indices) == 0 {
		return t.shown(true)
	}
	return indices, len(t.Frames) - len(indices)
}

// repeats returns how many of the frames after the first are the same.
func (t *trapJSON) repeats(indices []int) int {
	n := 0
	for n+1 < len(indices) && t.Frames[indices[n+1]] == t.Frames[indices[0]] {
		n++
	}
	return n
}

// hasLines reports whether the plugin's own code has any.
func (t *trapJSON) hasLines() bool {
	for _, f := range t.Frames {
		if f.File != "" && !f.Runtime {
			return true
		}
	}
	return false
}

// text is the function, and where it is.
func (f frameJSON) text(width int) string {
	name := f.Func
	if name == "" {
		name = "?"
	}
	place := f.File
	if f.Line > 0 {
		place += fmt.Sprintf(":%d", f.Line)
	}
	if f.Line > 0 && f.Column > 0 {
		place += fmt.Sprintf(":%d", f.Column)
	}
	if place == "" {
		return name
	}
	return name + strings.Repeat(" ", max(width-columns(name), 0)+2) + place
}

package cli

import "io"

// Block gives tests the block of a terminal.
type Block struct{ b *block }

// NewBlock returns a block on a terminal of that size.
func NewBlock(out io.Writer, size func() (width, height int), colour bool) Block {
	return Block{newBlock(out, size, colour)}
}

// Add adds a canister, Draw, Above and Freeze are draw, above and freeze.
func (b Block) Add(name string) Row { return Row{b.b.add(name)} }
func (b Block) Draw()               { b.b.draw() }
func (b Block) Tick()               { b.b.tick() }
func (b Block) Above(lines string)  { b.b.above(lines) }
func (b Block) Freeze()             { b.b.freeze() }

// Row is a canister in a Block.
type Row struct{ r *row }

// Step begins a step, Push adds a line of its output, End ends the canister.
func (r Row) Step(title string) { r.r.title, r.r.lines = title, nil }
func (r Row) Push(line string)  { r.r.push(line) }
func (r Row) End(message string, failed bool) {
	r.r.title, r.r.lines, r.r.ended, r.r.failed = message, nil, true, failed
}

// Columns and Cut measure and shorten a line.
var (
	Columns = columns
	Cut     = cut
)

// Chain splits an error for the report.
var Chain = chain

// View gives tests what shows a deployment.
type View struct{ *view }

// NewView returns a view; Close ends it.
func NewView(s Streams, quiet bool) View {
	a := &app{Streams: s, console: &console{out: s.Err}}
	a.global.quiet = quiet
	return View{a.newView(false)}
}

// Close is close.
func (v View) Close() { v.close() }

// What raises a limit, and the variable for it.
var LimitKnob = limitKnob

// ProgramLimits are the limits of a program that is run.
var ProgramLimits = programLimits

const LimitsVariable = limitsVariable

// What a report of a trap is made of.
var (
	Demangled = demangled
	ExcerptOf = excerptOf
)

// TrapLines is the report of a plugin that broke, nil if err is no such thing.
func TrapLines(err error, all bool, sources ...string) []string {
	trap := explain(err)
	if trap == nil {
		return nil
	}
	return trap.lines(all, sources)
}

// TrapJSON is the same as --json shows it.
func TrapJSON(err error) any { return explain(err) }

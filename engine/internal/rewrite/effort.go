package rewrite

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// Bounds of what one function may cost a compiler. Compilers need time with the
// square of a function's blocks, memory for each value that is alive in each of
// them, and wazero's a Go stack that grows with their number: 7 MB of code ended the
// process, 60 KB took a gigabyte. The functions of SpiderMonkey have up to 9,500
// branches and stay below a tenth of the other bounds.
const (
	maxControl       = 50_000     // blocks, branches and branch targets
	maxControlLocals = 10_000_000 // their number times that of the locals
	maxLive          = 1_000_000  // values on the stack at each of them, and locals used in each loop
)

// Bounds of the sum of the squares of the functions' control instructions: so many,
// and so many more for each byte of the module.
const (
	maxSquares        = 1_000_000_000
	maxSquaresPerByte = 100
)

// What compiling takes of memory, in bytes, as measured of wazero 1.12 with functions
// that have much of one thing each; it keeps what one function took for the next, so
// that the largest counts. It needs about 130 bytes for each local in each block, and
// keeps a table of them.
const (
	bodyBytes         = 160  // for each byte of a function
	controlBytes      = 8192 // block or branch
	localBytes        = 2560 // local
	controlLocalBytes = 160  // and local in a block
	trapBytes         = 4096 // instruction that may trap: a check, and a way out
	codeBytes         = 40   // for each byte of code, of all functions
)

// bytes is about how much memory compiling one function of that many bytes and
// locals takes.
func (e effort) bytes(body, locals int) uint64 {
	control, n := uint64(e.control+e.hidden), uint64(locals)
	return bodyBytes*uint64(body) + controlBytes*control + trapBytes*uint64(e.traps) +
		localBytes*n + controlLocalBytes*control*n
}

// effort is what is counted of one function.
type effort struct {
	control  int
	hidden   int   // blocks a compiler makes for other instructions
	traps    int   // instructions that may trap
	height   int   // of the operand stack, about
	localOps int   // instructions that name a local
	live     int64 // sum of what maxLive bounds
}

// branch counts a control instruction.
func (e *effort) branch() {
	e.control++
	e.live += int64(e.height)
}

// What an instruction is counted as that has no blocks and that a compiler makes some
// of: of ranges, whose fuel is a branch too, it makes loops.
const (
	fillBlocks     = 10
	bulkBlocks     = 5 // other instructions on ranges
	indirectBlocks = 1 // a call of a table's function ends in four ways
)

// enter counts the beginning of a block and remembers what its end needs.
func (e *effort) enter(f *frame, t engine.FuncType) {
	e.branch()
	f.params, f.results = len(t.Params), len(t.Results)
	f.height = max(e.height-f.params, 0)
	f.localOps = e.localOps
}

// leave counts the end of a block in a function of that many locals.
func (e *effort) leave(f frame, locals int) {
	e.height = f.height + f.results
	if f.op == opcode.Loop {
		e.live += int64(min(e.localOps-f.localOps, locals))
	}
}

// otherwise counts the beginning of an else.
func (e *effort) otherwise(f frame) {
	e.branch()
	e.height = f.height + f.params
}

// push changes the height of the stack by n, never below that of the block.
func (e *effort) push(n int, in frame) { e.height = max(e.height+n, in.height) }

// checkEffort refuses a function that would cost the compiler too much.
func (k *walker) checkEffort(locals int) {
	control := int64(k.effort.control + k.effort.hidden)
	switch {
	case control > maxControl:
		k.fail("code too complex: %d blocks and branches, %d allowed", control, maxControl)
	case control*int64(locals) > maxControlLocals:
		k.fail("code too complex: %d blocks and branches with %d locals", control, locals)
	case k.effort.live > maxLive:
		k.fail("code too complex: %d values live in its blocks, %d allowed", k.effort.live, maxLive)
	}
	if k.squares -= control * control; k.squares < 0 {
		k.fail("code too complex: the module has too many functions with many branches")
	}
}

// mayTrap reports whether an instruction without a prefix looks at its operands and
// traps at some of them.
func mayTrap(op byte) bool {
	switch {
	case op >= 0x28 && op <= 0x3e, op == opcode.TableGet, op == opcode.TableSet: // loads and stores
		return true
	case op >= opcode.I32DivS && op <= opcode.I32RemU, op >= 0x7f && op <= opcode.I64RemU: // divisions
		return true
	}
	return op >= 0xa8 && op <= 0xab || op >= 0xae && op <= 0xb1 // conversions to integers
}

// pushed returns by how much an instruction makes the operand stack higher. What
// depends on types, and what has a prefix, is counted where it is read.
func pushed(op byte) int {
	switch {
	case op == opcode.LocalGet, op == opcode.GlobalGet, op == opcode.MemorySize, op >= opcode.I32Const && op <= opcode.F64Const,
		op == opcode.RefNull, op == opcode.RefFunc:
		return 1
	case op == opcode.Drop, op == opcode.LocalSet, op == opcode.GlobalSet, op == opcode.If, op == opcode.BrIf, op == opcode.BrTable,
		op == opcode.CallIndirect, op == opcode.ReturnCallIndirect, isBinary(op):
		return -1
	case op >= 0x36 && op <= 0x3e, op == opcode.Select, op == opcode.SelectTyped, op == opcode.TableSet: // stores
		return -2
	}
	return 0
}

// isBinary reports whether a numeric instruction makes one value of two.
func isBinary(op byte) bool {
	switch {
	case op < 0x46 || op == 0x50 || op > 0xa6:
		return false // tests, conversions and sign extensions
	case op <= 0x66:
		return true // comparisons
	case op <= 0x69, op >= 0x79 && op <= 0x7b, op >= 0x8b && op <= 0x91, op >= 0x99 && op <= 0x9f:
		return false // such as i32.clz and f64.sqrt
	}
	return true
}

// pushedVec is pushed for the instructions after the prefix 0xfd. Those it does not
// tell apart it takes for ones that make one value of two.
func pushedVec(op uint32) int {
	switch {
	case op == opcode.VecConst:
		return 1
	case op == 11, op >= 88 && op <= 91, op == 82: // stores, v128.bitselect
		return -2
	case op <= 10, op >= 15 && op <= 20, op == 92, op == 93, op == 77, op == 83, isVecLane(op), isVecUnary(op):
		return 0
	}
	return -1
}

// isVecLane reports whether an instruction takes a lane out of a vector.
func isVecLane(op uint32) bool {
	switch op {
	case 21, 22, 24, 25, 27, 29, 31, 33:
		return true
	}
	return false
}

// isVecUnary reports whether an arithmetic instruction takes one vector.
func isVecUnary(op uint32) bool {
	switch {
	case op >= 0x5e && op <= 0x64, op >= 0x67 && op <= 0x6a, op == 0x74, op == 0x75, op == 0x7a, op >= 0x7c && op <= 0x81,
		op >= 0xf8, op == 0xe0, op == 0xe1, op == 0xe3, op == 0xec, op == 0xed, op == 0xef, op == 0x94:
		return true
	case op >= 0x80 && op < 0xe0: // the same places for each width of integers
		low := op & 0x1f
		return low <= 1 || low == 3 || low == 4 || low >= 7 && low <= 0xa
	}
	return false
}

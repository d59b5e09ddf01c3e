package diff

import (
	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// stmt writes a statement. What does not fit here becomes an assignment.
func (f *function) stmt(parent *source, depth int) {
	s := f.node(parent)
	if f.isCut(s) {
		return
	}
	if depth > 0 && s.oneIn(3) {
		f.nested(s, depth-1)
		return
	}
	switch s.intn(12) {
	case 0, 1:
		f.store(s)
	case 2:
		f.setGlobal(s)
	case 3:
		f.bulk(s)
	case 4:
		f.branch(s)
	case 5:
		f.leave(s)
	case 6:
		f.dropCall(s)
	default:
		f.assign(s)
	}
}

func (f *function) stmts(s *source, n, depth int) {
	for range n {
		f.stmt(s, depth)
	}
}

// nested writes a statement with others in it.
func (f *function) nested(s *source, depth int) {
	switch s.intn(4) {
	case 0:
		f.open(0x02, true)
		f.stmts(s, 1+s.intn(4), depth)
		f.end()
	case 1:
		f.expr(s, w.I32, exprDepth-1)
		f.open(0x04, true)
		f.stmts(s, 1+s.intn(3), depth)
		if s.oneIn(2) {
			f.emit(w.Else)
			f.stmts(s, 1+s.intn(3), depth)
		}
		f.end()
	case 2:
		f.loop(s, depth)
	default:
		f.cases(s, depth)
	}
}

// loop writes a loop that counts down in a local nothing else writes.
func (f *function) loop(s *source, depth int) {
	counter := f.scratch(scratchCounter + depth)
	f.emit(w.I32Const(int32(1 + s.intn(12)))...)
	f.emit(w.LocalSet(counter)...)
	f.open(0x03, true)
	f.spend()
	f.stmts(s, 1+s.intn(4), depth)
	f.emit(w.LocalGet(counter)...)
	f.emit(w.I32Const(1)...)
	f.emit(w.I32Sub)
	f.emit(w.LocalTee(counter)...)
	f.emit(w.BrIf(0)...)
	f.end()
}

// cases writes a br_table over blocks, each with a statement that falls through.
func (f *function) cases(s *source, depth int) {
	n := 1 + s.intn(5)
	for range n + 1 {
		f.open(0x02, false)
	}
	f.expr(s, w.I32, exprDepth-1)
	if s.oneIn(2) { // or else mostly the default
		f.emit(w.I32Const(int32(n + 1))...)
		f.op(w.I32, opRemU)
	}
	f.emit(0x0e)
	f.emit(w.U32(uint32(n))...)
	for range n + 1 {
		f.emit(byte(s.intn(n + 1)))
	}
	for range n + 1 {
		f.end()
		f.stmt(s, depth)
	}
}

func (f *function) assign(s *source) {
	if f.vars == 0 {
		f.store(s)
		return
	}
	i := s.intn(f.vars)
	f.expr(s, f.locals[i], exprDepth)
	f.emit(w.LocalSet(uint32(i))...)
}

func (f *function) setGlobal(s *source) {
	if len(f.globals) == 0 {
		f.assign(s)
		return
	}
	i := s.intn(len(f.globals))
	f.expr(s, f.globals[i], exprDepth)
	f.emit(w.GlobalSet(uint32(i + 1))...)
}

// branch goes on at a label if a condition holds.
func (f *function) branch(s *source) {
	l, ok := f.label(s)
	if !ok {
		f.assign(s)
		return
	}
	f.expr(s, w.I32, exprDepth-1)
	f.emit(w.BrIf(l)...)
}

// leave returns early if a condition holds.
func (f *function) leave(s *source) {
	f.expr(s, w.I32, 2)
	f.open(0x04, false)
	for _, t := range f.sig.Results {
		f.expr(s, t, 2)
	}
	f.emit(w.Return)
	f.end()
}

// dropCall calls an earlier function and keeps its results, or the last ones.
func (f *function) dropCall(s *source) {
	if f.index == 0 {
		f.assign(s)
		return
	}
	callee := s.intn(f.index)
	f.call(s, callee, 2)
	results := f.types[callee].Results
	for i := len(results) - 1; i >= 0; i-- {
		f.keep(s, results[i])
	}
}

// keep stores what is on the stack in a variable, if there is one of its type.
func (f *function) keep(s *source, t engine.ValType) {
	if i, ok := f.variable(s, t); ok {
		f.emit(w.LocalSet(i)...)
		return
	}
	f.emit(w.Drop)
}

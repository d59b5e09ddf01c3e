package wazero

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
)

// source is where an extern is imported from: an instance and its export's name.
type source struct {
	mod  api.Module
	name string
}

// narrow returns the stack elements that hold an i32 or f32 in their low half.
func narrow(types []engine.ValType) []int {
	var at []int
	n := 0
	for _, t := range types {
		if t == engine.I32 || t == engine.F32 {
			at = append(at, n)
		}
		n += engine.SlotLen([]engine.ValType{t})
	}
	return at
}

func clearHigh(stack []uint64, narrow []int) {
	for _, i := range narrow {
		stack[i] = uint64(uint32(stack[i]))
	}
}

// hostFunc is a host function.
type hostFunc struct {
	source // set when first imported
	store  *store
	t      engine.FuncType
	fn     engine.HostFunc
	slots  int
	narrow []int // of the parameters
}

var _ engine.Func = (*hostFunc)(nil)

func (f *hostFunc) ExternKind() engine.ExternKind { return engine.KindFunc }
func (f *hostFunc) Type() engine.FuncType         { return f.t }

// Call implements engine.Func.
func (f *hostFunc) Call(stack []uint64) error {
	if err := f.store.enter(stack, f.slots); err != nil {
		return err
	}
	clearHigh(stack, f.narrow)
	if t := meter.CallHost(f.fn, stack); t != nil {
		return t
	}
	return nil
}

// runHost calls a host function for a guest.
func (s *store) runHost(f *hostFunc, stack []uint64) {
	clearHigh(stack, f.narrow)
	t := meter.CallHost(f.fn, stack)
	if t == nil {
		t = s.Interrupted()
	}
	if t != nil {
		panic(&abort{trap: t})
	}
}

// enter checks that a call may begin.
func (s *store) enter(stack []uint64, slots int) error {
	if s.closed {
		return fmt.Errorf("store: %w", engine.ErrClosed)
	}
	if t := s.Interrupted(); t != nil {
		return t
	}
	if len(stack) < slots {
		return fmt.Errorf("call: %d values on the stack, %d needed", len(stack), slots)
	}
	if s.depth >= meter.MaxDepth || s.stackBytes() > s.maxStack {
		return &engine.Trap{Code: engine.TrapStackOverflow}
	}
	return nil
}

// function is a guest function.
type function struct {
	source
	store  *store
	t      engine.FuncType
	slots  int
	narrow []int // of the results
	look   func() (api.Function, error)
	idle   []api.Function // a wazero function serves one call at a time
}

var _ engine.Func = (*function)(nil)

func (s *store) newFunction(t engine.FuncType, look func() (api.Function, error)) *function {
	return &function{store: s, t: t, slots: t.StackLen(), narrow: narrow(t.Results), look: look}
}

func (f *function) ExternKind() engine.ExternKind { return engine.KindFunc }
func (f *function) Type() engine.FuncType         { return f.t }

// Call implements engine.Func.
func (f *function) Call(stack []uint64) error {
	s := f.store
	if err := s.enter(stack, f.slots); err != nil {
		return err
	}
	fn, err := f.take()
	if err != nil {
		return err
	}
	outer, below := s.running, s.stackBelow
	s.stackBelow = s.stackBytes()
	s.running = fn
	s.depth++
	err = fn.CallWithStack(s.ctx, stack)
	s.depth--
	s.running, s.stackBelow = outer, below
	if err != nil {
		return s.trap(fn, err)
	}
	f.give(fn)
	clearHigh(stack, f.narrow)
	return nil
}

func (f *function) take() (api.Function, error) {
	if n := len(f.idle); n > 0 {
		fn := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return fn, nil
	}
	return f.look()
}

const (
	maxIdle      = 4
	maxIdleStack = 256 << 10
)

// give keeps fn for the next call, unless it holds a large stack.
func (f *function) give(fn api.Function) {
	if len(f.idle) < maxIdle && (f.store.engine.stackLen == nil || f.store.engine.stackLen(fn) <= maxIdleStack) {
		f.idle = append(f.idle, fn)
	}
}

// stackLenFunc returns the size of the native stack a function of wazero's compiler
// has grown.
type stackLenFunc func(api.Function) int

// findStackLen returns how to read the stack's size of functions like fn, nil if
// they have none. wazero does not tell, and lets one call take 100 MB, so this
// reads, without changing anything, the length of its field "stack". Reflection
// finds the field; reading it, several times for each call, is too slow that way.
func findStackLen(fn api.Function) stackLenFunc {
	t := reflect.TypeOf(fn)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil
	}
	field, ok := t.Elem().FieldByName("stack")
	if !ok || field.Type != reflect.TypeFor[[]byte]() || len(field.Index) != 1 {
		return nil
	}
	return func(fn api.Function) int {
		if reflect.TypeOf(fn) != t {
			return 0
		}
		return len(*(*[]byte)(unsafe.Add(reflect.ValueOf(fn).UnsafePointer(), field.Offset)))
	}
}

// probeModule exports one function "f", which does nothing.
var probeModule = []byte(wasmbin.Header +
	"\x01\x04\x01\x60\x00\x00" + // type () -> ()
	"\x03\x02\x01\x00" + // function
	"\x07\x05\x01\x01f\x00\x00" + // export
	"\x0a\x04\x01\x02\x00\x0b") // code

// probe learns what it must of wazero from a small module.
func (e *Engine) probe() error {
	code, err := e.compile(e.context(), probeModule)
	if err != nil {
		return fmt.Errorf("probe wazero: compile: %w", err)
	}
	defer code.Close(e.context())
	if e.codes != nil && !e.codes.calibrate() {
		e.codes.close()
		e.codes = nil
	}
	mod, err := e.runtime.InstantiateModule(e.context(), code, e.anon)
	if err != nil {
		return fmt.Errorf("probe wazero: instantiate: %w", err)
	}
	e.stackLen = findStackLen(mod.ExportedFunction("f"))
	return mod.Close(e.context())
}

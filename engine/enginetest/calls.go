package enginetest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

func testCompile(t *testing.T, r rig) {
	valid := module(w.Func().Returns(w.I32), w.I32Const(1)).Bytes()
	unbalanced := module(w.Func().Returns(w.I32), w.Op(w.Nop)).Bytes()
	for _, tt := range []struct {
		name string
		wasm []byte
		ok   bool
	}{
		{"empty module", []byte(w.Header), true},
		{"valid", valid, true},
		{"nothing", nil, false},
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), false},
		{"text", []byte("(module)"), false},
		{"truncated", valid[:len(valid)-3], false},
		{"type error", unbalanced, false},
		{"huge function count", append([]byte(w.Header), 3, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), false},
		{"huge type count", append([]byte(w.Header), 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), false},
		{"huge locals", module(w.Func()).Bytes(), true},
		{"section out of order", append([]byte(w.Header), 3, 1, 0, 1, 1, 0), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := r.eng.Compile(t.Context(), tt.wasm)
			if err == nil {
				defer m.Close()
			}
			if (err == nil) != tt.ok {
				t.Fatalf("Compile(%x) error = %v, want ok = %v", tt.wasm, err, tt.ok)
			}
			if _, ok := errors.AsType[*engine.CompileError](err); err != nil && !ok {
				t.Errorf("Compile(%x) error is %T, want *CompileError", tt.wasm, err)
			}
		})
	}
	t.Run("types", func(t *testing.T) { testTypes(t, r.on(t)) })
}

// testTypes checks what a module says of its imports and exports.
func testTypes(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func(w.I32, w.F64).Returns(w.I64))
	m.ImportFunc("", "a", ft)
	m.ImportMemory("env", "m", w.Limits{Min: 1, Max: 2})
	m.ImportGlobal("env", "", w.Global{Type: w.I64, Mutable: true})
	m.Export("t", engine.KindTable, m.Table(w.Limits{Min: 3}))
	m.Export("f", engine.KindFunc, m.Func(ft, nil, w.I64Const(0)))
	mod := r.compile(m)
	var got []string
	for _, i := range mod.Imports() {
		got = append(got, fmt.Sprintf("%q %q %v", i.Module, i.Name, i.Type))
	}
	for _, e := range mod.Exports() {
		got = append(got, fmt.Sprintf("%q %v", e.Name, e.Type))
	}
	want := []string{
		`"" "a" func (i32, f64) -> (i64)`,
		`"env" "m" memory 1 2`,
		`"env" "" global (mut i64)`,
		`"t" table 3 funcref`,
		`"f" func (i32, f64) -> (i64)`,
	}
	if g, want := strings.Join(got, "\n"), strings.Join(want, "\n"); g != want {
		t.Errorf("types:\n%s\nwant:\n%s", g, want)
	}
}

func testCall(t *testing.T, r rig) {
	all := w.Func(w.I32, w.I64, w.F32, w.F64)
	m := w.New()
	ht := m.Type(all.Returns(w.F64, w.F32, w.I64, w.I32))
	host := m.ImportFunc("", "", ht)
	m.Export("host", engine.KindFunc, host)
	m.Export("f", engine.KindFunc, m.Func(ht, nil, w.LocalGet(0), w.LocalGet(1), w.LocalGet(2), w.LocalGet(3), w.Call(host)))
	s := r.store(engine.StoreConfig{})
	in := []uint64{0xffff_fffe, math.MaxUint64 - 1, uint64(math.Float32bits(1.5)), math.Float64bits(-2.5)}
	fn := s.NewHostFunc(engine.FuncType(all.Returns(w.F64, w.F32, w.I64, w.I32)), func(stack []uint64) error {
		for i, v := range in {
			if stack[i] != v {
				return fmt.Errorf("parameter %d is %#x, want %#x", i, stack[i], v)
			}
		}
		stack[0], stack[1], stack[2], stack[3] = stack[3], stack[2], stack[1], stack[0]
		return nil
	})
	inst := r.instantiate(s, m, fn)
	for _, name := range []string{"f", "host"} {
		f := inst.Export(name).(engine.Func)
		stack := append([]uint64{}, in...)
		stack[0] |= 0xdead << 32 // the high half of an i32 does not count
		if err := f.Call(stack); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []uint64{in[3], in[2], in[1], in[0]}
		for i := range want {
			if stack[i] != want[i] {
				t.Errorf("%s: result %d is %#x, want %#x", name, i, stack[i], want[i])
			}
		}
	}
	if err := inst.Export("f").(engine.Func).Call(make([]uint64, 3)); err == nil {
		t.Error("a call with too short a stack succeeded")
	}
	if x := inst.Export("absent"); x != nil {
		t.Errorf("Export(absent) = %v, want nil", x)
	}
	if inst.Export("host") != fn {
		t.Error("an import exported again is another extern")
	}
}

// testProposals runs what every engine has beyond WebAssembly 1.
func testProposals(t *testing.T, r rig) {
	for _, tt := range []struct {
		name string
		code [][]byte
		want uint64
	}{
		{"sign extension", [][]byte{w.I32Const(0x80), w.Op(0xc0)}, 0xffff_ff80},
		{"saturating conversion", [][]byte{w.Op(0x43, 0, 0, 0xc0, 0x7f), w.Op(0xfc, 0)}, 0},
		{"vector", [][]byte{w.I32Const(7), w.Op(0xfd, 17), w.Op(0xfd, 27, 2)}, 7},
		{"late vector", [][]byte{w.I32Const(7), w.Op(0xfd, 17), w.Op(0xfd, 0xa0, 1), w.Op(0xfd, 27, 2)}, 7},
		{"vector, long form", [][]byte{w.I32Const(7), w.Op(0xfd, 0x91, 0x80, 0), w.Op(0xfd, 27, 2)}, 7},
		{"block of several values", [][]byte{w.Op(0x02, 1), w.I32Const(1), w.I32Const(2), w.Op(w.End), w.Op(w.I32Add)}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := w.New()
			ft := m.Type(w.Func().Returns(w.I32))
			m.Type(w.Func().Returns(w.I32, w.I32))
			m.Export("f", engine.KindFunc, m.Func(ft, nil, tt.code...))
			r := r.on(t)
			if got := r.must(r.instantiate(r.store(engine.StoreConfig{}), m), "f"); got != tt.want {
				t.Errorf("f() = %#x, want %#x", got, tt.want)
			}
		})
	}
	if r.eng.Features().TailCalls {
		m := w.New()
		ft := m.Type(w.Func(w.I32).Returns(w.I32))
		m.Export("f", engine.KindFunc, m.Func(ft, nil,
			w.LocalGet(0), w.Op(w.I32Eqz), w.If(w.I32Const(9), w.Op(w.Return)),
			w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.ReturnCall(0)))
		if got := r.must(r.instantiate(r.store(engine.StoreConfig{}), m), "f", 1_000_000); got != 9 {
			t.Errorf("a million tail calls return %d, want 9", got)
		}
	}
}

func testTraps(t *testing.T, r rig) {
	f64 := func(v float64) []byte {
		b := []byte{0x44}
		for i := range 8 {
			b = append(b, byte(math.Float64bits(v)>>(8*i)))
		}
		return b
	}
	for _, tt := range []struct {
		name string
		code [][]byte
		want []engine.TrapCode // the first is what an engine should say
	}{
		{"unreachable", [][]byte{w.Op(w.Unreachable)}, []engine.TrapCode{engine.TrapUnreachable}},
		{"load", [][]byte{w.I32Const(-4), w.I32Load(0), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapMemoryOutOfBounds}},
		{"load at the edge", [][]byte{w.I32Const(65533), w.I32Load(0), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapMemoryOutOfBounds}},
		{"offset", [][]byte{w.I32Const(0), w.I32Load(1 << 31), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapMemoryOutOfBounds}},
		{"fill", [][]byte{w.I32Const(65000), w.I32Const(1), w.I32Const(1000), w.MemoryFill()}, []engine.TrapCode{engine.TrapMemoryOutOfBounds}},
		{"table", [][]byte{w.I32Const(4), w.CallIndirect(0, 0)}, []engine.TrapCode{engine.TrapTableOutOfBounds}},
		{"null", [][]byte{w.I32Const(3), w.CallIndirect(0, 0)}, []engine.TrapCode{engine.TrapIndirectCallToNull, engine.TrapTableOutOfBounds}},
		{"signature", [][]byte{w.I32Const(0), w.CallIndirect(1, 0), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapBadSignature}},
		{"overflow", [][]byte{w.I32Const(math.MinInt32), w.I32Const(-1), w.Op(w.I32DivS), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapIntegerOverflow}},
		{"zero", [][]byte{w.I32Const(1), w.I32Const(0), w.Op(w.I32DivS), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapDivideByZero}},
		{"not a number", [][]byte{f64(math.NaN()), w.Op(w.I32TruncF64), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapBadConversion}},
		{"conversion", [][]byte{f64(1e300), w.Op(w.I32TruncF64), w.Op(w.Drop)}, []engine.TrapCode{engine.TrapIntegerOverflow}},
		{"recursion", [][]byte{w.Call(0)}, []engine.TrapCode{engine.TrapStackOverflow}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := w.New()
			ft := m.Type(w.Func())
			m.Type(w.Func().Returns(w.I32))
			f := m.Func(ft, nil, tt.code...)
			m.Memory(w.Limits{Min: 1})
			m.Elem(m.Table(w.Limits{Min: 4}), w.I32Const(0), f)
			m.Export("f", engine.KindFunc, f)
			r := r.on(t)
			inst := r.instantiate(r.store(engine.StoreConfig{}), m)
			for range 2 { // a trap leaves the instance callable
				_, err := r.call(inst, "f")
				trap, _ := errors.AsType[*engine.Trap](err)
				if len(tt.want) > 1 && trap != nil && trap.Code == tt.want[1] {
					continue
				}
				wantTrap(t, err, tt.want[0])
			}
		})
	}
}

func testFrames(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func(w.I32))
	host := m.ImportFunc("", "", ft)
	deep := m.Func(ft, nil, w.LocalGet(0), w.Op(w.I32Eqz), w.If(w.Op(w.Unreachable)),
		w.LocalGet(0), w.I32Const(1), w.Op(w.I32Sub), w.Call(1))
	out := m.Func(ft, nil, w.LocalGet(0), w.Call(host))
	m.Export("deep", engine.KindFunc, deep)
	m.Export("out", engine.KindFunc, out)
	m.FuncName(deep, "a\nb(i32)\x00"+strings.Repeat("x", 10_000))
	s := r.store(engine.StoreConfig{})
	inst := r.instantiate(s, m, s.NewHostFunc(engine.FuncType(w.Func(w.I32)), func([]uint64) error { return io.EOF }))

	_, err := r.call(inst, "deep", 3)
	trap := wantTrap(t, err, engine.TrapUnreachable)
	if len(trap.Frames) != 4 {
		t.Errorf("%d frames, want 4: %v", len(trap.Frames), trap.Frames)
	}
	for _, f := range trap.Frames {
		if !strings.HasPrefix(f.Func, "a?b(i32)?x") || len(f.Func) > engine.MaxNameLen+8 {
			t.Errorf("frame %.20q of %d bytes, want the cleaned name", f.Func, len(f.Func))
		}
	}
	_, err = r.call(inst, "deep", 1000)
	if n := len(wantTrap(t, err, engine.TrapUnreachable).Frames); n > engine.MaxFrames {
		t.Errorf("%d frames, want at most %d", n, engine.MaxFrames)
	}
	_, err = r.call(inst, "out", 1)
	trap = wantTrap(t, err, engine.TrapHostError)
	if len(trap.Frames) == 0 || trap.Frames[len(trap.Frames)-1].Func != "$2" {
		t.Errorf("frames of a host error: %v, want the last to be $2", trap.Frames)
	}
}

// exitError stands for errors a host tells apart.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

func testHostErrors(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func())
	host := m.ImportFunc("", "", ft)
	m.Export("f", engine.KindFunc, m.Func(ft, nil, w.Call(host)))
	inner := &exitError{3}
	own := &engine.Trap{Code: engine.TrapUnknown, Message: "of the host"}
	for _, tt := range []struct {
		name string
		fn   engine.HostFunc
		want engine.TrapCode
		is   error
	}{
		{"error", func([]uint64) error { return fmt.Errorf("wrapped: %w", inner) }, engine.TrapHostError, inner},
		{"trap", func([]uint64) error { return own }, engine.TrapUnknown, own},
		{"panic with error", func([]uint64) error { panic(inner) }, engine.TrapHostError, inner},
		{"panic with text", func([]uint64) error { panic("text") }, engine.TrapHostError, nil},
		{"runtime error", func(s []uint64) error { s[0] = 1; return nil }, engine.TrapHostError, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := r.on(t)
			s := r.store(engine.StoreConfig{})
			inst := r.instantiate(s, m, s.NewHostFunc(engine.FuncType{}, tt.fn))
			_, err := r.call(inst, "f")
			wantTrap(t, err, tt.want)
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("errors.Is(%v, %v) = false", err, tt.is)
			}
			if strings.Contains(tt.name, "panic") {
				if _, ok := errors.AsType[*engine.PanicError](err); !ok {
					t.Errorf("%v is no *PanicError", err)
				}
			}
		})
	}
}

// testReentry calls guest, host, guest, host and fails at the end.
func testReentry(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func(w.I32).Returns(w.I32))
	host := m.ImportFunc("", "", ft)
	f := m.Func(ft, nil, w.LocalGet(0), w.I32Const(1), w.Op(w.I32Add), w.Call(host), w.I32Const(100), w.Op(w.I32Add))
	m.Export("f", engine.KindFunc, f)
	s := r.store(engine.StoreConfig{})
	var fn engine.Func
	last := &exitError{7}
	inst := r.instantiate(s, m, s.NewHostFunc(engine.FuncType(w.Func(w.I32).Returns(w.I32)), func(stack []uint64) error {
		switch {
		case stack[0] == 1000:
			return nil
		case stack[0] == 10:
			return last
		}
		v, err := callFunc(fn, stack[0])
		stack[0] = v + 1000
		return err
	}))
	fn = inst.Export("f").(engine.Func)
	for range 3 {
		if got := r.must(inst, "f", 996); got != 1000+4*100+3*1000 {
			t.Errorf("f(996) = %d, want 4400", got)
		}
		_, err := r.call(inst, "f", 5)
		if e, ok := errors.AsType[*exitError](err); !ok || e != last {
			t.Errorf("f(5) error = %v, want %v", err, last)
		}
	}
}

// testRecursion nests guest and host calls without end.
func testRecursion(t *testing.T, r rig) {
	m := w.New()
	ft := m.Type(w.Func())
	host := m.ImportFunc("", "", ft)
	m.Export("f", engine.KindFunc, m.Func(ft, nil, w.Call(host)))
	s := r.store(engine.StoreConfig{})
	var inst engine.Instance
	depth := 0
	inst = r.instantiate(s, m, s.NewHostFunc(engine.FuncType{}, func([]uint64) error {
		depth++
		_, err := r.call(inst, "f")
		return err
	}))
	_, err := r.call(inst, "f")
	wantTrap(t, err, engine.TrapStackOverflow)
	if depth < 50 {
		t.Errorf("only %d nested calls", depth)
	}
}

package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// Spec says which of the WebAssembly specification's tests to run: those of a
// folder, as wast2json writes them, a .json file of commands with the .wasm files
// it names.
type Spec struct {
	Dir string

	// Known names the commands expected to fail, as "file.json:line", with the
	// reason. A command of these that passes is an error too.
	Known map[string]string

	// Changed names commands that fail because the standard has changed since they
	// were written, in the same way.
	Changed map[string]string

	// HalveVectors passes each vector between host and guest as two i64, for
	// engines that pass no vectors.
	HalveVectors bool

	// Skip returns why a command cannot be judged at all, empty if it can: its file,
	// such as "call.json", and its text in JSON. nil: all can.
	Skip func(file, command string) string
}

// SpecCount counts the assertions of specification tests. Those on the text format
// are not among them. Changed are those of Spec.Changed.
type SpecCount struct{ Passed, Failed, Changed, Skipped int }

// Total is the number of assertions that hold today.
func (c SpecCount) Total() int { return c.Passed + c.Failed + c.Skipped }

// RunSpec runs specification tests, a subtest a file.
func RunSpec(t *testing.T, newEngine func(testing.TB) engine.Engine, s Spec) SpecCount {
	files, err := filepath.Glob(filepath.Join(s.Dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no tests found: %v", s.Dir, err)
	}
	eng := newEngine(t)
	var count SpecCount
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".json"), func(t *testing.T) { runScript(t, eng, f, s, &count) })
	}
	return count
}

// command is a command of a script.
type command struct {
	Type     string
	Line     int
	Name, As string
	Filename string
	Action   action
	Expected []value
	Binary   string `json:"module_type"`
	Text     string
}

type action struct {
	Type, Module, Field string
	Args                []value
}

// script is a script being run.
type script struct {
	eng   engine.Engine
	store engine.Store
	dir   string
	last  engine.Instance
	named map[string]engine.Instance
	as    map[string]engine.Instance

	halves map[engine.Func]engine.Func // see halved; nil to pass vectors whole
}

func runScript(t *testing.T, eng engine.Engine, file string, spec Spec, count *SpecCount) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Commands []json.RawMessage }
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	store, err := eng.NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s := &script{eng: eng, store: store, dir: filepath.Dir(file), as: map[string]engine.Instance{}}
	if spec.HalveVectors {
		s.halves = map[engine.Func]engine.Func{}
	}
	s.named = map[string]engine.Instance{}
	if err := s.addSpectest(t); err != nil {
		t.Fatal(err)
	}
	for _, raw := range doc.Commands {
		s.step(t, filepath.Base(file), raw, spec, count)
	}
}

// step runs a command, counts it and compares what came of it with what is known.
func (s *script) step(t *testing.T, file string, raw json.RawMessage, spec Spec, count *SpecCount) {
	var c command
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if c.Binary == "text" {
		return
	}
	var ignored SpecCount
	if !strings.HasPrefix(c.Type, "assert_") {
		count = &ignored
	}
	if spec.Skip != nil && spec.Skip(file, string(raw)) != "" {
		count.Skipped++
		return
	}
	err := s.run(t, c)
	at := fmt.Sprintf("%s:%d", file, c.Line)
	reason, expected := spec.Known[at]
	changed, isChanged := spec.Changed[at]
	switch {
	case isChanged:
		reason, expected = changed, true
		count.Changed++
	case err == nil:
		count.Passed++
	default:
		count.Failed++
	}
	switch {
	case err != nil && !expected:
		t.Errorf("%s: %s: %v", at, c.Type, err)
	case err == nil && expected:
		t.Errorf("%s: %s passes, but is known to fail: %s", at, c.Type, reason)
	}
}

// addSpectest makes the module that scripts import from.
func (s *script) addSpectest(t *testing.T) error {
	m := w.New()
	for i, sig := range []w.Signature{
		w.Func(), w.Func(w.I32), w.Func(w.I64), w.Func(w.F32), w.Func(w.F64), w.Func(w.I32, w.F32), w.Func(w.F64, w.F64),
	} {
		names := []string{"print", "print_i32", "print_i64", "print_f32", "print_f64", "print_i32_f32", "print_f64_f64"}
		m.Export(names[i], engine.KindFunc, m.Func(m.Type(sig), nil))
	}
	m.Export("global_i32", engine.KindGlobal, m.Global(w.Global{Type: w.I32}, w.I32Const(666)))
	m.Export("global_i64", engine.KindGlobal, m.Global(w.Global{Type: w.I64}, w.I64Const(666)))
	m.Export("global_f32", engine.KindGlobal, m.Global(w.Global{Type: w.F32}, w.Op(0x43, 0x66, 0xa6, 0x26, 0x44)))
	m.Export("global_f64", engine.KindGlobal, m.Global(w.Global{Type: w.F64}, w.Op(0x44, 0xcd, 0xcc, 0xcc, 0xcc, 0xcc, 0xd4, 0x84, 0x40)))
	m.Export("table", engine.KindTable, m.Table(w.Limits{Min: 10, Max: 20}))
	m.Export("memory", engine.KindMemory, m.Memory(w.Limits{Min: 1, Max: 2}))
	mod, err := s.eng.Compile(t.Context(), m.Bytes())
	if err != nil {
		return err
	}
	s.as["spectest"], err = s.store.Instantiate(mod, nil)
	return err
}

func (s *script) run(t *testing.T, c command) error {
	switch c.Type {
	case "module":
		inst, err := s.load(t, c.Filename)
		if s.last = inst; c.Name != "" {
			s.named[c.Name] = inst
		}
		return err
	case "register":
		s.as[c.As] = s.instance(c.Name)
		return nil
	case "action":
		_, _, err := s.act(t, c.Action)
		return err
	case "assert_return":
		return s.assertReturn(t, c)
	case "assert_trap", "assert_exhaustion", "assert_exception":
		return s.assertTrap(t, c)
	case "assert_invalid", "assert_malformed":
		return s.assertInvalid(t, c)
	case "assert_unlinkable":
		_, err := s.load(t, c.Filename)
		if _, ok := errors.AsType[*engine.LinkError](err); ok || errors.Is(err, errUnknownImport) {
			return nil
		}
		return fmt.Errorf("linked, or failed otherwise: %w", err)
	case "assert_uninstantiable":
		_, err := s.load(t, c.Filename)
		if _, ok := errors.AsType[*engine.Trap](err); ok {
			return nil
		}
		return fmt.Errorf("no trap: %w", err)
	}
	return errors.New("unknown command")
}

var errUnknownImport = errors.New("unknown import")

func (s *script) load(t *testing.T, name string) (engine.Instance, error) {
	wasm, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	mod, err := s.eng.Compile(t.Context(), wasm)
	if err != nil {
		return nil, err
	}
	defer mod.Close()
	var imports []engine.Extern
	for _, i := range mod.Imports() {
		from := s.as[i.Module]
		if from == nil || from.Export(i.Name) == nil {
			return nil, fmt.Errorf("%w %q %q", errUnknownImport, i.Module, i.Name)
		}
		imports = append(imports, from.Export(i.Name))
	}
	return s.store.Instantiate(mod, imports)
}

func (s *script) instance(name string) engine.Instance {
	if name == "" {
		return s.last
	}
	return s.named[name]
}

// act does an action and returns the results as raw bits and their types.
func (s *script) act(t *testing.T, a action) ([]uint64, []engine.ValType, error) {
	inst := s.instance(a.Module)
	if inst == nil {
		return nil, nil, errors.New("no such instance")
	}
	switch x := inst.Export(a.Field).(type) {
	case engine.Global:
		return []uint64{x.Get()}, []engine.ValType{w.I64}, nil
	case engine.Func:
		stack := make([]uint64, 0, x.Type().StackLen())
		for _, v := range a.Args {
			bits, err := v.bits()
			if err != nil {
				return nil, nil, err
			}
			stack = append(stack, bits...)
		}
		call, err := engine.Func(x), error(nil)
		if s.halves != nil {
			call, err = s.halved(t, x)
		}
		if err == nil {
			err = call.Call(stack[:cap(stack)])
		}
		return stack[:engine.SlotLen(x.Type().Results)], x.Type().Results, err
	}
	return nil, nil, fmt.Errorf("no export %q to invoke or get", a.Field)
}

func (s *script) assertReturn(t *testing.T, c command) error {
	got, _, err := s.act(t, c.Action)
	if err != nil {
		return err
	}
	for _, v := range c.Expected {
		n := v.slots()
		if n > len(got) {
			return fmt.Errorf("too few results")
		}
		if !v.matches(got[:n]) {
			return fmt.Errorf("%s returned %#x, want %s", c.Action.Field, got[:n], v.Value)
		}
		got = got[n:]
	}
	return nil
}

func (s *script) assertTrap(t *testing.T, c command) error {
	_, _, err := s.act(t, c.Action)
	if _, ok := errors.AsType[*engine.Trap](err); !ok {
		return fmt.Errorf("no trap: %w", err)
	}
	return nil
}

func (s *script) assertInvalid(t *testing.T, c command) error {
	wasm, err := os.ReadFile(filepath.Join(s.dir, c.Filename))
	if err != nil {
		return err
	}
	mod, err := s.eng.Compile(t.Context(), wasm)
	if err == nil {
		mod.Close()
		return fmt.Errorf("compiled, want: %s", c.Text)
	}
	if _, ok := errors.AsType[*engine.CompileError](err); !ok {
		return fmt.Errorf("error is %T, want *CompileError", err)
	}
	return nil
}

package diff

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
)

// Observe runs a program on an engine and describes what happened, in lines that are
// the same on every engine without faults. The error is one of compiling or
// instantiating it, which no engine should give.
func Observe(ctx context.Context, e engine.Engine, p *Program) ([]string, error) {
	mod, err := e.Compile(ctx, p.Wasm)
	if err != nil {
		return nil, err
	}
	defer mod.Close()
	store, err := e.NewStore(engine.StoreConfig{MaxMemoryBytes: 1 << 24})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	inst, err := store.Instantiate(mod, nil)
	if err != nil {
		return nil, fmt.Errorf("instantiate: %w", err)
	}
	var lines []string
	for i, c := range p.Calls {
		line, err := call(inst, c)
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("call %d: %s(%#x): %s", i, c.Export, c.Args, line))
		lines = append(lines, state(inst, mod.Exports(), i)...)
	}
	return lines, nil
}

// call makes a call and describes its end.
func call(inst engine.Instance, c Call) (string, error) {
	if left, ok := inst.Export(budgetName).(engine.Global); ok {
		if err := left.Set(budget); err != nil {
			return "", err
		}
	}
	f, ok := inst.Export(c.Export).(engine.Func)
	if !ok {
		return "", fmt.Errorf("no function %q", c.Export)
	}
	t := f.Type()
	stack := make([]uint64, max(t.StackLen(), len(c.Args)))
	copy(stack, c.Args)
	if err := f.Call(stack); err != nil {
		trap, ok := errors.AsType[*engine.Trap](err)
		if !ok {
			return "", fmt.Errorf("call %q: %w", c.Export, err)
		}
		return "trap: " + reason(trap.Code).String(), nil
	}
	results := slices.Clone(stack[:len(t.Results)])
	for i, r := range t.Results {
		results[i] = canonicalBits(r, results[i])
	}
	return fmt.Sprintf("%#x", results), nil
}

// reason is the code that all engines agree on: wazero does not tell a null element
// of a table from one that is not there.
func reason(c engine.TrapCode) engine.TrapCode {
	if c == engine.TrapIndirectCallToNull {
		return engine.TrapTableOutOfBounds
	}
	return c
}

// state describes memories and globals.
func state(inst engine.Instance, exports []engine.ExportType, i int) []string {
	var lines []string
	for _, x := range exports {
		switch v := inst.Export(x.Name).(type) {
		case engine.Memory:
			h := fnv.New64a()
			h.Write(v.Bytes())
			lines = append(lines, fmt.Sprintf("after call %d: memory: %d bytes, %x", i, len(v.Bytes()), h.Sum64()))
		case engine.Global:
			lines = append(lines, fmt.Sprintf("after call %d: global %s: %#x", i, x.Name, canonicalBits(x.Type.Val, v.Get())))
		}
	}
	return lines
}

// canonicalBits returns the bits of a value, those of the canonical NaN for any NaN.
func canonicalBits(t engine.ValType, bits uint64) uint64 {
	switch {
	case t == w.F32 && math.IsNaN(float64(math.Float32frombits(uint32(bits)))):
		return nan32
	case t == w.F64 && math.IsNaN(math.Float64frombits(bits)):
		return nan64
	}
	return bits
}

// First returns the first line in which two descriptions differ, as both say it, or
// an empty string.
func First(got, want []string) string {
	for i := range max(len(got), len(want)) {
		g, w := at(got, i), at(want, i)
		if g != w {
			return fmt.Sprintf("got  %s\nwant %s", g, w)
		}
	}
	return ""
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

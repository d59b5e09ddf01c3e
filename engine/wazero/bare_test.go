package wazero_test

import (
	"context"
	"testing"

	wz "github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/diff"
	"github.com/berth-cli/berth/engine/wazero"
)

// bare is wazero itself, without rewriting, as far as diff.Observe needs an engine.
type bare struct {
	engine.Engine
	runtime wz.Runtime
}

type bareModule struct {
	engine.Module
	code    wz.CompiledModule
	exports []engine.ExportType
}

type bareStore struct {
	engine.Store
	bare
}

type bareInstance struct{ m api.Module }

type bareFunc struct {
	engine.Func
	f api.Function
}

type bareMemory struct {
	engine.Memory
	m api.Memory
}

type bareGlobal struct{ g api.MutableGlobal }

func newBare(t testing.TB) engine.Engine {
	r := wz.NewRuntimeWithConfig(t.Context(), wz.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { r.Close(context.Background()) })
	return bare{runtime: r}
}

func (r bare) Compile(ctx context.Context, wasm []byte) (engine.Module, error) {
	code, err := r.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, err
	}
	// The same exports as rewriting finds, in the same order.
	e, err := wazero.New(wazero.Config{Interpreter: true, Workers: 1})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	m, err := e.Compile(ctx, wasm)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return bareModule{code: code, exports: m.Exports()}, nil
}

func (m bareModule) Exports() []engine.ExportType { return m.exports }
func (m bareModule) Close() error                 { return m.code.Close(context.Background()) }

func (r bare) NewStore(engine.StoreConfig) (engine.Store, error) { return bareStore{bare: r}, nil }
func (s bareStore) Close() error                                 { return nil }

func (s bareStore) Instantiate(m engine.Module, _ []engine.Extern) (engine.Instance, error) {
	inst, err := s.runtime.InstantiateModule(context.Background(), m.(bareModule).code, wz.NewModuleConfig().WithName(""))
	return bareInstance{inst}, err
}

func (i bareInstance) Export(name string) engine.Extern {
	if f := i.m.ExportedFunction(name); f != nil {
		return bareFunc{f: f}
	}
	if name == "memory" {
		return bareMemory{m: i.m.ExportedMemory(name)}
	}
	return bareGlobal{i.m.ExportedGlobal(name).(api.MutableGlobal)}
}

func (f bareFunc) Type() engine.FuncType {
	of := func(types []api.ValueType) []engine.ValType {
		out := make([]engine.ValType, len(types))
		for i, t := range types {
			out[i] = engine.ValType(t) // both are those of the binary format
		}
		return out
	}
	d := f.f.Definition()
	return engine.FuncType{Params: of(d.ParamTypes()), Results: of(d.ResultTypes())}
}

func (f bareFunc) Call(stack []uint64) error {
	if err := f.f.CallWithStack(context.Background(), stack); err != nil {
		return &engine.Trap{Code: wazero.TrapCodeOf(err)}
	}
	return nil
}

func (m bareMemory) Bytes() []byte {
	b, _ := m.m.Read(0, m.m.Size())
	return b
}

func (g bareGlobal) ExternKind() engine.ExternKind { return engine.KindGlobal }
func (g bareGlobal) Get() uint64                   { return g.g.Get() }

func (g bareGlobal) Set(v uint64) error {
	g.g.Set(v)
	return nil
}

// A module that was rewritten, with every repair, does what it did before.
func TestRewritten(t *testing.T) {
	plain, rewritten := newBare(t), newEngine(wazero.RepairAll(wazero.Config{Interpreter: true, Workers: 1}))(t)
	for number := range uint64(60) {
		if d := disagreement(t, rewritten, plain, diff.Seed{Number: number}); d != "" {
			t.Errorf("seed %#x: rewritten, then as it was:\n%s", number, d)
		}
	}
}

// FuzzRewritten is TestRewritten with seeds a fuzzer finds.
func FuzzRewritten(f *testing.F) {
	plain, rewritten := newBare(f), newEngine(wazero.RepairAll(wazero.Config{Interpreter: true, Workers: 1}))(f)
	diff.Fuzz(f, func(t *testing.T, seed diff.Seed) {
		if d := disagreement(t, rewritten, plain, seed); d != "" {
			t.Errorf("rewritten, then as it was:\n%s", d)
		}
	})
}

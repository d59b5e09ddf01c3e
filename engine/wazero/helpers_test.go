package wazero_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/wazero"
)

// newEngine returns what makes an engine that is closed when the test ends.
func newEngine(c wazero.Config) func(testing.TB) engine.Engine {
	return func(t testing.TB) engine.Engine {
		t.Helper()
		e, err := wazero.New(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return e
	}
}

// compilerAndInterpreter are the two ways wazero runs a module.
func compilerAndInterpreter(t testing.TB) (compiler, interpreter engine.Engine) {
	return newEngine(wazero.Config{Workers: 1})(t), newEngine(wazero.Config{Interpreter: true, Workers: 1})(t)
}

func openCache(t testing.TB, dir string, log *slog.Logger) *cache.Cache {
	t.Helper()
	c, err := cache.Open(cache.Options{Dir: filepath.Join(dir, "wasm"), SecretFile: filepath.Join(dir, "key"), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// withInstance compiles a module, calls use with an instance of it in a store of its
// own, and closes all of them.
func withInstance(t testing.TB, e engine.Engine, wasm []byte, use func(engine.Instance)) {
	t.Helper()
	mod, err := e.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	defer mod.Close()
	s, err := e.NewStore(engine.StoreConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inst, err := s.Instantiate(mod, nil)
	if err != nil {
		t.Fatal(err)
	}
	use(inst)
}

// runIn calls the function "f" of a module and returns its one result.
func runIn(t testing.TB, e engine.Engine, wasm []byte, args ...uint64) uint64 {
	t.Helper()
	stack := append(slices.Clone(args), 0) // at least one, for the result
	withInstance(t, e, wasm, func(inst engine.Instance) {
		t.Helper()
		if err := inst.Export("f").(engine.Func).Call(stack); err != nil {
			t.Fatal(err)
		}
	})
	return stack[0]
}

// trapOf calls a function of a module that must trap.
func trapOf(t testing.TB, e engine.Engine, wasm []byte, export string) (trap *engine.Trap) {
	t.Helper()
	withInstance(t, e, wasm, func(inst engine.Instance) {
		t.Helper()
		err := inst.Export(export).(engine.Func).Call(nil)
		ok := false
		if trap, ok = errors.AsType[*engine.Trap](err); !ok {
			t.Fatalf("%s: %v, want a trap", export, err)
		}
	})
	return trap
}

package wazero_test

import (
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest"
	"github.com/berth-cli/berth/engine/wazero"
)

func newEngine(c wazero.Config) func(testing.TB) engine.Engine {
	return func(t testing.TB) engine.Engine {
		e, err := wazero.New(c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return e
	}
}

func TestEngine(t *testing.T) { enginetest.Run(t, newEngine(wazero.Config{})) }

func TestInterpreter(t *testing.T) { enginetest.Run(t, newEngine(wazero.Config{Interpreter: true})) }

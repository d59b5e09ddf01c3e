//go:build !wasmtime

package localnet_test

import (
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero"
)

// newEngine makes the engine this program is built with.
func newEngine(t testing.TB) engine.Engine {
	t.Helper()
	eng, err := wazero.New(wazero.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { eng.Close() })
	return eng
}

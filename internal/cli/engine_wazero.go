//go:build !wasmtime

package cli

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero"
)

// newEngine makes the engine of this build.
func (a *app) newEngine() (engine.Engine, error) {
	return wazero.New(wazero.Config{Cache: a.codeCache()})
}

//go:build !wasmtime

package testengine

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero"
)

// New returns a new engine without a cache.
func New() (engine.Engine, error) { return wazero.New(wazero.Config{}) }

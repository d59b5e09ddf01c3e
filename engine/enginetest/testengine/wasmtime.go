//go:build wasmtime

package testengine

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wasmtime"
)

// New returns a new engine without a cache.
func New() (engine.Engine, error) { return wasmtime.New(wasmtime.Config{AllowVulnerableARM64: true}) }

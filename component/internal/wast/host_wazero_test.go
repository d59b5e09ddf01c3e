//go:build !wasmtime

package wast_test

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero"
)

const engineName = "wazero"

// newEngine returns an engine that accepts exceptions, which it does not for
// plugins.
func newEngine() (engine.Engine, error) { return wazero.New(wazero.Config{UnsafeExceptions: true}) }

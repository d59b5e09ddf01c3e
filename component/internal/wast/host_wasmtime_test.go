//go:build wasmtime

package wast_test

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wasmtime"
)

const engineName = "wasmtime"

func newEngine() (engine.Engine, error) {
	return wasmtime.New(wasmtime.Config{AllowVulnerableARM64: true})
}

//go:build wasmtime

package cli

import (
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wasmtime"
)

// buildEngines is the engines that only some builds have: wasmtime, their default.
func buildEngines() []engineKind { return []engineKind{{engineWasmtime, makeWasmtime}} }

// makeWasmtime is refused on 64-bit ARM unless the user says that the plugins are
// trusted.
func makeWasmtime(a *app) (engine.Engine, error) {
	allow, err := strconv.ParseBool(a.getenv(vulnerableVariable))
	return wasmtime.New(wasmtime.Config{Cache: a.codeCache(), AllowVulnerableARM64: err == nil && allow})
}

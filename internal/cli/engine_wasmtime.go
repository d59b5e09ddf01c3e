//go:build wasmtime

package cli

import (
	"strconv"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wasmtime"
)

// vulnerableVariable lets plugins run on an engine that does not contain a hostile
// one on this processor.
const vulnerableVariable = "BERTH_ALLOW_VULNERABLE_ENGINE"

// newEngine makes the engine of this build. On 64-bit ARM it is refused unless the
// user says that the plugins are trusted.
func (a *app) newEngine() (engine.Engine, error) {
	allow, err := strconv.ParseBool(a.getenv(vulnerableVariable))
	return wasmtime.New(wasmtime.Config{Cache: a.codeCache(), AllowVulnerableARM64: err == nil && allow})
}

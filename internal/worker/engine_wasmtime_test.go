//go:build wasmtime

package worker_test

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/wasmtime"
)

func newEngine(c *cache.Cache) (engine.Engine, error) {
	return wasmtime.New(wasmtime.Config{Cache: c, AllowVulnerableARM64: true})
}

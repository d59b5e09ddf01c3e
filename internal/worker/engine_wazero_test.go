//go:build !wasmtime

package worker_test

import (
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/wazero"
)

func newEngine(c *cache.Cache) (engine.Engine, error) { return wazero.New(wazero.Config{Cache: c}) }

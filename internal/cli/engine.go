package cli

import (
	"path/filepath"

	"github.com/berth-cli/berth/engine/cache"
)

// codeCache opens the cache of compiled code; nil if it cannot be used.
func (a *app) codeCache() *cache.Cache {
	dir, err := a.cacheDir()
	if err != nil {
		return nil
	}
	config, err := a.configDir()
	if err != nil {
		return nil
	}
	c, err := cache.Open(cache.Options{
		Dir: filepath.Join(dir, "wasm"), SecretFile: filepath.Join(config, "cache-secret"), Log: a.log(),
	})
	if err != nil {
		a.log().Debug("no cache of compiled code", "err", err)
		return nil
	}
	return c
}

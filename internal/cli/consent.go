package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/berth-cli/berth/internal/atomicfile"
	"github.com/berth-cli/berth/internal/ic/agent"
)

// configDir is the folder of what berth keeps for the user and no project may
// change.
func (a *app) configDir() (string, error) {
	if dir := a.getenv("BERTH_CONFIG_DIR"); dir != "" {
		return dir, nil
	}
	if dir := a.getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) && runtime.GOOS != "windows" {
		return filepath.Join(dir, "berth"), nil
	}
	if home := a.getenv("HOME"); home != "" && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return filepath.Join(home, ".config", "berth"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find configuration folder: %w", err)
	}
	return filepath.Join(dir, "berth"), nil
}

// cacheDir is the folder of what can be made again.
func (a *app) cacheDir() (string, error) {
	if dir := a.getenv("BERTH_CACHE_DIR"); dir != "" {
		return dir, nil
	}
	if dir := a.getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) && runtime.GOOS != "windows" {
		return filepath.Join(dir, "berth"), nil
	}
	if home := a.getenv("HOME"); home != "" && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return filepath.Join(home, ".cache", "berth"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	return filepath.Join(dir, "berth"), nil
}

const consentsFile = "trusted-networks.json"

// consents are the root keys the user lets identities sign for.
func (a *app) consents() ([]string, error) {
	dir, err := a.configDir()
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, consentsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var keys []string
	if err == nil {
		err = json.Unmarshal(b, &keys)
	}
	if err != nil {
		return nil, fmt.Errorf("read trusted networks: %w", err)
	}
	return keys, nil
}

// consent remembers that the user lets identities sign for a root key.
func (a *app) consent(key agent.RootKey) error {
	keys, err := a.consents()
	if err != nil {
		return err
	}
	if slices.Contains(keys, key.Hex()) {
		return nil
	}
	dir, err := a.configDir()
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(append(keys, key.Hex()), "", "  ")
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(dir, consentsFile), append(b, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("remember trusted network: %w", err)
	}
	a.say("identities may sign for root key %s from now on", key)
	return nil
}

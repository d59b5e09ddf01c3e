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
	return a.userDir(userFolder{"configuration", "BERTH_CONFIG_DIR", "XDG_CONFIG_HOME", ".config", os.UserConfigDir})
}

// cacheDir is the folder of what can be made again.
func (a *app) cacheDir() (string, error) {
	return a.userDir(userFolder{"cache", "BERTH_CACHE_DIR", "XDG_CACHE_HOME", ".cache", os.UserCacheDir})
}

// userFolder says where a folder of the user's is looked for.
type userFolder struct {
	kind     string                 // for errors
	override string                 // variable that names berth's own folder
	xdg      string                 // variable that names the folder of all programs
	below    string                 // HOME, where neither is set
	system   func() (string, error) // what the operating system says
}

func (a *app) userDir(f userFolder) (string, error) {
	if dir := a.getenv(f.override); dir != "" {
		return dir, nil
	}
	if dir := a.getenv(f.xdg); filepath.IsAbs(dir) && runtime.GOOS != "windows" {
		return filepath.Join(dir, "berth"), nil
	}
	if home := a.getenv("HOME"); home != "" && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return filepath.Join(home, f.below, "berth"), nil
	}
	dir, err := f.system()
	if err != nil {
		return "", fmt.Errorf("find %s folder: %w", f.kind, err)
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

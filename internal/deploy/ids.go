package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/berth-cli/berth/internal/atomicfile"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// maxIDFileBytes bounds a file of ids.
const maxIDFileBytes = 1 << 20

// IDs is the file with the ids of an environment's canisters: a JSON object of
// names and principals, sorted, which icp-cli reads and writes too.
type IDs struct{ File string }

// ConnectedIDs is the file of an environment on a connected network. It belongs
// into version control.
func ConnectedIDs(projectDir, environment string) IDs {
	return IDs{filepath.Join(projectDir, ".icp", "data", "mappings", environment+".ids.json")}
}

// ManagedIDs is the file that icp-cli has for an environment on a network it runs.
func ManagedIDs(projectDir, environment string) IDs {
	return IDs{filepath.Join(projectDir, ".icp", "cache", "mappings", environment+".ids.json")}
}

// OwnIDs is the file of an environment on a network that berth runs.
func OwnIDs(networkDir, environment string) IDs {
	return IDs{filepath.Join(networkDir, environment+".ids.json")}
}

// Load returns all ids; none if there is no file.
func (s IDs) Load() (map[string]principal.Principal, error) {
	info, err := os.Stat(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]principal.Principal{}, nil
	}
	if err == nil && !info.Mode().IsRegular() { // by a link, it could be a device without end
		err = errNotRegular
	}
	if err == nil && info.Size() > maxIDFileBytes {
		err = fmt.Errorf("larger than %d bytes", maxIDFileBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("read canister ids from %s: %w", s.File, err)
	}
	b, err := os.ReadFile(s.File)
	if err != nil {
		return nil, fmt.Errorf("read canister ids: %w", err)
	}
	ids := make(map[string]principal.Principal)
	if err := json.Unmarshal(b, &ids); err != nil {
		return nil, fmt.Errorf("read canister ids from %s: %w", s.File, err)
	}
	return ids, nil
}

// Set writes the id of a canister, in place of another.
func (s IDs) Set(name string, id principal.Principal) error {
	ids, err := s.Load()
	if err != nil {
		return err
	}
	ids[name] = id
	b, err := json.MarshalIndent(ids, "", "  ")
	if err != nil {
		return fmt.Errorf("write canister ids: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(s.File), 0o777); err != nil {
		return fmt.Errorf("write canister ids: %w", err)
	}
	if err := atomicfile.WriteFile(s.File, append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write canister ids: %w", err)
	}
	return nil
}

// idVars are the variables that tell a sync script the ids of all canisters, by
// name.
func idVars(ids map[string]principal.Principal) []string {
	var vars []string
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		vars = append(vars, "ICP_CLI_CID_"+envName(name)+"="+ids[name].String())
	}
	return vars
}

package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/atomicfile"
	"github.com/gofrs/flock"
)

// Artifacts is the folder of built modules, one file a canister, which icp-cli
// shares. Writers and readers hold the lock file .lock in it.
type Artifacts struct {
	Dir     string
	Project string // the folder that Dir must not lead out of
}

// ProjectArtifacts is the folder of a project.
func ProjectArtifacts(projectDir string) Artifacts {
	return Artifacts{Dir: filepath.Join(projectDir, ".icp", "cache", "artifacts"), Project: projectDir}
}

const (
	maxFileName  = 255
	artifactWait = 30 * time.Second
	lockPause    = 20 * time.Millisecond
)

var errLongName = errors.New("name is too long for a file")

// file is the path of a canister's module. Names may hold what cannot stand in a
// file's name.
func (a Artifacts) file(canister string) (string, error) {
	name := strings.NewReplacer("%", "%25", "/", "%2F", `\`, "%5C", ":", "%3A").Replace(canister)
	if len(name) > maxFileName {
		return "", fmt.Errorf("artifact of canister '%.40s…': %w", canister, errLongName)
	}
	return filepath.Join(a.Dir, name), nil
}

// Save keeps a canister's module.
func (a Artifacts) Save(ctx context.Context, canister string, wasm []byte) error {
	file, err := a.file(canister)
	if err != nil {
		return err
	}
	if err := insideProject(a.Project, a.Dir); err != nil {
		return fmt.Errorf("save artifact: %w", err)
	}
	if err := os.MkdirAll(a.Dir, 0o777); err != nil {
		return fmt.Errorf("save artifact: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, artifactWait)
	defer cancel()
	lockFile := filepath.Join(a.Dir, ".lock")
	if err := checkLock(lockFile); err != nil {
		return fmt.Errorf("save artifact: %w", err)
	}
	lock := flock.New(lockFile)
	if _, err := lock.TryLockContext(ctx, lockPause); err != nil {
		return fmt.Errorf("save artifact: lock %s: %w", a.Dir, err)
	}
	defer lock.Close()
	if err := atomicfile.WriteFile(file, wasm, 0o644); err != nil {
		return fmt.Errorf("save artifact: %w", err)
	}
	return nil
}

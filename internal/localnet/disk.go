package localnet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// The files of a state folder:
//
//	lock        held while a process has the network open
//	owner       the id of that process, in decimal
//	state.<n>   the state; the highest n whose first group is whole counts
const (
	lockName    = "lock"
	ownerName   = "owner"
	statePrefix = "state."
)

// LockedError is the error for a state folder another process has open.
type LockedError struct {
	Dir string
	PID int // of the other process, 0 if it cannot be told
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the network in %s is in use by another process", e.Dir)
	}
	return fmt.Sprintf("the network in %s is in use by process %d", e.Dir, e.PID)
}

// VersionError is the error for state in a format this program does not know.
type VersionError struct{ Found, Want int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the network's state has format %d, this program reads format %d: reset the network to make a new one", e.Found, e.Want)
}

// StateError is the error for state that cannot be read.
type StateError struct {
	File string
	Err  error
}

func (e *StateError) Error() string {
	return fmt.Sprintf("the network's state %s is damaged: %v", e.File, e.Err)
}

// Unwrap returns e.Err.
func (e *StateError) Unwrap() error { return e.Err }

// disk is an open state folder.
type disk struct {
	dir  string
	root *os.Root
	lock *flock.Flock
	file *os.File // nil before the first save
	gen  uint64
	base int64 // length of the first group
	size int64 // of whole groups
	torn bool  // the file may have more than size bytes
}

// openDisk takes the lock and reads the state, if there is any.
func (n *Network) openDisk(ctx context.Context) (found bool, err error) {
	if err := os.MkdirAll(n.cfg.StateDir, 0o700); err != nil {
		return false, err
	}
	root, err := os.OpenRoot(n.cfg.StateDir)
	if err != nil {
		return false, err
	}
	d := &disk{dir: n.cfg.StateDir, root: root, lock: flock.New(filepath.Join(n.cfg.StateDir, lockName), flock.SetPermissions(0o600))}
	n.disk = d
	if err := d.acquire(ctx, n.cfg.LockWait); err != nil {
		root.Close()
		n.disk = nil
		return false, err
	}
	found, err = d.read(n)
	if err != nil {
		n.closeDisk()
	}
	return found, err
}

// acquire waits for the lock.
func (d *disk) acquire(ctx context.Context, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		ok, err := d.lock.TryLock()
		if err != nil {
			return fmt.Errorf("lock %s: %w", d.dir, err)
		}
		if ok {
			return d.root.WriteFile(ownerName, []byte(strconv.Itoa(os.Getpid())), 0o600)
		}
		if time.Now().After(deadline) {
			return &LockedError{Dir: d.dir, PID: d.owner()}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", &LockedError{Dir: d.dir, PID: d.owner()}, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (d *disk) owner() int {
	b, err := d.root.ReadFile(ownerName)
	if err != nil || len(b) > 20 {
		return 0
	}
	id, err := strconv.Atoi(string(b))
	if err != nil {
		return 0
	}
	return id
}

// generations lists the numbers of the state files, newest first.
func (d *disk) generations() ([]uint64, error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var gens []uint64
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), statePrefix)
		g, err := strconv.ParseUint(digits, 10, 63)
		if ok && err == nil && stateName(g) == e.Name() {
			gens = append(gens, g)
		}
	}
	slices.Sort(gens)
	slices.Reverse(gens)
	return gens, nil
}

func stateName(gen uint64) string { return statePrefix + strconv.FormatUint(gen, 10) }

// read loads the newest whole generation.
func (d *disk) read(n *Network) (found bool, err error) {
	gens, err := d.generations()
	if err != nil {
		return false, err
	}
	if len(gens) > 0 {
		d.gen = gens[0]
	}
	for _, g := range gens {
		found, err := d.readFile(n, g)
		if err != nil {
			return false, err
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}

func (d *disk) readFile(n *Network, gen uint64) (found bool, err error) {
	f, err := d.root.OpenFile(stateName(gen), os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	defer func() {
		if !found {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, &StateError{File: filepath.Join(d.dir, stateName(gen)), Err: errors.New("not a regular file")}
	}
	l, err := newLoader(n)
	if err != nil {
		return false, err
	}
	end, groups, err := l.load(newJournalReader(f, info.Size()))
	if errors.Is(err, errTorn) || err == nil && groups == 0 {
		return false, nil // its writer was killed before the first group was whole
	}
	if err == nil {
		err = l.finish()
	}
	if _, ok := errors.AsType[*VersionError](err); ok {
		return false, err
	}
	if err != nil {
		return false, &StateError{File: filepath.Join(d.dir, stateName(gen)), Err: err}
	}
	d.file, d.size, d.base, d.torn = f, end, end, end < info.Size()
	return true, nil
}

// rotateBytes is how much a state file grows beyond twice its first group before a
// new one is begun.
const rotateBytes = 64 << 20

// append saves what changed.
func (d *disk) append(n *Network) error {
	if d.file == nil || d.size > 2*d.base+rotateBytes {
		return d.rotate(n)
	}
	if d.torn {
		if err := d.file.Truncate(d.size); err != nil {
			return d.rotate(n)
		}
		d.torn = false
	}
	if _, err := d.file.Seek(d.size, 0); err != nil {
		return fmt.Errorf("save network state: %w", err)
	}
	j := newJournalWriter(d.file)
	s, err := newSaver(n, j, false)
	if err == nil {
		err = s.group()
	}
	if err != nil {
		d.torn = true
		return fmt.Errorf("save network state: %w", err)
	}
	d.size += j.n
	return nil
}

// rotate begins a new file with the whole state. The old one goes only when the
// new one is safe.
func (d *disk) rotate(n *Network) error {
	name := stateName(d.gen + 1)
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("save network state: %w", err)
	}
	j := newJournalWriter(f)
	s, err := newSaver(n, j, true)
	if err == nil {
		j.raw(append([]byte(journalMagic), journalVersion))
		err = s.group()
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Close()
		d.root.Remove(name)
		return fmt.Errorf("save network state: %w", err)
	}
	if d.file != nil {
		d.file.Close()
	}
	d.gen++
	d.file, d.base, d.size, d.torn = f, j.n, j.n, false
	d.removeOld()
	return nil
}

func (d *disk) removeOld() {
	gens, err := d.generations()
	if err != nil {
		return
	}
	for _, g := range gens {
		if g < d.gen {
			d.root.Remove(stateName(g))
		}
	}
}

// closeDisk leaves the folder to others.
func (n *Network) closeDisk() {
	d := n.disk
	if d == nil {
		return
	}
	n.disk = nil
	if d.file != nil {
		n.closeErr = cmpErr(n.closeErr, d.file.Sync())
		d.file.Close()
	}
	d.root.Remove(ownerName)
	d.root.Close()
	d.lock.Unlock()
}

package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/berth-cli/berth/internal/atomicfile"
	"github.com/gofrs/flock"
)

// The files of a state folder:
//
//	lock   held while a process has the network open
//	owner  the id of that process, in decimal
//	state  the state, see journal.go
const (
	lockName  = "lock"
	ownerName = "owner"
	stateName = "state"
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
	base int64    // length of the first group
	size int64    // of whole groups
	torn bool     // the file may have more than size bytes
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
	// The lock is opened by its path, which follows links.
	if info, err := d.root.Lstat(lockName); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("lock %s: %s is not a regular file", d.dir, lockName)
	}
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

func (d *disk) stateFile() string { return filepath.Join(d.dir, stateName) }

// read loads the state, if there is one.
func (d *disk) read(n *Network) (found bool, err error) {
	d.removeLeftovers()
	f, err := d.root.OpenFile(stateName, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d.file = f
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, &StateError{File: d.stateFile(), Err: errors.New("not a regular file")}
	}
	err = d.load(n, info.Size())
	if _, ok := errors.AsType[*VersionError](err); ok {
		return false, err
	}
	if err != nil {
		return false, &StateError{File: d.stateFile(), Err: err}
	}
	return true, nil
}

func (d *disk) load(n *Network, size int64) error {
	l, err := newLoader(n)
	if err != nil {
		return err
	}
	end, groups, err := l.load(newJournalReader(d.file, size))
	if err != nil {
		return err
	}
	if groups == 0 {
		return errTorn
	}
	d.size, d.base, d.torn = end, end, end < size
	return l.finish()
}

// removeLeftovers removes what a killed process was writing.
func (d *disk) removeLeftovers() {
	names, err := fs.Glob(d.root.FS(), atomicfile.TempPattern)
	if err != nil {
		return
	}
	for _, name := range names {
		d.root.Remove(name)
	}
}

// rotateBytes is how much a state file grows beyond twice its size when it was read
// or made before a new one takes its place.
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

// rotate puts a new file with the whole state in the place of the old one.
func (d *disk) rotate(n *Network) error {
	if d.file != nil { // a file that is open cannot be replaced everywhere
		d.file.Close()
		d.file = nil
	}
	var written int64
	err := atomicfile.Write(d.stateFile(), 0o600, func(w io.Writer) error {
		j := newJournalWriter(w)
		s, err := newSaver(n, j, true)
		if err != nil {
			return err
		}
		j.raw(append([]byte(journalMagic), journalVersion))
		err = s.group()
		written = j.n
		return err
	})
	if err == nil {
		d.file, err = d.root.OpenFile(stateName, os.O_RDWR, 0)
	}
	if err != nil {
		return fmt.Errorf("save network state: %w", err) // d.file is nil: the next save comes here again
	}
	d.base, d.size, d.torn = written, written, false
	return nil
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

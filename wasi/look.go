package wasi

import (
	"context"

	"github.com/berth-cli/berth/component"
)

// glance is what the latest stat-at found. A C library looks twice and once more to
// open: stat() is stat-at, and metadata-hash-at for the inode number; then it asks
// for the flags and the type of the folder, and open-at looks so as not to open a
// pipe or a device. What one call found serves the others.
//
// If metadata-hash-at is the very next call of the guest, it is answered so: nobody
// can tell, and size and time are then of one moment with the number. open-at is
// spared looking within glanceCalls, and opens what the path means by then; if
// that is another file, or none, it looks as ever. What changes names, and waiting,
// makes the glance forgotten.
type glance struct {
	d    *descriptor // nil if there was none
	pf   pathFlags
	path string
	call uint64 // of the guest, counted
	fi   fileInfo
}

// glanceCalls is in which call after stat-at open-at comes at the latest.
const glanceCalls = 4

// addLooks defines what looks at a path.
func addLooks(l files) {
	l.Func("[method]descriptor.stat-at", component.Func3(
		func(ctx context.Context, d borrowed, pf pathFlags, path string) (component.Result[descriptorStat, errorCode], error) {
			return coded(d.Value().statAt(pf, path, component.HostCalls(ctx)))
		}))
	l.Func("[method]descriptor.metadata-hash-at", component.Func3(
		func(ctx context.Context, d borrowed, pf pathFlags, path string) (component.Result[metadataHash, errorCode], error) {
			return coded(d.Value().hashAt(pf, path, component.HostCalls(ctx)))
		}))
	l.Func("[method]descriptor.open-at", component.Func5(
		func(ctx context.Context, d borrowed, pf pathFlags, path string, open openFlags, flags descriptorFlags) (component.Result[component.Own[*descriptor], errorCode], error) {
			return coded(owned(d.Value().openAt(pf, path, open, flags, component.HostCalls(ctx))))
		}))
}

// statAt tells about what a path means, in the call of the guest that has that
// number.
func (d *descriptor) statAt(pf pathFlags, path string, call uint64) (descriptorStat, error) {
	fi, err := d.infoAt(pf, path)
	d.host.seen = glance{}
	if err == nil {
		d.host.seen = glance{d, pf, path, call, fi}
	}
	return newStat(fi, err)
}

// hashAt tells what a path means from other files, in a call of the guest.
func (d *descriptor) hashAt(pf pathFlags, path string, call uint64) (metadataHash, error) {
	if seen := &d.host.seen; seen.d == d && seen.pf == pf && seen.path == path && seen.call+1 == call {
		return d.host.hash(seen.fi, nil)
	}
	return d.host.hash(d.infoAt(pf, path))
}

// openAt opens a file or folder below d, in a call of the guest.
func (d *descriptor) openAt(pf pathFlags, path string, open openFlags, flags descriptorFlags, call uint64) (*descriptor, error) {
	seen := &d.host.seen
	if open == 0 && seen.d == d && seen.path == path && seen.call < call && call-seen.call <= glanceCalls {
		if f := d.openSeen(flags); f != nil {
			return d.opened(open, flags, f)
		}
	}
	return d.openPath(pf, path, open, flags)
}

// openSeen opens the regular file that the guest has just looked at. It returns nil
// if openPath is to look: the file is not there, or something is to be refused. On the
// quick way links are never followed, so it does not matter whether they may be.
func (d *descriptor) openSeen(flags descriptorFlags) *hostFile {
	seen := &d.host.seen
	if seen.fi.typ != typeRegularFile || d.checkOpen(0, flags) != nil {
		return nil
	}
	if d.host.looked != nil {
		d.host.looked()
	}
	dir := d.dir.v
	f, now := dir.quick.open(dir.Root, seen.path, openMode(flags))
	if f != nil && checkOpened(now, &seen.fi) != nil {
		_ = f.Close() // it is opened anew
		return nil
	}
	return f
}

// forget makes the next call look for itself.
func (h *Host) forget() { h.seen = glance{} }

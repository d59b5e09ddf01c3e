package wasi

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"time"
)

// Stat is a wasi:filesystem descriptor-stat. A time the system does not tell is
// nil.
type Stat struct {
	Type                      DescriptorType
	LinkCount                 uint64
	Size                      uint64
	DataAccessTimestamp       *Datetime
	DataModificationTimestamp *Datetime
	StatusChangeTimestamp     *Datetime
}

// newStat makes of what the system tells what a guest is told.
func newStat(fi fileInfo, err error) (Stat, error) {
	if err != nil {
		return Stat{}, errorCodeOf(err)
	}
	var at [3]*Datetime
	times := make([]Datetime, len(at))
	for i, t := range [...]time.Time{fi.atime, fi.mtime, fi.ctime} {
		if !t.IsZero() {
			times[i] = newDatetime(t)
			at[i] = &times[i]
		}
	}
	return Stat{
		Type:                      fi.typ,
		LinkCount:                 fi.links,
		Size:                      uint64(max(fi.size, 0)),
		DataAccessTimestamp:       at[0],
		DataModificationTimestamp: at[1],
		StatusChangeTimestamp:     at[2],
	}, nil
}

// info returns what the system tells about d.
func (d *Descriptor) info() (fileInfo, error) {
	if d.dir != nil {
		return d.dir.v.look(".", true)
	}
	return d.file.v.look()
}

// infoAt returns what the system tells about a path.
func (d *Descriptor) infoAt(pf PathFlags, path string) (fileInfo, error) {
	dir, err := d.folder()
	if err != nil {
		return fileInfo{}, err
	}
	if err := checkPath(path); err != nil {
		return fileInfo{}, err
	}
	return dir.look(path, pf&FollowLinks != 0)
}

// Type is get-type. Nothing but folders and regular files is ever opened.
func (d *Descriptor) Type() (DescriptorType, error) {
	if d.dir != nil {
		return TypeDirectory, nil
	}
	return TypeRegularFile, nil
}

// Stat tells about d.
func (d *Descriptor) Stat() (Stat, error) { return newStat(d.info()) }

// StatAt tells about what a path means.
func (d *Descriptor) StatAt(pf PathFlags, path string) (Stat, error) {
	return newStat(d.infoAt(pf, path))
}

// IsSameObject says whether d and other are the same file or folder.
func (d *Descriptor) IsSameObject(other *Descriptor) bool {
	a, err := d.info()
	if err != nil {
		return false
	}
	b, err := other.info()
	return err == nil && sameFile(a, b)
}

// MetadataHash is a wasi:filesystem metadata-hash-value. Lower stays the same as
// long as the file does, and serves guests as its inode number; Upper changes with
// size and time of modification. Neither tells anything else, and both differ from
// run to run.
type MetadataHash struct{ Lower, Upper uint64 }

// MetadataHash tells d from other files.
func (d *Descriptor) MetadataHash() (MetadataHash, error) {
	return d.host.hash(d.info())
}

// MetadataHashAt tells what a path means from other files.
func (d *Descriptor) MetadataHashAt(pf PathFlags, path string) (MetadataHash, error) {
	return d.host.hash(d.infoAt(pf, path))
}

func (h *Host) hash(fi fileInfo, err error) (MetadataHash, error) {
	if err != nil {
		return MetadataHash{}, errorCodeOf(err)
	}
	b := append(make([]byte, 0, 64), h.hashKey[:]...)
	b = binary.BigEndian.AppendUint64(b, fi.dev)
	b = binary.BigEndian.AppendUint64(b, fi.ino)
	b = append(b, byte(fi.typ))
	lower := sha256.Sum256(b)
	b = binary.BigEndian.AppendUint64(b, uint64(fi.size))
	b = binary.BigEndian.AppendUint64(b, uint64(fi.mtime.UnixNano()))
	upper := sha256.Sum256(b)
	return MetadataHash{
		Lower: binary.BigEndian.Uint64(lower[:]),
		Upper: binary.BigEndian.Uint64(upper[:]),
	}, nil
}

// NewTimestamp is a wasi:filesystem new-timestamp: NoChange, Now or Timestamp.
type NewTimestamp interface {
	newTimestamp(NoChange, Now, Timestamp)
}

// NoChange leaves a time as it is.
type NoChange struct{}

// Now sets a time to that of the call.
type Now struct{}

// Timestamp sets a time to At.
type Timestamp struct{ At Datetime }

func (NoChange) newTimestamp(NoChange, Now, Timestamp)  {}
func (Now) newTimestamp(NoChange, Now, Timestamp)       {}
func (Timestamp) newTimestamp(NoChange, Now, Timestamp) {}

// newTimes returns the two times, zero for one that is to stay.
func (h *Host) newTimes(access, modification NewTimestamp) (atime, mtime time.Time, err error) {
	now := h.now()
	if atime, err = newTime(access, now); err != nil {
		return time.Time{}, time.Time{}, err
	}
	mtime, err = newTime(modification, now)
	return atime, mtime, err
}

func newTime(t NewTimestamp, now time.Time) (time.Time, error) {
	switch t := t.(type) {
	case Now:
		return now, nil
	case Timestamp:
		switch {
		case t.At.Nanoseconds >= 1e9:
			return time.Time{}, CodeInvalid
		case t.At.Seconds >= math.MaxInt64/uint64(time.Second): // the year 2262
			return time.Time{}, CodeOverflow
		}
		return time.Unix(int64(t.At.Seconds), int64(t.At.Nanoseconds)), nil
	}
	return time.Time{}, nil
}

// SetTimes sets the times of d.
func (d *Descriptor) SetTimes(access, modification NewTimestamp) error {
	if !d.grant.readWrite {
		return CodeNotPermitted
	}
	atime, mtime, err := d.host.newTimes(access, modification)
	if err != nil {
		return err
	}
	if d.dir != nil {
		return codeOrNil(d.dir.v.Chtimes(".", atime, mtime))
	}
	return codeOrNil(d.file.v.setTimes(atime, mtime))
}

// SetTimesAt sets the times of what a path means.
func (d *Descriptor) SetTimesAt(pf PathFlags, path string, access, modification NewTimestamp) error {
	root, err := d.mutable()
	if err != nil {
		return err
	}
	if err := checkPath(path); err != nil {
		return err
	}
	atime, mtime, err := d.host.newTimes(access, modification)
	if err != nil {
		return err
	}
	if pf&FollowLinks == 0 {
		p, err := newPlace(root, path)
		if err == nil {
			return codeOrNil(p.setTimes(atime, mtime))
		}
		if !errors.Is(err, CodeInvalid) {
			return errorCodeOf(err)
		}
	}
	return codeOrNil(root.Chtimes(path, atime, mtime))
}

// setTimes sets the times of p, of a link itself if p is one.
func (p place) setTimes(atime, mtime time.Time) error {
	if err := p.checkSlash(); err != nil {
		return err
	}
	fi, err := p.root.Lstat(p.path())
	switch {
	case err != nil:
		return err
	case fi.Mode().Type() == fs.ModeSymlink:
		return setLinkTimes(p, atime, mtime)
	}
	return p.root.Chtimes(p.path(), atime, mtime)
}

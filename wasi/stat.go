package wasi

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"time"
)

// descriptorStat is a wasi:filesystem descriptor-stat. A time the system does not
// tell is nil.
type descriptorStat struct {
	Type                      descriptorType
	LinkCount                 uint64
	Size                      uint64
	DataAccessTimestamp       *datetime
	DataModificationTimestamp *datetime
	StatusChangeTimestamp     *datetime
}

// newStat makes of what the system tells what a guest is told.
func newStat(fi fileInfo, err error) (descriptorStat, error) {
	if err != nil {
		return descriptorStat{}, errorCodeOf(err)
	}
	var at [3]*datetime
	times := make([]datetime, len(at))
	for i, t := range [...]time.Time{fi.atime, fi.mtime, fi.ctime} {
		if !t.IsZero() {
			times[i] = newDatetime(t)
			at[i] = &times[i]
		}
	}
	return descriptorStat{
		Type:                      fi.typ,
		LinkCount:                 fi.links,
		Size:                      uint64(max(fi.size, 0)),
		DataAccessTimestamp:       at[0],
		DataModificationTimestamp: at[1],
		StatusChangeTimestamp:     at[2],
	}, nil
}

// info returns what the system tells about d.
func (d *descriptor) info() (fileInfo, error) {
	if d.dir != nil {
		return d.dir.v.look(".", true)
	}
	return d.file.v.look()
}

// infoAt returns what the system tells about a path.
func (d *descriptor) infoAt(pf pathFlags, path string) (fileInfo, error) {
	dir, err := d.folder()
	if err != nil {
		return fileInfo{}, err
	}
	if err := checkPath(path); err != nil {
		return fileInfo{}, err
	}
	return dir.look(path, pf&followLinks != 0)
}

// getType is get-type. Nothing but folders and regular files is ever opened.
func (d *descriptor) getType() (descriptorType, error) {
	if d.dir != nil {
		return typeDirectory, nil
	}
	return typeRegularFile, nil
}

// stat tells about d.
func (d *descriptor) stat() (descriptorStat, error) { return newStat(d.info()) }

// isSameObject says whether d and other are the same file or folder.
func (d *descriptor) isSameObject(other *descriptor) bool {
	a, err := d.info()
	if err != nil {
		return false
	}
	b, err := other.info()
	return err == nil && sameFile(a, b)
}

// metadataHash is a wasi:filesystem metadata-hash-value. Lower stays the same as
// long as the file does, and serves guests as its inode number; Upper changes with
// size and time of modification. Neither tells anything else, and both differ from
// run to run.
type metadataHash struct{ Lower, Upper uint64 }

// metadataHash tells d from other files.
func (d *descriptor) metadataHash() (metadataHash, error) {
	return d.host.hash(d.info())
}

func (h *Host) hash(fi fileInfo, err error) (metadataHash, error) {
	if err != nil {
		return metadataHash{}, errorCodeOf(err)
	}
	b := append(make([]byte, 0, 64), h.hashKey[:]...)
	b = binary.BigEndian.AppendUint64(b, fi.dev)
	b = binary.BigEndian.AppendUint64(b, fi.ino)
	b = append(b, byte(fi.typ))
	lower := sha256.Sum256(b)
	b = binary.BigEndian.AppendUint64(b, uint64(fi.size))
	b = binary.BigEndian.AppendUint64(b, uint64(fi.mtime.UnixNano()))
	upper := sha256.Sum256(b)
	return metadataHash{
		Lower: binary.BigEndian.Uint64(lower[:]),
		Upper: binary.BigEndian.Uint64(upper[:]),
	}, nil
}

// newTimestamp is a wasi:filesystem new-timestamp: noChange, timeNow or timestamp.
type newTimestamp interface {
	newTimestamp(noChange, timeNow, timestamp)
}

// noChange leaves a time as it is.
type noChange struct{}

// timeNow sets a time to that of the call.
type timeNow struct{}

// timestamp sets a time to At.
type timestamp struct{ At datetime }

func (noChange) newTimestamp(noChange, timeNow, timestamp)  {}
func (timeNow) newTimestamp(noChange, timeNow, timestamp)   {}
func (timestamp) newTimestamp(noChange, timeNow, timestamp) {}

// newTimes returns the two times, zero for one that is to stay.
func (h *Host) newTimes(access, modification newTimestamp) (atime, mtime time.Time, err error) {
	now := h.now()
	if atime, err = newTime(access, now); err != nil {
		return time.Time{}, time.Time{}, err
	}
	mtime, err = newTime(modification, now)
	return atime, mtime, err
}

func newTime(t newTimestamp, now time.Time) (time.Time, error) {
	switch t := t.(type) {
	case timeNow:
		return now, nil
	case timestamp:
		switch {
		case t.At.Nanoseconds >= 1e9:
			return time.Time{}, codeInvalid
		case t.At.Seconds >= math.MaxInt64/uint64(time.Second): // the year 2262
			return time.Time{}, codeOverflow
		}
		return time.Unix(int64(t.At.Seconds), int64(t.At.Nanoseconds)), nil
	}
	return time.Time{}, nil
}

// setTimes sets the times of d.
func (d *descriptor) setTimes(access, modification newTimestamp) error {
	if !d.grant.readWrite {
		return codeNotPermitted
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

// setTimesAt sets the times of what a path means.
func (d *descriptor) setTimesAt(pf pathFlags, path string, access, modification newTimestamp) error {
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
	if pf&followLinks == 0 {
		p, err := newPlace(root, path)
		if err == nil {
			return codeOrNil(p.setTimes(atime, mtime))
		}
		if !errors.Is(err, codeInvalid) {
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

package wasi_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/berth-cli/berth/wasi"
)

func TestStat(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/")
	mtime := time.Unix(1_700_000_000, 123_000_000)
	if err := os.Chtimes(filepath.Join(dir, "file"), mtime, mtime); err != nil {
		t.Fatal(err)
	}
	d := grant(t, dir, false)
	byPath, err := d.StatAt(0, "file")
	if err != nil {
		t.Fatal(err)
	}
	byFile, err := open(t, d, "file", 0, 0).Stat()
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range []wasi.Stat{byPath, byFile} {
		if st.Type != wasi.TypeRegularFile || st.Size != 15 || st.LinkCount != 1 ||
			*st.DataModificationTimestamp != (wasi.Datetime{Seconds: 1_700_000_000, Nanoseconds: 123_000_000}) {
			t.Errorf("stat = %+v, %+v", st, *st.DataModificationTimestamp)
		}
	}
	if st, err := d.Stat(); err != nil || st.Type != wasi.TypeDirectory {
		t.Errorf("Stat of the folder = %+v, %v", st, err)
	}
	if typ, err := open(t, d, "sub", 0, 0).Type(); err != nil || typ != wasi.TypeDirectory {
		t.Errorf("Type of a folder = %v, %v", typ, err)
	}
}

func TestSetTimes(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "sub/")
	now := time.Unix(1_600_000_000, 0)
	h := newHost(t, wasi.Config{
		Preopens: []wasi.Preopen{{Dir: dir, ReadWrite: true}}, Now: func() time.Time { return now },
	})
	d := preopens(t, h)[0].Descriptor
	at := func(s uint64, ns uint32) wasi.Timestamp {
		return wasi.Timestamp{At: wasi.Datetime{Seconds: s, Nanoseconds: ns}}
	}
	file := open(t, d, "file", 0, readWrite)
	sub := open(t, d, "sub", 0, 0)
	for _, tt := range []struct {
		name          string
		set           func(a, m wasi.NewTimestamp) error
		atime, mtime  wasi.NewTimestamp
		wantA, wantM  uint64
		wantErr       error
		after, folder bool
	}{
		{name: "path", set: func(a, m wasi.NewTimestamp) error { return d.SetTimesAt(0, "file", a, m) },
			atime: at(100, 0), mtime: at(200, 0), wantA: 100, wantM: 200},
		{name: "file", set: file.SetTimes, atime: at(300, 0), mtime: wasi.NoChange{}, wantA: 300, wantM: 200},
		{name: "now", set: file.SetTimes, atime: wasi.NoChange{}, mtime: wasi.Now{}, wantA: 300, wantM: 1_600_000_000},
		{name: "followed", set: func(a, m wasi.NewTimestamp) error { return d.SetTimesAt(wasi.FollowLinks, "file", a, m) },
			atime: at(1, 0), mtime: wasi.NoChange{}, wantA: 1, wantM: 1_600_000_000},
		{name: "bad nanoseconds", set: file.SetTimes, atime: at(1, 1e9), mtime: wasi.Now{}, wantErr: wasi.CodeInvalid},
		{name: "far future", set: file.SetTimes, atime: at(math.MaxUint64, 0), mtime: wasi.Now{}, wantErr: wasi.CodeOverflow},
		{name: "folder", set: sub.SetTimes, atime: at(5, 0), mtime: at(6, 0), folder: true, wantA: 5, wantM: 6},
		{name: "this folder", set: func(a, m wasi.NewTimestamp) error { return sub.SetTimesAt(0, ".", a, m) },
			atime: at(7, 0), mtime: at(8, 0), folder: true, wantA: 7, wantM: 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.set(tt.atime, tt.mtime); !errors.Is(err, tt.wantErr) {
				t.Fatalf("set times = %v, want %v", err, tt.wantErr)
			}
			of := file
			if tt.folder {
				of = sub
			}
			st, err := of.Stat()
			if err != nil || tt.wantErr != nil {
				return
			}
			if st.DataAccessTimestamp.Seconds != tt.wantA || st.DataModificationTimestamp.Seconds != tt.wantM {
				t.Errorf("times = %v, %v, want %d, %d", *st.DataAccessTimestamp, *st.DataModificationTimestamp, tt.wantA, tt.wantM)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "file", "other")
	if err := os.Link(filepath.Join(dir, "file"), filepath.Join(dir, "same")); err != nil {
		t.Fatal(err)
	}
	d := grant(t, dir, true)
	file, same, other := open(t, d, "file", 0, readWrite), open(t, d, "same", 0, 0), open(t, d, "other", 0, 0)
	if !file.IsSameObject(same) || file.IsSameObject(other) || file.IsSameObject(d) || !d.IsSameObject(open(t, d, ".", 0, 0)) {
		t.Error("IsSameObject is wrong")
	}
	hash := func(h wasi.MetadataHash, err error) wasi.MetadataHash {
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first := hash(file.MetadataHash())
	if hash(d.MetadataHashAt(0, "file")) != first {
		t.Error("hash by path differs from that by descriptor")
	}
	if runtime.GOOS != "windows" && (hash(same.MetadataHash()) != first || hash(other.MetadataHash()).Lower == first.Lower) {
		t.Error("hash does not tell files apart")
	}
	if err := file.SetSize(3); err != nil {
		t.Fatal(err)
	}
	if then := hash(file.MetadataHash()); then.Lower != first.Lower || then.Upper == first.Upper {
		t.Errorf("hash after a change = %v, want the lower half of %v and another upper half", then, first)
	}
	h := newHost(t, wasi.Config{Preopens: []wasi.Preopen{{Dir: dir}}})
	if hash(preopens(t, h)[0].Descriptor.MetadataHashAt(0, "same")).Lower == first.Lower {
		t.Error("two runs have the same hash")
	}
}

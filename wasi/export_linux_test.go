package wasi

import (
	"os"

	"golang.org/x/sys/unix"
)

// WithoutQuick makes a folder go through os.Root alone.
func WithoutQuick(d *Descriptor) { d.dir.v.quick.off = true }

// TypeOfUntold returns the type of a name in dir of which the system did not tell it
// with the name.
func TypeOfUntold(dir, name string) (DescriptorType, bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return 0, false, err
	}
	folder, err := newHostFile(f)
	if err != nil {
		return 0, false, err
	}
	typ, ok := typeOfDirent(folder, name, unix.DT_UNKNOWN)
	return typ, ok, folder.Close()
}

// NamesOf returns the names and types in what getdents64 returned, and whether
// all of it was understood.
func NamesOf(b []byte) (all []string, kinds []byte, ok bool) {
	n := names{rest: b}
	for len(n.rest) > 0 {
		name, kind, ok := n.take()
		if !ok {
			return all, kinds, false
		}
		all, kinds = append(all, name), append(kinds, kind)
	}
	return all, kinds, true
}

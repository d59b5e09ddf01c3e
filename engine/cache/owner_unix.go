//go:build unix

package cache

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

func checkOwner(name string, info fs.FileInfo, forbidden fs.FileMode) error {
	if bits := info.Mode().Perm() & forbidden; bits != 0 {
		return fmt.Errorf("%s: %w: its permissions are %v", name, ErrUnsafe, info.Mode().Perm())
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: %w: it is owned by another user", name, ErrUnsafe)
	}
	return nil
}

//go:build unix

package project

import (
	"io/fs"
	"os"
	"syscall"
)

// trustedOwner reports whether a file is this user's or root's.
func trustedOwner(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Uid == 0 || int(st.Uid) == os.Geteuid()
}

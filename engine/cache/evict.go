package cache

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/berth-cli/berth/internal/atomicfile"
)

// evict deletes the least recently used entries until size more bytes fit, and
// files that a crash left behind.
func (c *Cache) evict(size int64) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.log.Debug("compile cache: not listed", "err", err)
		return
	}
	total := size
	files := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if c.leftover(info) {
			c.remove(filepath.Join(c.dir, info.Name()))
			continue
		}
		total += info.Size()
		files = append(files, info)
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range files {
		if total <= c.max {
			return
		}
		c.remove(filepath.Join(c.dir, f.Name()))
		total -= f.Size()
	}
}

// leftover reports whether a file is a temporary one that nobody writes any more.
func (c *Cache) leftover(info fs.FileInfo) bool {
	temp, err := filepath.Match(atomicfile.TempPattern, info.Name())
	return err == nil && temp && time.Since(info.ModTime()) > staleAfter
}

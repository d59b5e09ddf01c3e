package wasi

import (
	"context"
	"io/fs"

	"github.com/berth-cli/berth/component"
)

// glance is what one call found at a path. stat() of a C library is two calls:
// stat-at, and metadata-hash-at for the inode number. If the second is the very next
// call of the guest, it is answered by what the first found: nobody can tell, and
// size and time are then of one moment with the number.
type glance struct {
	d    *Descriptor
	pf   PathFlags
	path string
	call uint64 // of the guest, counted
	fi   fs.FileInfo
}

// addLooks defines what looks at a path.
func addLooks(l files) {
	l.Func("[method]descriptor.stat-at", component.Func3(
		func(ctx context.Context, d borrowed, pf PathFlags, path string) (component.Result[Stat, ErrorCode], error) {
			fi, err := d.Value().infoAt(pf, path)
			d.Value().host.seen = glance{d.Value(), pf, path, component.HostCalls(ctx), fi}
			return coded(newStat(fi, err))
		}))
	l.Func("[method]descriptor.metadata-hash-at", component.Func3(
		func(ctx context.Context, d borrowed, pf PathFlags, path string) (component.Result[MetadataHash, ErrorCode], error) {
			h := d.Value().host
			if fi := h.recall(glance{d.Value(), pf, path, component.HostCalls(ctx), nil}); fi != nil {
				return coded(h.hash(fi, nil))
			}
			return coded(d.Value().MetadataHashAt(pf, path))
		}))
}

// recall returns what the call before the one of now found, if that asked for the
// same, once. Else it returns nil.
func (h *Host) recall(now glance) fs.FileInfo {
	seen := h.seen
	h.seen = glance{}
	if now.fi, now.call = seen.fi, now.call-1; seen != now {
		return nil
	}
	return seen.fi
}

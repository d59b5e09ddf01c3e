package wasi

// SetLooked makes h call f between looking at a name and opening it.
func (h *Host) SetLooked(f func()) { h.looked = f }

// ErrorCodeOf is errorCodeOf.
func ErrorCodeOf(err error) ErrorCode { return errorCodeOf(err) }

// Recall keeps what is at a path as found by guest call seen, and reports whether
// call now, for path and flags, is answered by it.
func Recall(d *Descriptor, path string, seen uint64, flags PathFlags, nowPath string, now uint64) bool {
	fi, err := d.infoAt(0, path)
	d.host.seen = glance{d, 0, path, seen, fi}
	got := d.host.recall(glance{d, flags, nowPath, now, nil})
	again := d.host.recall(glance{d, flags, nowPath, now, nil})
	return err == nil && got == fi && again == nil
}

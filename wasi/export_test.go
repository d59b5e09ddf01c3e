package wasi

// SetLooked makes h call f between looking at a name and opening it.
func (h *Host) SetLooked(f func()) { h.looked = f }

// ErrorCodeOf is errorCodeOf.
func ErrorCodeOf(err error) ErrorCode { return errorCodeOf(err) }

// The functions of a guest that are told the number of the call.

// StatAtCall is stat-at.
func (d *Descriptor) StatAtCall(pf PathFlags, path string, call uint64) (Stat, error) {
	return d.statAt(pf, path, call)
}

// HashAtCall is metadata-hash-at.
func (d *Descriptor) HashAtCall(pf PathFlags, path string, call uint64) (MetadataHash, error) {
	return d.hashAt(pf, path, call)
}

// OpenAtCall is open-at.
func (d *Descriptor) OpenAtCall(pf PathFlags, path string, open OpenFlags, flags DescriptorFlags, call uint64) (*Descriptor, error) {
	return d.openAt(pf, path, open, flags, call)
}

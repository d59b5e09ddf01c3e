package wasi

// SetLooked makes h call f between looking at a name and opening it.
func (h *Host) SetLooked(f func()) { h.looked = f }

// ErrorCodeOf is errorCodeOf.
func ErrorCodeOf(err error) ErrorCode { return errorCodeOf(err) }

package wasi

// SetLooked makes h call f between looking at a name and opening it.
func (h *Host) SetLooked(f func()) { h.looked = f }

// ErrorCodeOf is errorCodeOf.
func ErrorCodeOf(err error) ErrorCode { return errorCodeOf(err) }

// What the tests name of the interfaces.
type (
	Datetime        = datetime
	Descriptor      = descriptor
	DescriptorFlags = descriptorFlags
	DescriptorType  = descriptorType
	DirectoryEntry  = directoryEntry
	ErrorCode       = errorCode
	Listing         = listing
	MetadataHash    = metadataHash
	NewTimestamp    = newTimestamp
	NoChange        = noChange
	Now             = timeNow
	OpenFlags       = openFlags
	PathFlags       = pathFlags
	Preopened       = preopened
	Stat            = descriptorStat
	StreamError     = streamError
	Timestamp       = timestamp
)

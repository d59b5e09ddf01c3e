package wasi

// What only guests call, for the tests: of descriptors and listings.

func (d *Descriptor) AppendStream() (*OutputStream, error) { return d.appendStream() }
func (d *Descriptor) Close() error                         { return d.close() }
func (d *Descriptor) CreateDirectoryAt(path string) error  { return d.createDirectoryAt(path) }
func (d *Descriptor) Flags() (DescriptorFlags, error)      { return d.getFlags() }
func (d *Descriptor) IsSameObject(other *Descriptor) bool  { return d.isSameObject(other) }

func (d *Descriptor) LinkAt(pf PathFlags, oldPath string, to *Descriptor, newPath string) error {
	return d.linkAt(pf, oldPath, to, newPath)
}

func (d *Descriptor) MetadataHash() (MetadataHash, error) { return d.metadataHash() }

func (d *Descriptor) OpenAt(pf PathFlags, path string, open OpenFlags, flags DescriptorFlags) (*Descriptor, error) {
	return d.openPath(pf, path, open, flags)
}

func (d *Descriptor) Read(n, offset uint64) ([]byte, bool, error)    { return d.read(n, offset) }
func (d *Descriptor) ReadDirectory() (*Listing, error)               { return d.readDirectory() }
func (d *Descriptor) ReadStream(offset uint64) (*InputStream, error) { return d.readStream(offset) }
func (d *Descriptor) ReadlinkAt(path string) (string, error)         { return d.readlinkAt(path) }
func (d *Descriptor) RemoveDirectoryAt(path string) error            { return d.removeDirectoryAt(path) }

func (d *Descriptor) RenameAt(oldPath string, to *Descriptor, newPath string) error {
	return d.renameAt(oldPath, to, newPath)
}

func (d *Descriptor) SetSize(size uint64) error { return d.setSize(size) }

func (d *Descriptor) SetTimes(access, modification NewTimestamp) error {
	return d.setTimes(access, modification)
}

func (d *Descriptor) SetTimesAt(pf PathFlags, path string, access, modification NewTimestamp) error {
	return d.setTimesAt(pf, path, access, modification)
}

func (d *Descriptor) Stat() (Stat, error)                              { return d.stat() }
func (d *Descriptor) SymlinkAt(target, path string) error              { return d.symlinkAt(target, path) }
func (d *Descriptor) Type() (DescriptorType, error)                    { return d.getType() }
func (d *Descriptor) UnlinkFileAt(path string) error                   { return d.unlinkFileAt(path) }
func (d *Descriptor) Write(p []byte, offset uint64) (uint64, error)    { return d.write(p, offset) }
func (d *Descriptor) WriteStream(offset uint64) (*OutputStream, error) { return d.writeStream(offset) }

// StatAt tells about what a path means, whatever the guest called before.
func (d *Descriptor) StatAt(pf PathFlags, path string) (Stat, error) {
	return newStat(d.infoAt(pf, path))
}

// MetadataHashAt is of what a path means, whatever the guest called before.
func (d *Descriptor) MetadataHashAt(pf PathFlags, path string) (MetadataHash, error) {
	return d.host.hash(d.infoAt(pf, path))
}

// The functions of a guest that are told the number of the call.

func (d *Descriptor) StatAtCall(pf PathFlags, path string, call uint64) (Stat, error) {
	return d.statAt(pf, path, call)
}

func (d *Descriptor) HashAtCall(pf PathFlags, path string, call uint64) (MetadataHash, error) {
	return d.hashAt(pf, path, call)
}

func (d *Descriptor) OpenAtCall(pf PathFlags, path string, open OpenFlags, flags DescriptorFlags, call uint64) (*Descriptor, error) {
	return d.openAt(pf, path, open, flags, call)
}

func (l *Listing) Close() error                   { return l.close() }
func (l *Listing) Next() (*DirectoryEntry, error) { return l.next() }

// The constants that the tests name.
const (
	CodeAccess              = codeAccess
	CodeBadDescriptor       = codeBadDescriptor
	CodeBusy                = codeBusy
	CodeCrossDevice         = codeCrossDevice
	CodeExist               = codeExist
	CodeFileTooLarge        = codeFileTooLarge
	CodeIO                  = codeIO
	CodeIllegalByteSequence = codeIllegalByteSequence
	CodeInsufficientSpace   = codeInsufficientSpace
	CodeInvalid             = codeInvalid
	CodeIsDirectory         = codeIsDirectory
	CodeLoop                = codeLoop
	CodeNameTooLong         = codeNameTooLong
	CodeNoEntry             = codeNoEntry
	CodeNotDirectory        = codeNotDirectory
	CodeNotEmpty            = codeNotEmpty
	CodeNotPermitted        = codeNotPermitted
	CodeOverflow            = codeOverflow
	CodePipe                = codePipe
	CodeQuota               = codeQuota
	CodeUnsupported         = codeUnsupported
	FlagFileIntegritySync   = flagFileIntegritySync
	FlagMutateDirectory     = flagMutateDirectory
	FlagRead                = flagRead
	FlagWrite               = flagWrite
	FollowLinks             = followLinks
	OpenCreate              = openCreate
	OpenDirectory           = openDirectory
	OpenExclusive           = openExclusive
	OpenTruncate            = openTruncate
	TypeDirectory           = typeDirectory
	TypeFIFO                = typeFIFO
	TypeRegularFile         = typeRegularFile
	TypeSocket              = typeSocket
	TypeSymbolicLink        = typeSymbolicLink
)

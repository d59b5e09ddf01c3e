package wasi

import (
	"errors"
	"io"
	"math"
)

// maxRead is the most bytes of one read from a file, whatever length is asked.
const maxRead = 1 << 20

// read returns at most n bytes, and at most 1 MiB, from offset, and whether the
// file ended there. The bytes are valid until the next read from a file of the
// Host.
func (d *descriptor) read(n, offset uint64) ([]byte, bool, error) {
	f, err := d.readable()
	if err != nil {
		return nil, false, err
	}
	if offset > math.MaxInt64 {
		return nil, false, codeInvalid
	}
	size := toInt(min(n, math.MaxInt64-offset), maxRead)
	if size > maxChunk { // as much as the file holds, rather than what is asked
		fi, err := f.look()
		if err != nil {
			return nil, false, errorCodeOf(err)
		}
		size = int(min(int64(size), max(fi.size-int64(offset), maxChunk)))
	}
	b := d.host.readBuffer(size)
	got, err := f.ReadAt(b, int64(offset))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, errorCodeOf(err)
	}
	return b[:got], got < len(b) || n > 0 && len(b) == 0, nil
}

// readBuffer returns n bytes of memory for what is read from a file, the same for
// all reads: each is copied to the guest before the next.
func (h *Host) readBuffer(n int) []byte {
	if cap(h.buffer) < n {
		h.buffer = make([]byte, n)
	}
	return h.buffer[:n]
}

// write writes p at offset and returns how many bytes it wrote.
func (d *descriptor) write(p []byte, offset uint64) (uint64, error) {
	f, err := d.writable()
	if err != nil {
		return 0, err
	}
	if offset > math.MaxInt64-uint64(len(p)) {
		return 0, codeFileTooLarge
	}
	n, err := f.WriteAt(p, int64(offset))
	if n > 0 || err == nil {
		return uint64(n), nil
	}
	return 0, errorCodeOf(err)
}

// setSize cuts or extends the file to size bytes.
func (d *descriptor) setSize(size uint64) error {
	f, err := d.writable()
	if err != nil {
		return err
	}
	if size > math.MaxInt64 {
		return codeFileTooLarge
	}
	return codeOrNil(f.Truncate(int64(size)))
}

// codeOrNil is errorCodeOf for an error that may be nil.
func codeOrNil(err error) error {
	if err == nil {
		return nil
	}
	return errorCodeOf(err)
}

// sync makes what was written durable.
func (d *descriptor) sync() error {
	if d.dir != nil {
		return codeOrNil(syncFolder(d.dir.v.Root))
	}
	if d.flags&flagWrite == 0 {
		return nil // nothing was written, and Windows would refuse
	}
	return codeOrNil(d.file.v.Sync())
}

// advise takes note of how the guest will read. It does nothing.
func (d *descriptor) advise() error {
	if d.file == nil {
		return codeBadDescriptor
	}
	return nil
}

// readStream is read-via-stream: the bytes of the file from offset.
func (d *descriptor) readStream(offset uint64) (*InputStream, error) {
	if _, err := d.readable(); err != nil {
		return nil, err
	}
	src := &fileSource{file: d.file.retain(), off: int64(min(offset, math.MaxInt64))}
	s, err := d.host.NewInputStream(src)
	if err != nil {
		return nil, errors.Join(err, src.Close())
	}
	return s, nil
}

// writeStream is write-via-stream: it writes to the file from offset.
func (d *descriptor) writeStream(offset uint64) (*OutputStream, error) {
	if offset > math.MaxInt64 {
		return nil, codeFileTooLarge
	}
	return d.outputStream(func(file *held[*hostFile]) Sink { return &fileSink{file: file, off: int64(offset)} })
}

// appendStream is append-via-stream: it writes at the end of the file, wherever
// that is at each write.
func (d *descriptor) appendStream() (*OutputStream, error) {
	return d.outputStream(func(file *held[*hostFile]) Sink { return &appendSink{file: file} })
}

func (d *descriptor) outputStream(sink func(*held[*hostFile]) Sink) (*OutputStream, error) {
	if _, err := d.writable(); err != nil {
		return nil, err
	}
	to := sink(d.file.retain())
	s, err := d.host.NewOutputStream(to)
	if err != nil {
		return nil, errors.Join(err, to.Close())
	}
	return s, nil
}

// fileSource is the Source of an open file.
type fileSource struct {
	file *held[*hostFile]
	off  int64
}

func (s *fileSource) Read(n int) ([]byte, error) {
	b := s.file.host.readBuffer(int(min(int64(n), math.MaxInt64-s.off)))
	got, err := s.file.v.readOnce(b, s.off)
	if got == 0 && err == nil {
		err = io.EOF
	}
	s.off += int64(got)
	return b[:got], streamCause(err)
}

func (s *fileSource) Ready() bool  { return true }
func (s *fileSource) Close() error { return s.file.release() }

// fileSink is the Sink of an open file.
type fileSink struct {
	file *held[*hostFile]
	off  int64
}

func (s *fileSink) Room() (int, error) { return maxChunk, nil }

func (s *fileSink) Write(p []byte) error {
	if s.off > math.MaxInt64-int64(len(p)) {
		return codeFileTooLarge
	}
	n, err := s.file.v.WriteAt(p, s.off)
	s.off += int64(n)
	return codeOrNil(err)
}

func (s *fileSink) Flush() error { return nil }
func (s *fileSink) Close() error { return s.file.release() }

// appendSink is the Sink of the end of an open file.
type appendSink struct{ file *held[*hostFile] }

func (s *appendSink) Room() (int, error)   { return maxChunk, nil }
func (s *appendSink) Write(p []byte) error { return codeOrNil(s.file.v.appendAll(p)) }
func (s *appendSink) Flush() error         { return nil }
func (s *appendSink) Close() error         { return s.file.release() }

// writeAtEnd writes p at the end of f as it is now.
func writeAtEnd(f *hostFile, p []byte) error {
	fi, err := f.look()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(p, fi.size)
	return err
}

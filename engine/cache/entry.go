package cache

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

const (
	nonceLen  = 12
	tagLen    = 16
	idLen     = 16
	headerLen = len(magic) + idLen + 8
	chunkLen  = 256 << 10

	// contextLen is how much is signed before a chunk's bytes: the header, the key
	// and the chunk's number.
	contextLen = headerLen + len(Key{}) + 8
)

// errForged is the error of an entry that does not verify.
var errForged = errors.New("entry is damaged or of another machine")

// Entry is the payload of an entry, read from its file. What Read and WriteTo give
// is verified; whether all of it is shows only at the end. Close it. It is for one
// goroutine at a time.
type Entry struct {
	cache *Cache
	key   Key
	file  *os.File // nil: chunk is all there is
	left  int64    // of the payload, not yet read from the file
	chunk []byte   // verified, not yet given out
	err   error
	signer
}

// signer signs or verifies chunk by chunk.
type signer struct {
	mac cipher.AEAD
	buf []byte // contextLen bytes, then the chunk
	n   uint64 // chunks so far
}

func newSigner(mac cipher.AEAD, header []byte, k Key, size int64) signer {
	buf := make([]byte, contextLen+int(min(size, chunkLen)))
	copy(buf[copy(buf, header):], k[:])
	return signer{mac: mac, buf: buf}
}

// next returns where to put the n bytes of the next chunk, and all that is signed.
func (s *signer) next(n int) (chunk, signed []byte) {
	binary.LittleEndian.PutUint64(s.buf[contextLen-8:], s.n)
	s.n++
	signed = s.buf[:contextLen+n]
	return signed[contextLen:], signed
}

// fileLen returns the length of the file of a payload. There is one chunk at least.
func fileLen(payload int64) int64 {
	chunks := max((payload+chunkLen-1)/chunkLen, 1)
	return int64(headerLen) + payload + chunks*(nonceLen+tagLen)
}

// writeEntry writes the file of a payload, which parts are in a row.
func writeEntry(w io.Writer, mac cipher.AEAD, k Key, parts [][]byte) error {
	size := payloadLen(parts)
	header := append(make([]byte, 0, headerLen), magic...)
	header = append(header, make([]byte, idLen)...)
	if _, err := rand.Read(header[len(magic):]); err != nil {
		return err
	}
	header = binary.LittleEndian.AppendUint64(header, uint64(size))
	if _, err := w.Write(header); err != nil {
		return err
	}
	s := newSigner(mac, header, k, size)
	payload := partsReader{parts}
	for first := true; first || size > 0; first = false {
		n := min(size, chunkLen)
		if err := s.write(w, payload, int(n)); err != nil {
			return err
		}
		size -= n
	}
	return nil
}

func payloadLen(parts [][]byte) int64 {
	n := int64(0)
	for _, p := range parts {
		n += int64(len(p))
	}
	return n
}

// write signs and writes the next n bytes of the payload.
func (s *signer) write(w io.Writer, payload partsReader, n int) error {
	chunk, signed := s.next(n)
	payload.fill(chunk)
	sealed := make([]byte, nonceLen, nonceLen+tagLen)
	if _, err := rand.Read(sealed); err != nil {
		return err
	}
	if _, err := w.Write(s.mac.Seal(sealed, sealed, nil, signed)); err != nil {
		return err
	}
	_, err := w.Write(chunk)
	return err
}

// partsReader reads slices in a row.
type partsReader struct{ parts [][]byte }

func (p partsReader) fill(out []byte) {
	for i := 0; i < len(p.parts) && len(out) > 0; i++ {
		n := copy(out, p.parts[i])
		out, p.parts[i] = out[n:], p.parts[i][n:]
	}
}

// open opens an entry's file and reads its header, of which nothing is verified yet.
func (c *Cache) open(k Key) (*Entry, error) {
	name := c.path(k)
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > c.max || info.Size() < fileLen(0) {
		return nil, errForged
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	e := &Entry{cache: c, key: k, file: f}
	header := make([]byte, headerLen)
	if _, err := io.ReadFull(f, header); err != nil {
		f.Close()
		return nil, errForged
	}
	size := binary.LittleEndian.Uint64(header[headerLen-8:])
	if string(header[:len(magic)]) != magic || size > uint64(info.Size()) || fileLen(int64(size)) != info.Size() {
		f.Close()
		return nil, errForged
	}
	e.left, e.signer = int64(size), newSigner(c.mac, header, k, int64(size))
	return e, nil
}

// Len returns how much of the payload is still to be read, in bytes.
func (e *Entry) Len() int64 { return int64(len(e.chunk)) + e.left }

// more reads and verifies the next chunk. At the end of the payload the error is
// io.EOF.
func (e *Entry) more() error {
	if e.err == nil && e.left == 0 && e.n > 0 {
		e.err = io.EOF
	}
	if e.err != nil {
		return e.err
	}
	n := int(min(e.left, chunkLen))
	chunk, signed := e.next(n)
	seal := make([]byte, nonceLen+tagLen)
	_, err := io.ReadFull(e.file, seal)
	if err == nil {
		_, err = io.ReadFull(e.file, chunk)
	}
	if err == nil {
		_, err = e.mac.Open(nil, seal[:nonceLen], seal[nonceLen:], signed)
	}
	if err != nil {
		e.err = errForged
		e.cache.drop(e.key, e.err)
		return e.err
	}
	e.left -= int64(n)
	e.chunk = chunk
	return nil
}

// Read implements io.Reader. At an entry that does not verify its error is not
// io.EOF, and the entry is deleted.
func (e *Entry) Read(p []byte) (int, error) {
	for len(e.chunk) == 0 {
		if err := e.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.chunk)
	e.chunk = e.chunk[n:]
	return n, nil
}

// WriteTo implements io.WriterTo. The error is as Read's, or w's.
func (e *Entry) WriteTo(w io.Writer) (int64, error) {
	total := int64(0)
	for {
		n, err := w.Write(e.chunk)
		total, e.chunk = total+int64(n), e.chunk[n:]
		if err == nil {
			err = e.more()
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// Close implements io.Closer.
func (e *Entry) Close() error {
	e.err, e.chunk = fs.ErrClosed, nil
	if e.file == nil {
		return nil
	}
	return e.file.Close()
}

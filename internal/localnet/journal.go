package localnet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A state file is a header and records in groups; a group is whole if it ends with
// a commit record. The first group is the whole state, each later one what
// changed.
//
//	header  "berth localnet\n" version
//	record  kind  length u32  crc32c(kind length) u32  crc32c(payload) u32  payload
//
// The file is made with its first group, and groups are appended to it. One that
// ends in the middle of a later group, or in zero bytes, is one whose writer was
// killed: that group never happened. Anything else that does not fit is damage.
const (
	journalMagic   = "berth localnet\n"
	journalVersion = 1
	recordHead     = 13
	maxRecord      = 128 << 20
)

// recordKind says what a record holds.
type recordKind byte

const (
	recCommit   recordKind = iota + 1 // nothing
	recNetwork                        // networkRecord
	recModule                         // the module as uploaded
	recCanister                       // canisterData
	recDelete                         // the id of a canister
	recVoid                           // voidRecord
	recHeap                           // pagesRecord
	recStable                         // pagesRecord
	recChunk                          // chunkRecord
	recIngress                        // ingressEntry
)

// errTorn is the error for a file whose writer was killed, errChecksum for one that
// is damaged.
var (
	errTorn     = errors.New("ends in the middle")
	errChecksum = errors.New("checksum does not match")
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// journalWriter writes records. The first error sticks.
type journalWriter struct {
	w   *bufio.Writer
	n   int64
	tab *crc32.Table
	err error
}

func newJournalWriter(w io.Writer) *journalWriter {
	return &journalWriter{w: bufio.NewWriterSize(w, 1<<16), tab: castagnoli()}
}

func (j *journalWriter) raw(b []byte) {
	if j.err != nil {
		return
	}
	n, err := j.w.Write(b)
	j.n += int64(n)
	j.err = err
}

func (j *journalWriter) record(kind recordKind, payload []byte) {
	if len(payload) > maxRecord {
		j.err = cmpErr(j.err, fmt.Errorf("record of %d bytes", len(payload)))
		return
	}
	var head [recordHead]byte
	head[0] = byte(kind)
	binary.LittleEndian.PutUint32(head[1:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(head[5:], crc32.Checksum(head[:5], j.tab))
	binary.LittleEndian.PutUint32(head[9:], crc32.Checksum(payload, j.tab))
	j.raw(head[:])
	j.raw(payload)
}

// flush writes what is buffered.
func (j *journalWriter) flush() error {
	if j.err == nil {
		j.err = j.w.Flush()
	}
	return j.err
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// journalReader reads records of a file of known size.
type journalReader struct {
	r    *bufio.Reader
	left int64
	pos  int64
	tab  *crc32.Table
}

func newJournalReader(r io.Reader, size int64) *journalReader {
	return &journalReader{r: bufio.NewReaderSize(r, 1<<16), left: size, tab: castagnoli()}
}

func (j *journalReader) take(n int64) ([]byte, error) {
	if n > j.left {
		return nil, errTorn
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(j.r, b); err != nil {
		return nil, err
	}
	j.left -= n
	j.pos += n
	return b, nil
}

// header checks the first bytes.
func (j *journalReader) header() error {
	b, err := j.take(int64(len(journalMagic)) + 1)
	switch {
	case err != nil:
		return err
	case string(b[:len(journalMagic)]) != journalMagic:
		return errors.New("not a network's state")
	case b[len(journalMagic)] != journalVersion:
		return &VersionError{Found: int(b[len(journalMagic)]), Want: journalVersion}
	}
	return nil
}

// next returns the next record; io.EOF at the end, errTorn if the file ends inside
// a record or goes on with zero bytes only.
func (j *journalReader) next() (recordKind, []byte, error) {
	if j.left == 0 {
		return 0, nil, io.EOF
	}
	head, err := j.take(recordHead)
	if err != nil {
		return 0, nil, err
	}
	if isZero(head) {
		return 0, nil, j.zeroes()
	}
	if crc32.Checksum(head[:5], j.tab) != binary.LittleEndian.Uint32(head[5:]) {
		return 0, nil, errChecksum
	}
	n := binary.LittleEndian.Uint32(head[1:])
	if n > maxRecord {
		return 0, nil, fmt.Errorf("record of %d bytes", n)
	}
	payload, err := j.take(int64(n))
	if err != nil {
		return 0, nil, err
	}
	if crc32.Checksum(payload, j.tab) != binary.LittleEndian.Uint32(head[9:]) {
		return 0, nil, errChecksum
	}
	return recordKind(head[0]), payload, nil
}

// zeroes is errTorn if there are only zero bytes left.
func (j *journalReader) zeroes() error {
	for j.left > 0 {
		b, err := j.take(min(j.left, 1<<16))
		if err != nil {
			return err
		}
		if !isZero(b) {
			return errChecksum
		}
	}
	return errTorn
}

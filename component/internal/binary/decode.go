package binary

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/binread"
)

// What a file can be instead of a component.
var (
	// ErrNotWasm is the cause for bytes that do not start like WebAssembly.
	ErrNotWasm = errors.New("not a WebAssembly file")
	// ErrCoreModule is the cause for a core module where a component is wanted.
	ErrCoreModule = errors.New("a core module, not a component; tools such as `wasm-tools component new` make one of it")
	// ErrComponent is the cause for a component where a core module is wanted.
	ErrComponent = errors.New("a component, not a core module")
	// ErrVersion is the cause for a version of the binary format other than 13.
	ErrVersion = errors.New("unknown version of the component binary format")
	// ErrNesting is the cause where Limits.MaxNesting is exceeded.
	ErrNesting = errors.New("nested too deeply")
	// ErrTooLarge is the cause where Limits.MaxBytes is exceeded.
	ErrTooLarge = errors.New("larger than the limit")
)

// DecodeError says what is malformed: the section, the offset in the file, and
// the cause.
type DecodeError = binread.Error

// Limits bound what Decode accepts.
type Limits struct {
	// MaxNesting bounds components and types inside each other. Zero is 100.
	MaxNesting int
	// MaxBytes bounds the size of the file. Zero is 256 MiB.
	MaxBytes int64
	// MaxEntries bounds all definitions, declarators, fields, arguments and the
	// like of the file together, and so the size of the tree. Zero is 1,000,000.
	MaxEntries int64
}

func (l Limits) withDefaults() Limits {
	if l.MaxNesting == 0 {
		l.MaxNesting = 100
	}
	if l.MaxBytes == 0 {
		l.MaxBytes = 256 << 20
	}
	if l.MaxEntries == 0 {
		l.MaxEntries = 1_000_000
	}
	return l
}

// Decode decodes a component. The tree holds slices of b. The error is a
// *DecodeError, whose cause is ErrNotWasm, ErrCoreModule or ErrVersion where the
// first eight bytes are not those of a component.
func Decode(b []byte, l Limits) (*Component, error) {
	l = l.withDefaults()
	if int64(len(b)) > l.MaxBytes {
		return nil, &DecodeError{Err: fmt.Errorf("%d bytes, limit %d: %w", len(b), l.MaxBytes, ErrTooLarge)}
	}
	d := decoder{nesting: l.MaxNesting, entries: l.MaxEntries}
	return d.component(b, 0)
}

const preambleSize = 8

const (
	layerModule    = 0
	layerComponent = 1
	version        = 0x0d
)

// decoder carries how many more levels may be entered and entries be read.
type decoder struct {
	nesting int
	entries int64
}

// enter goes one level down; the caller must leave.
func (d *decoder) enter(r *binread.Reader) bool {
	if d.nesting == 0 {
		r.Fail(ErrNesting)
		return false
	}
	d.nesting--
	return true
}

func (d *decoder) leave() { d.nesting++ }

// component decodes a whole component that starts at base in the file.
func (d *decoder) component(b []byte, base int64) (*Component, error) {
	if err := checkPreamble(b); err != nil {
		return nil, &DecodeError{Section: "preamble", Offset: base, Err: err}
	}
	c := &Component{Offset: base}
	r := binread.New(b[preambleSize:], binread.Options{Base: base + preambleSize, Entries: &d.entries})
	for r.Len() > 0 {
		d.section(r, c)
	}
	return c, r.Err()
}

func checkPreamble(b []byte) error {
	if !bytes.HasPrefix(b, []byte("\x00asm")) {
		return ErrNotWasm
	}
	if len(b) < preambleSize {
		return binread.ErrTruncated
	}
	v, layer := binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:])
	switch {
	case layer == layerModule && v == 1:
		return ErrCoreModule
	case layer != layerComponent:
		return fmt.Errorf("layer %d: %w", layer, ErrVersion)
	case v != version:
		return fmt.Errorf("version %d: %w", v, ErrVersion)
	}
	return nil
}

// checkModulePreamble checks that b starts like a core module.
func checkModulePreamble(b []byte) error {
	err := checkPreamble(b)
	if errors.Is(err, ErrCoreModule) {
		return nil
	}
	if err == nil {
		return ErrComponent
	}
	return err
}

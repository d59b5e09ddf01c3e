package symbol

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrNoLines is the error of opening a module without line information.
var ErrNoLines = errors.New("module has no line information")

// SizeError says that a module has more debug information than is read.
type SizeError struct {
	Section   string // such as ".debug_info"
	Size, Max int    // in bytes, entries or units
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("debug information: %s has %d, %d are read", e.Section, e.Size, e.Max)
}

// maxSection is the most bytes of a section that are read. Sections not named here
// are of no use.
var maxSection = map[string]int{
	".debug_info": 64 << 20, ".debug_line": 32 << 20, ".debug_str": 64 << 20, ".debug_line_str": 16 << 20,
	".debug_abbrev": 4 << 20, ".debug_ranges": 16 << 20, ".debug_rnglists": 16 << 20,
	".debug_addr": 16 << 20, ".debug_str_offsets": 16 << 20,
}

const (
	sectionCustom = 0
	sectionCode   = 10
)

// sections is what there is in a module that this package reads.
type sections struct {
	code  int // offset of the code section's contents, which addresses count from
	debug map[string][]byte
}

// readSections finds the sections of a core module. An engine has compiled it.
func readSections(wasm []byte) (sections, error) {
	out := sections{debug: map[string][]byte{}}
	if !bytes.HasPrefix(wasm, []byte("\x00asm\x01\x00\x00\x00")) {
		return out, errors.New("not a core module")
	}
	c := &cursor{buf: wasm, pos: 8}
	for c.more() {
		id := c.byte()
		size := c.uleb()
		start := c.pos
		payload := c.take(size)
		switch {
		case c.bad:
			return out, errors.New("section is cut short")
		case id == sectionCode:
			out.code = start
		case id == sectionCustom:
			if err := out.add(payload); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// add keeps a custom section if it is one of DWARF. The first of a name counts.
func (s *sections) add(payload []byte) error {
	c := &cursor{buf: payload}
	name := string(c.take(min(c.uleb(), 64)))
	most, known := maxSection[name]
	if c.bad || !known || s.debug[name] != nil {
		return nil
	}
	if c.left() > most {
		return &SizeError{Section: name, Size: c.left(), Max: most}
	}
	s.debug[name] = payload[c.pos:]
	return nil
}

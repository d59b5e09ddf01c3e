package symbol

import (
	"context"
	"errors"
)

// The line table of a unit is read here and not by debug/dwarf, which makes a path
// of every file a table names, of any length and number.

const (
	maxFiles   = 50_000  // of a table, as of its folders
	maxFormats = 16      // of a version 5 table's entries
	checkEvery = 1 << 16 // instructions between two looks at the context
)

var errLines = errors.New("debug information: line table is malformed")

// lineTable is the header of a line table.
type lineTable struct {
	version              uint64
	minInstruction       uint64
	lineBase             int8
	lineRange, firstCode byte
	operands             []byte // number of each standard instruction's
	dirs, files          []lineFile
	program              []byte
}

// lineFile is a file or folder of a table. Its bytes are the section's.
type lineFile struct {
	name []byte
	dir  uint64
}

// readLineTable reads the header at an offset of the section.
//
// DWARF 5, 6.2.4.
func readLineTable(debug map[string][]byte, offset uint64) (*lineTable, error) {
	section := debug[".debug_line"]
	if offset >= uint64(len(section)) {
		return nil, errLines
	}
	all := &cursor{buf: section, pos: int(offset)}
	length, wide := all.length()
	c := &cursor{buf: all.take(length)}
	t := &lineTable{version: c.uint(2)}
	if t.version < 2 || t.version > 5 {
		return nil, errLines
	}
	if t.version >= 5 {
		c.take(2) // size of an address and of a segment selector
	}
	header := c.offset(wide)
	if c.bad || header > uint64(c.left()) {
		return nil, errLines
	}
	t.program = c.buf[c.pos+int(header):]
	c.buf = c.buf[:c.pos+int(header)]
	t.minInstruction = c.uint(1)
	if t.version >= 4 {
		c.take(1) // operations of an instruction: one, in WebAssembly
	}
	c.take(1) // whether rows are statements by default
	t.lineBase, t.lineRange, t.firstCode = int8(c.byte()), c.byte(), c.byte()
	t.operands = c.take(uint64(max(t.firstCode, 1) - 1))
	if t.version >= 5 {
		t.dirs = readEntries(c, debug, wide)
		t.files = readEntries(c, debug, wide)
	} else {
		t.readNames(c)
	}
	if c.bad || t.lineRange == 0 {
		return nil, errLines
	}
	return t, nil
}

// readNames reads the folders and files of versions up to 4, whose numbers begin
// at 1: 0 is the folder, or file, of the unit.
func (t *lineTable) readNames(c *cursor) {
	t.dirs, t.files = []lineFile{{}}, []lineFile{{}}
	for name := c.text(); len(name) > 0 && len(t.dirs) < maxFiles; name = c.text() {
		t.dirs = append(t.dirs, lineFile{name: name})
	}
	for name := c.text(); len(name) > 0 && len(t.files) < maxFiles; name = c.text() {
		t.files = append(t.files, lineFile{name: name, dir: c.uleb()})
		c.uleb() // time
		c.uleb() // size
	}
}

// The forms and kinds of contents of a version 5 table.
const (
	formData2   = 0x05
	formData4   = 0x06
	formData8   = 0x07
	formString  = 0x08
	formBlock   = 0x09
	formData1   = 0x0b
	formStrp    = 0x0e
	formUdata   = 0x0f
	formData16  = 0x1e
	formLineStr = 0x1f

	contentPath = 1
	contentDir  = 2
)

// readEntries reads the folders or files of a version 5 table.
func readEntries(c *cursor, debug map[string][]byte, wide bool) []lineFile {
	formats := make([][2]uint64, c.byte())
	if len(formats) > maxFormats {
		c.bad = true
	}
	for i := range formats {
		formats[i] = [2]uint64{c.uleb(), c.uleb()}
	}
	count := c.uleb()
	if count > maxFiles || count > 0 && len(formats) == 0 {
		c.bad = true
	}
	var out []lineFile
	for range count {
		var f lineFile
		for _, format := range formats {
			text, number := readForm(c, debug, wide, format[1])
			switch format[0] {
			case contentPath:
				f.name = text
			case contentDir:
				f.dir = number
			}
		}
		if c.bad {
			return nil
		}
		out = append(out, f)
	}
	return out
}

// readForm reads a value, which is a text or a number.
func readForm(c *cursor, debug map[string][]byte, wide bool, form uint64) (text []byte, number uint64) {
	switch form {
	case formString:
		return c.text(), 0
	case formStrp:
		return textAt(debug[".debug_str"], c.offset(wide)), 0
	case formLineStr:
		return textAt(debug[".debug_line_str"], c.offset(wide)), 0
	case formUdata:
		return nil, c.uleb()
	case formData1:
		return nil, c.uint(1)
	case formData2:
		return nil, c.uint(2)
	case formData4:
		return nil, c.uint(4)
	case formData8:
		return nil, c.uint(8)
	case formData16:
		c.take(16)
	case formBlock:
		c.take(c.uleb())
	default:
		c.bad = true
	}
	return nil, 0
}

// path returns the path of a file by its number, empty if there is none.
func (t *lineTable) path(number uint64, unitDir string) string {
	if number >= uint64(len(t.files)) {
		return ""
	}
	f := t.files[number]
	dir := ""
	if f.dir < uint64(len(t.dirs)) {
		dir = cut(t.dirs[f.dir].name)
	}
	switch name := cut(f.name); {
	case name == "" || isAbsolute(name):
		return name
	case dir == "" || !isAbsolute(dir) && unitDir != "" && unitDir != dir:
		return join(unitDir, join(dir, name))
	default:
		return join(dir, name)
	}
}

// row is a row of a line table's matrix, as far as it is of use.
type row struct {
	address, file uint64
	line, column  int64
}

// find runs the table's program and returns the row that an address belongs to.
func (t *lineTable) find(ctx context.Context, address uint64) (found row, ok bool, err error) {
	m := &lineMachine{lineTable: t, c: cursor{buf: t.program}, want: address}
	m.reset()
	for steps := 0; m.c.more() && !m.done; steps++ {
		if steps%checkEvery == 0 && ctx.Err() != nil {
			return row{}, false, context.Cause(ctx)
		}
		m.step()
	}
	return m.found, m.done, nil
}

package symbol

// lineMachine runs a line table's program until it comes to the address wanted.
//
// DWARF 5, 6.2.5.
type lineMachine struct {
	*lineTable
	c      cursor
	now    row
	before row // the last row of the sequence
	began  bool
	first  uint64 // address of the sequence's first row

	want  uint64
	found row
	done  bool
}

func (m *lineMachine) reset() {
	m.now = row{file: 1, line: 1}
	m.began = false
}

// The standard and extended instructions that matter here.
const (
	lineExtended      = 0
	lineCopy          = 1
	lineAdvancePC     = 2
	lineAdvanceLine   = 3
	lineSetFile       = 4
	lineSetColumn     = 5
	lineConstAddPC    = 8
	lineFixedAdvance  = 9
	lineEndSequence   = 1
	lineSetAddress    = 2
	lineStandardCodes = 12
)

func (m *lineMachine) step() {
	op := m.c.byte()
	switch {
	case op >= m.firstCode:
		adjusted := op - m.firstCode
		m.now.address += uint64(adjusted/m.lineRange) * m.minInstruction
		m.now.line += int64(m.lineBase) + int64(adjusted%m.lineRange)
		m.emit()
	case op == lineExtended:
		m.extended()
	case op > lineStandardCodes:
		for range m.operands[op-1] {
			m.c.uleb()
		}
	default:
		m.standard(op)
	}
}

func (m *lineMachine) standard(op byte) {
	switch op {
	case lineCopy:
		m.emit()
	case lineAdvancePC:
		m.now.address += m.c.uleb() * m.minInstruction
	case lineAdvanceLine:
		m.now.line += m.c.sleb()
	case lineSetFile:
		m.now.file = m.c.uleb()
	case lineSetColumn:
		m.now.column = int64(m.c.uleb())
	case lineConstAddPC:
		m.now.address += uint64((255-m.firstCode)/m.lineRange) * m.minInstruction
	case lineFixedAdvance:
		m.now.address += m.c.uint(2)
	default:
		for range m.operands[op-1] {
			m.c.uleb()
		}
	}
}

func (m *lineMachine) extended() {
	size := m.c.uleb()
	c := &cursor{buf: m.c.take(size)}
	switch c.byte() {
	case lineEndSequence:
		m.emit()
		m.reset()
	case lineSetAddress:
		m.now.address = c.uint(min(uint64(c.left()), 8))
	}
}

// emit ends the row before, which reaches up to this one's address. Sequences that
// begin at 0, or below, are of functions the linker left out: no code lies there.
func (m *lineMachine) emit() {
	if !m.began {
		m.first = m.now.address
	}
	dead := m.first == 0 || m.first >= 0xfffffffe
	if m.began && !dead && m.before.address <= m.want && m.want < m.now.address && !m.done {
		m.found, m.done = m.before, true
	}
	m.before, m.began = m.now, true
}

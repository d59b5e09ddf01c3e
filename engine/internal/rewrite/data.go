package rewrite

import (
	"slices"

	"github.com/berth-cli/berth/engine/internal/wasmbin"
	"github.com/berth-cli/berth/engine/internal/wasmbin/opcode"
)

// segment is a data segment.
type segment struct {
	pos    int // in the input: where it begins, its bytes begin, and both end
	bytes  int
	end    int
	start  uint64 // where in memory it goes, if that is fixed
	within bool   // that is known, and lies within the first memory at its least size
}

func (s segment) size() uint64 { return uint64(s.end - s.bytes) }

// Toolchains leave zeros out of data, which makes tens of thousands of segments, and
// each costs an engine more than the zeros. So segments are joined where no more
// than maxGap bytes lie between them, and all those bytes together are no more than
// the data.
const maxGap = 128

// maxRuns bounds the segments that a gap is checked against.
const maxRuns = 1000

// joinData writes the data section with segments joined, if it may be: into a memory
// of the module's own, whose bytes are zero until a segment is copied there, and only
// if no code names segments. None that could trap is touched.
func (w *writer) joinData() (count uint32, payload []byte, joined bool) {
	m := w.m
	own := m.ImportedMemories == 0 && len(m.Memories) > 0 && !m.Memories[0].Is64
	if !own || w.namesData || m.options.skeleton || len(m.data) < 2 {
		return 0, nil, false
	}
	j := joiner{in: w.in, spare: m.raw[wasmbin.SecData].end - m.raw[wasmbin.SecData].pos}
	for _, s := range m.data {
		j.add(s)
	}
	j.flush()
	return j.count, j.out, int(j.count) < len(m.data)
}

// joiner joins data segments.
type joiner struct {
	in    []byte
	out   []byte
	count uint32
	spare int // bytes that gaps may still take

	runs []run // what was written before, if it is not too much
	lost bool  // it is

	open  bool   // a run is being joined
	run   run    // which
	limit uint64 // up to where it may grow without meeting another
	bytes []byte
	zero  [maxGap]byte
}

// run is a range of memory.
type run struct{ start, end uint64 }

func (j *joiner) add(s segment) {
	if !s.within {
		// Nobody knows where it goes, so what comes later may not write zeros.
		j.flush()
		j.lost = true
		j.out = append(j.out, j.in[s.pos:s.end]...)
		j.count++
		return
	}
	end := s.start + s.size()
	gap := s.start - j.run.end
	if !j.open || s.start < j.run.end || gap > maxGap || int(gap) > j.spare || end > j.limit {
		j.flush()
		j.begin(s.start)
		gap = 0
	}
	j.spare -= int(gap)
	j.bytes = append(j.bytes, j.zero[:gap]...)
	j.bytes = append(j.bytes, j.in[s.bytes:s.end]...)
	j.run.end = end
}

// begin begins a run.
func (j *joiner) begin(start uint64) {
	j.open, j.run, j.bytes, j.limit = true, run{start, start}, j.bytes[:0], 1<<33
	for _, r := range j.runs {
		if r.end > start {
			j.limit = min(j.limit, r.start)
		}
	}
	if j.lost {
		j.limit = 0
	}
}

// flush writes the run as one segment.
func (j *joiner) flush() {
	if !j.open {
		return
	}
	j.open = false
	j.out = wasmbin.AppendSigned(append(j.out, 0, opcode.I32Const), int64(int32(uint32(j.run.start))))
	j.out = wasmbin.AppendU32(append(j.out, opcode.End), uint32(len(j.bytes)))
	j.out = append(j.out, j.bytes...)
	j.count++
	if j.runs = append(j.runs, j.run); len(j.runs) > maxRuns {
		j.lost = true
		j.runs = nil
	}
}

// data writes the data section, and before it, if needed, that with its count.
func (w *writer) data(out, code []byte) []byte {
	count, payload, joined := w.joinData()
	if joined && w.m.raw[wasmbin.SecDataCount].present {
		out = wasmbin.AppendSection(out, wasmbin.SecDataCount, wasmbin.AppendU32(nil, count))
	} else {
		out = w.copySection(out, wasmbin.SecDataCount)
	}
	if w.m.raw[wasmbin.SecCode].present {
		out = wasmbin.AppendSection(out, wasmbin.SecCode, code)
		w.sites.code(len(out) - len(code))
	}
	if joined {
		return wasmbin.AppendSection(out, wasmbin.SecData, wasmbin.AppendU32(nil, count), payload)
	}
	return w.copySection(out, wasmbin.SecData)
}

// dataSection reads the data section.
func (m *module) dataSection(s *reader) {
	start := s.pos
	n := s.count(2)
	if m.dataN >= 0 && n != m.dataN {
		s.failAt(start, "%d data segments, but a data count of %d", n, m.dataN)
		return
	}
	m.data = slices.Grow(m.data, n)
	for range n {
		seg := segment{pos: s.pos}
		memory := uint32(0)
		flags := s.u32()
		if flags == 2 {
			memory = s.u32()
		}
		var offset ConstExpr
		switch flags {
		case 0, 2:
			offset = m.constExpr(s)
		case 1:
		default:
			s.fail("data segment of unknown form %d", flags)
		}
		size := s.count(1)
		seg.bytes = s.pos
		s.bytes(size)
		if s.err != nil {
			return
		}
		seg.end = s.pos
		if at, fixed := offset.fixed(); fixed && memory == 0 && len(m.Memories) > 0 {
			seg.start = uint64(at)
			seg.within = seg.start+seg.size() <= m.Memories[0].Min<<16
		}
		m.data = append(m.data, seg)
	}
}

// fixed returns the value of an expression that is one i32.const.
func (e ConstExpr) fixed() (uint32, bool) {
	if len(e.ops) != 1 || e.ops[0].op != opcode.I32Const {
		return 0, false
	}
	return uint32(e.ops[0].arg), true
}

package symbol

import (
	"context"
	"debug/dwarf"
	"fmt"
)

// Site is a place in source code.
type Site struct {
	Func         string // as the linker knows it, so mangled, or its plain name; "" if unknown
	File         string // "" if unknown
	Line, Column int    // 0 if unknown
}

// Table is the debug information of a module.
type Table struct {
	sections
	data   *dwarf.Data
	units  []unit
	budget int // left of maxSteps
	kept   int // of maxRanges
}

// maxSteps is how many entries and ranges of addresses a Table looks at in all.
const maxSteps = 20_000_000

// maxRanges is how many ranges of addresses a Table keeps: those of units and of
// functions.
const maxRanges = 2_000_000

// Open reads what a core module says of its source. It keeps wasm, which must not
// change.
//
// The error is ErrNoLines, *SizeError, or that the debug information is malformed.
func Open(ctx context.Context, wasm []byte) (t *Table, err error) {
	defer recovered(&err)
	s, err := readSections(wasm)
	if err != nil {
		return nil, err
	}
	if s.debug[".debug_info"] == nil || s.debug[".debug_line"] == nil {
		return nil, ErrNoLines
	}
	roots, err := checkUnits(s.debug)
	if err != nil {
		return nil, err
	}
	d := s.debug
	t = &Table{sections: s, budget: maxSteps}
	t.data, err = dwarf.New(d[".debug_abbrev"], nil, nil, d[".debug_info"], nil, nil, d[".debug_ranges"], d[".debug_str"])
	if err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	for _, name := range []string{".debug_line_str", ".debug_addr", ".debug_rnglists", ".debug_str_offsets"} {
		if err := t.data.AddSection(name, d[name]); err != nil {
			return nil, fmt.Errorf("debug information: %w", err)
		}
	}
	return t, t.readUnits(ctx, roots)
}

// recovered makes an error of a panic in debug/dwarf, which was not written for
// hostile input.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("debug information: reader panicked: %.100v", v)
	}
}

// unit is what is known of a compile unit. Its entry is not kept: that has copies of
// all its texts.
type unit struct {
	entry    dwarf.Offset
	children bool
	ranges   [][2]uint64
	dir      string
	linesAt  int64      // -1 if there are none
	lines    *lineTable // nil until needed

	indexed bool
	funcs   []function
}

// function is where a function's code and its entry are.
type function struct {
	begin, end uint64
	entry      dwarf.Offset
}

func (t *Table) readUnits(ctx context.Context, roots []uint64) error {
	r := t.data.Reader()
	for _, root := range roots {
		r.Seek(dwarf.Offset(root))
		e, err := t.next(ctx, r)
		if err != nil {
			return err
		}
		if e == nil || e.Tag != dwarf.TagCompileUnit {
			continue
		}
		u := unit{entry: e.Offset, children: e.Children, linesAt: -1}
		dir, _ := e.Val(dwarf.AttrCompDir).(string)
		u.dir = cut(dir)
		if at, ok := e.Val(dwarf.AttrStmtList).(int64); ok {
			u.linesAt = at
		}
		if u.ranges, err = t.ranges(ctx, e); err != nil {
			return err
		}
		if err := t.keep(len(u.ranges)); err != nil {
			return err
		}
		t.units = append(t.units, u)
	}
	return nil
}

// keep counts ranges that are kept.
func (t *Table) keep(n int) error {
	if t.kept += n; t.kept > maxRanges {
		return &SizeError{Section: "ranges of addresses", Size: t.kept, Max: maxRanges}
	}
	return nil
}

// spend takes n from the budget.
func (t *Table) spend(ctx context.Context, n int) error {
	if t.budget -= n; t.budget < 0 {
		return &SizeError{Section: "what was looked at", Size: maxSteps - t.budget, Max: maxSteps}
	}
	if ctx.Err() != nil { // each time: a step may take debug/dwarf a tenth of a second
		return context.Cause(ctx)
	}
	return nil
}

// ranges returns the addresses of an entry. Those that begin at 0, or at the end,
// are of what the linker left out.
func (t *Table) ranges(ctx context.Context, e *dwarf.Entry) ([][2]uint64, error) {
	all, err := t.data.Ranges(e)
	if err != nil {
		return nil, nil //nolint:nilerr // what has no ranges one can read has none
	}
	kept := all[:0]
	for _, r := range all {
		if r[0] != 0 && r[0] < 0xfffffffe {
			kept = append(kept, r)
		}
	}
	return kept, t.spend(ctx, 1+len(all))
}

func within(ranges [][2]uint64, address uint64) bool {
	for _, r := range ranges {
		if r[0] <= address && address < r[1] {
			return true
		}
	}
	return false
}

// Sites returns where an instruction, at an offset of the module, is in the source:
// the function that was inlined last first, then where that was inlined, and last
// the function itself. They are none if the debug information does not tell.
//
// The error is *SizeError, that ctx ended, or that the information is malformed.
func (t *Table) Sites(ctx context.Context, offset int64) (sites []Site, err error) {
	defer recovered(&err)
	if t.code == 0 || offset <= int64(t.code) {
		return nil, nil
	}
	address := uint64(offset) - uint64(t.code)
	for i := range t.units {
		if u := &t.units[i]; within(u.ranges, address) {
			return t.sitesIn(ctx, u, address)
		}
	}
	return nil, nil
}

func (t *Table) sitesIn(ctx context.Context, u *unit, address uint64) ([]Site, error) {
	if u.lines == nil {
		if u.linesAt < 0 {
			return nil, nil
		}
		var err error
		if u.lines, err = readLineTable(t.debug, uint64(u.linesAt)); err != nil {
			return nil, err
		}
	}
	found, ok, err := u.lines.find(ctx, address)
	if err != nil {
		return nil, err
	}
	here := Site{}
	if ok {
		here = u.site(found.file, found.line, found.column)
	}
	scopes, err := t.scopes(ctx, u, address)
	if err != nil || len(scopes) == 0 {
		return []Site{here}, err
	}
	var sites []Site
	for i := len(scopes) - 1; i >= 0; i-- {
		here.Func = scopes[i].name
		sites = append(sites, here)
		here = u.site(scopes[i].file, scopes[i].line, scopes[i].column)
	}
	return sites, nil
}

func (u *unit) site(file uint64, line, column int64) Site {
	const most = 1 << 31
	return Site{File: u.lines.path(file, u.dir), Line: int(max(min(line, most), 0)), Column: int(max(min(column, most), 0))}
}

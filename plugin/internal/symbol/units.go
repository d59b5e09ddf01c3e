package symbol

import "errors"

// What debug/dwarf reads, it reads without a bound: each unit's table of
// abbreviations, and of every entry all attributes with their texts. So these are
// looked at before it is given anything.
const (
	maxUnits      = 20_000
	maxAbbrevs    = 1_000_000 // and their attributes, of all units together
	maxAttributes = 200       // of an entry
	maxText       = 64 << 10
)

var errUnits = errors.New("debug information: units are malformed")

// checkUnits refuses debug information that would cost more than it says. It
// returns where the first entries of compile units are.
func checkUnits(debug map[string][]byte) (roots []uint64, err error) {
	for _, name := range []string{".debug_str", ".debug_line_str"} {
		if n := longestText(debug[name]); n > maxText {
			return nil, &SizeError{Section: "a text in " + name, Size: n, Max: maxText}
		}
	}
	c := &cursor{buf: debug[".debug_info"]}
	abbrevs, seen := 0, map[uint64]bool{}
	for units := 0; c.more(); units++ {
		u, ok := readUnit(c)
		if !ok {
			return nil, errUnits
		}
		if units >= maxUnits {
			return nil, &SizeError{Section: "number of units", Size: units + 1, Max: maxUnits}
		}
		if u.root > 0 {
			roots = append(roots, u.root)
		}
		if seen[u.abbrevs] {
			continue
		}
		seen[u.abbrevs] = true
		n, err := checkAbbrevs(debug[".debug_abbrev"], u.abbrevs)
		if err != nil {
			return nil, err
		}
		if abbrevs += n; abbrevs > maxAbbrevs {
			return nil, &SizeError{Section: ".debug_abbrev", Size: abbrevs, Max: maxAbbrevs}
		}
	}
	return roots, nil
}

// unitHeader is where a unit's abbreviations and its first entry are; that is 0 if
// it is none of code.
type unitHeader struct{ abbrevs, root uint64 }

// The types of units of code, since version 5.
const (
	unitCompile = 1
	unitPartial = 3
)

// readUnit reads a unit's header and skips the rest.
func readUnit(c *cursor) (u unitHeader, ok bool) {
	length, wide := c.length()
	start := c.pos
	unit := &cursor{buf: c.take(length)}
	version := unit.uint(2)
	kind := byte(unitCompile)
	if version >= 5 {
		kind = unit.byte()
		unit.take(1) // size of an address
		u.abbrevs = unit.offset(wide)
	} else {
		u.abbrevs = unit.offset(wide)
		unit.take(1)
	}
	if (kind == unitCompile || kind == unitPartial) && unit.more() {
		u.root = uint64(start + unit.pos)
	}
	return u, !c.bad && !unit.bad && version >= 2 && version <= 5
}

// formImplicitConst is the form whose value is in the abbreviation.
const formImplicitConst = 0x21

// checkAbbrevs reads a table of abbreviations and returns how many it has, each
// attribute counted too.
func checkAbbrevs(section []byte, offset uint64) (int, error) {
	if offset > uint64(len(section)) {
		return 0, errUnits
	}
	c := &cursor{buf: section, pos: int(offset)}
	n := 0
	for ; n <= maxAbbrevs && c.uleb() != 0; n++ {
		c.uleb() // tag
		c.byte() // whether there are children
		for attributes := 0; ; attributes++ {
			attribute, form := c.uleb(), c.uleb()
			if form == formImplicitConst {
				c.sleb()
			}
			if c.bad || attribute == 0 && form == 0 {
				break
			}
			if n++; attributes >= maxAttributes {
				return 0, &SizeError{Section: "attributes of an entry", Size: attributes + 1, Max: maxAttributes}
			}
		}
	}
	if c.bad {
		return 0, errUnits
	}
	return n, nil
}

// longestText returns the length of the longest run of bytes without a zero.
func longestText(section []byte) int {
	longest, start := 0, 0
	for i, b := range section {
		if b == 0 {
			longest = max(longest, i-start)
			start = i + 1
		}
	}
	return max(longest, len(section)-start)
}

package symbol

import "errors"

// What debug/dwarf reads, it reads without a bound: each unit's table of
// abbreviations, and of every entry all attributes with their texts. So these are
// looked at before it is given anything.
const (
	maxUnits      = 20_000
	maxAbbrevs    = 500_000 // of all units together
	maxAttributes = 200     // of an entry
	maxText       = 64 << 10
)

var errUnits = errors.New("debug information: units are malformed")

// checkUnits refuses debug information that would cost more than it says.
func checkUnits(debug map[string][]byte) error {
	for _, name := range []string{".debug_str", ".debug_line_str"} {
		if n := longestText(debug[name]); n > maxText {
			return &SizeError{Section: "a text in " + name, Size: n, Max: maxText}
		}
	}
	c := &cursor{buf: debug[".debug_info"]}
	abbrevs, seen := 0, map[uint64]bool{}
	for units := 0; c.more(); units++ {
		offset, ok := unitAbbrevs(c)
		if !ok {
			return errUnits
		}
		if units >= maxUnits {
			return &SizeError{Section: "number of units", Size: units + 1, Max: maxUnits}
		}
		if seen[offset] {
			continue
		}
		seen[offset] = true
		n, err := checkAbbrevs(debug[".debug_abbrev"], offset)
		if err != nil {
			return err
		}
		if abbrevs += n; abbrevs > maxAbbrevs {
			return &SizeError{Section: ".debug_abbrev", Size: abbrevs, Max: maxAbbrevs}
		}
	}
	return nil
}

// unitAbbrevs reads a unit and returns where its abbreviations are.
func unitAbbrevs(c *cursor) (offset uint64, ok bool) {
	length, wide := c.length()
	unit := &cursor{buf: c.take(length)}
	version := unit.uint(2)
	if version >= 5 {
		unit.take(2) // type of unit, size of an address
	}
	offset = unit.offset(wide)
	return offset, !c.bad && !unit.bad && version >= 2 && version <= 5
}

// formImplicitConst is the form whose value is in the abbreviation.
const formImplicitConst = 0x21

// checkAbbrevs reads a table of abbreviations and returns how many it has.
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
			if attributes >= maxAttributes {
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

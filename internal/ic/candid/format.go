package candid

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The layout of Candid's own tools.
const (
	lineWidth = 80
	indent    = 2
	// maxOpenVec and maxOpenDepth are what is set out line by line; longer and
	// deeper parts stay on one line.
	maxOpenVec   = 10
	maxOpenDepth = 10
)

// Format writes arguments as text, in lines of at most 80 characters where parts can
// be put on lines of their own:
//
//	(
//	  record {
//	    owner = principal "2vxsx-fae";
//	    balance = 1_000 : nat64;
//	  },
//	)
//
// Numbers carry their type. Fields have the names that values have, or else their
// numbers. [ParseArgsAs] with the values' types gives the values back.
func Format(values []Value) string {
	var parts []doc
	for _, v := range values {
		parts = append(parts, valueDoc(v, maxOpenDepth))
	}
	d := doc{open: "(", items: parts, sep: ",", end: ")", last: true}
	w := writer{}
	w.write(d, 0, 0)
	return w.b.String()
}

// FormatValue is [Format] of one value, without parentheses.
func FormatValue(v Value) string {
	w := writer{}
	w.write(valueDoc(v, maxOpenDepth), 0, 0)
	return w.b.String()
}

// doc is a piece of text with a bracket in it that may be on one line or on several.
type doc struct {
	open  string // up to and with the opening bracket, or all of it
	items []doc
	sep   string
	end   string // the closing bracket
	pad   bool   // a space inside the brackets, on one line
	last  bool   // a separator after the last item, on several lines
	flat  bool   // never on several lines
	width int    // in characters, on one line
}

// measure sets the widths, once.
func (d doc) measure() doc {
	d.width = utf8.RuneCountInString(d.open) + len(d.end)
	for _, item := range d.items {
		d.width += item.width
	}
	if n := len(d.items); n > 0 {
		d.width += (n - 1) * (len(d.sep) + 1)
		if d.pad {
			d.width += 2
		}
	}
	return d
}

type writer struct {
	b   strings.Builder
	col int
}

func (w *writer) text(s string) {
	w.b.WriteString(s)
	w.col += utf8.RuneCountInString(s)
}

func (w *writer) newline(by int) {
	w.b.WriteString("\n" + strings.Repeat(" ", by))
	w.col = by
}

// write puts d at an indentation; after is the width of what follows on its line.
func (w *writer) write(d doc, by, after int) {
	if len(d.items) == 0 || d.flat || w.col+d.measure().width+after <= lineWidth {
		w.oneLine(d)
		return
	}
	w.text(d.open)
	for i, item := range d.items {
		w.newline(by + indent)
		sep := d.sep
		if i == len(d.items)-1 && !d.last {
			sep = ""
		}
		w.write(item, by+indent, len(sep))
		w.text(sep)
	}
	w.newline(by)
	w.text(d.end)
}

func (w *writer) oneLine(d doc) {
	w.text(d.open)
	for i, item := range d.items {
		if i > 0 {
			w.text(d.sep + " ")
		} else if d.pad {
			w.text(" ")
		}
		w.oneLine(item)
	}
	if len(d.items) > 0 && d.pad {
		w.text(" ")
	}
	w.text(d.end)
}

// prefixed is d with a text before it.
func prefixed(text string, d doc) doc {
	d.open = text + d.open
	return d.measure()
}

func valueDoc(v Value, depth int) doc {
	var d doc
	switch v := v.(type) {
	case Opt:
		return optDoc(v, depth)
	case Vec:
		d = doc{open: "vec {", sep: ";", end: "}", pad: true, last: true, flat: len(v) > maxOpenVec}
		for _, elem := range v {
			d.items = append(d.items, valueDoc(elem, depth-1))
		}
	case Record:
		d = doc{open: "record {", sep: ";", end: "}", pad: true, last: true, items: fieldDocs(v, depth-1)}
	case Variant:
		tag := v.Label.String()
		d = doc{open: "variant {", end: "}", pad: true}
		if v.Value.kind() == KindNull {
			d.items = []doc{doc{open: tag}.measure()}
		} else {
			d.items = []doc{prefixed(tag+" = ", valueDoc(v.Value, depth-1))}
		}
	default:
		d = doc{open: leafText(v)}
	}
	d.flat = d.flat || depth <= 0
	return d.measure()
}

func optDoc(o Opt, depth int) doc {
	if o.Some == nil {
		return doc{open: "null"}.measure()
	}
	inner := valueDoc(o.Some, depth-1)
	if !annotated(o.Some) {
		return prefixed("opt ", inner)
	}
	return doc{open: "opt (", items: []doc{inner}, end: ")"}.measure()
}

// annotated says whether the text of a value ends in a type, which an opt before it
// would not include.
func annotated(v Value) bool {
	switch v.(type) {
	case Bool, Text, Principal, Service, Func, Blob, Vec, Record, Variant, Opt:
		return false
	}
	return true
}

func fieldDocs(r Record, depth int) []doc {
	tuple := true
	for i, f := range r {
		tuple = tuple && f.ID == uint32(i)
	}
	var out []doc
	for _, f := range r {
		d := valueDoc(f.Value, depth)
		if !tuple {
			d = prefixed(f.Label.String()+" = ", d)
		}
		out = append(out, d)
	}
	return out
}

// leafText is the text of a value that has no parts.
func leafText(v Value) string {
	switch v := v.(type) {
	case Null:
		return "null : null"
	case Reserved:
		return "null : reserved"
	case Bool:
		return strconv.FormatBool(bool(v))
	case Text:
		return quoteText(string(v))
	case Blob:
		return quoteBlob(v)
	case Principal:
		return `principal "` + v.ID.String() + `"`
	case Service:
		return `service "` + v.ID.String() + `"`
	case Func:
		return `func "` + v.Service.String() + `".` + quoteName(v.Method)
	}
	return numberText(v) + " : " + v.kind().String()
}

// numberText is the digits of a number, in groups of three.
func numberText(v Value) string {
	switch v := v.(type) {
	case Nat:
		return groupDigits(v.String())
	case Int:
		return groupDigits(v.String())
	case Nat8:
		return strconv.FormatUint(uint64(v), 10)
	case Nat16:
		return groupDigits(strconv.FormatUint(uint64(v), 10))
	case Nat32:
		return groupDigits(strconv.FormatUint(uint64(v), 10))
	case Nat64:
		return groupDigits(strconv.FormatUint(uint64(v), 10))
	case Int8:
		return strconv.FormatInt(int64(v), 10)
	case Int16:
		return groupDigits(strconv.FormatInt(int64(v), 10))
	case Int32:
		return groupDigits(strconv.FormatInt(int64(v), 10))
	case Int64:
		return groupDigits(strconv.FormatInt(int64(v), 10))
	case Float32:
		return floatText(float64(v), 32)
	case Float64:
		return floatText(float64(v), 64)
	}
	return ""
}

func floatText(f float64, bits int) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	case a != 0 && (a < 1e-6 || a >= 1e21):
		return strconv.FormatFloat(f, 'e', -1, bits)
	}
	s := strconv.FormatFloat(f, 'f', -1, bits)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

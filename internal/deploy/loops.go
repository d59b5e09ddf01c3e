package deploy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/plugin"
)

// LoopsKnob is the environment variable that, set to "allow", lets plugins go on
// that call in circles.
const LoopsKnob = "BERTH_PLUGIN_LOOPS"

// loops is what is done about plugins that call in circles.
func (d *Deployer) loops() plugin.Loops {
	return plugin.Loops{
		Allow:  slices.Contains(d.Environ, LoopsKnob+"=allow"),
		Differ: func(_ string, args [][]byte) string { return differ(args) },
	}
}

// argQuota is enough for the beginning of an argument.
var argQuota = candid.Quota{MaxValues: 1000, MaxDepth: 20, MaxTypes: 100}

// shownPlaces is how many places in arguments are named.
const shownPlaces = 3

// differ names the places in which arguments in Candid differ, with what the first
// and the last have there: "`start` (0 … 4_900)". It returns "" if they are not all
// Candid of one form, or differ in many places.
func differ(args [][]byte) string {
	var first []candid.Value
	var found differences
	for i, arg := range args {
		values, err := candid.DecodeUntyped(arg, argQuota)
		if err != nil || i > 0 && len(values) != len(first) {
			return ""
		}
		if i == 0 {
			first = values
		}
		for n := range values {
			found.compare(place{arg: n, of: len(values)}, first[n], values[n])
		}
	}
	if len(found) == 0 || len(found) > shownPlaces {
		return ""
	}
	texts := make([]string, len(found))
	for i, d := range found {
		texts[i] = d.String()
	}
	return strings.Join(texts, " and ")
}

// place is a part of one of several arguments.
type place struct {
	arg, of int
	path    string // of fields
}

// field is the place of a field of the record at p. Arguments have the numbers of
// fields only, so those that pages are asked for with are known by heart.
func (p place) field(id uint32) place {
	name := fmt.Sprint(id)
	for _, known := range []string{
		"start", "from", "offset", "skip", "after", "prev", "previous", "cursor", "token", "page", "page_token",
		"index", "next", "start_after", "start_index", "begin", "key", "id", "to", "end", "before",
		"length", "limit", "take", "count", "size", "page_size",
	} {
		if candid.Hash(known) == id {
			name = known
		}
	}
	p.path = strings.TrimPrefix(p.path+"."+name, ".")
	return p
}

func (p place) String() string {
	switch {
	case p.of == 1 && p.path == "":
		return "their value"
	case p.of == 1:
		return "`" + p.path + "`"
	case p.path == "":
		return fmt.Sprintf("number %d of %d", p.arg+1, p.of)
	}
	return fmt.Sprintf("`%s` of number %d of %d", p.path, p.arg+1, p.of)
}

// difference is a place in which the last argument, at least, is not the first.
type difference struct {
	place
	first, last candid.Value
}

func (d difference) String() string {
	first, last := short(d.first), short(d.last)
	if first == "" || last == "" {
		return d.place.String()
	}
	return fmt.Sprintf("%s (%s … %s)", d.place, first, last)
}

// short is a value in a few characters, "" if that cannot be.
func short(v candid.Value) string {
	text := ""
	switch v.(type) {
	case candid.Nat, candid.Int, candid.Nat8, candid.Nat16, candid.Nat32, candid.Nat64:
		text, _, _ = strings.Cut(candid.FormatValue(v), " : ")
	case candid.Text, candid.Bool:
		text = candid.FormatValue(v)
	}
	if len(text) > 40 {
		return ""
	}
	return text
}

type differences []difference

// compare notes where b differs from a, which is at p in the first argument.
func (ds *differences) compare(p place, a, b candid.Value) {
	if candid.Equal(a, b) {
		return
	}
	switch a := a.(type) {
	case candid.Opt:
		if b, ok := b.(candid.Opt); ok && a.Some != nil && b.Some != nil {
			ds.compare(p, a.Some, b.Some)
			return
		}
	case candid.Record:
		if b, ok := b.(candid.Record); ok && sameFields(a, b) {
			for i := range a {
				ds.compare(p.field(a[i].ID), a[i].Value, b[i].Value)
			}
			return
		}
	}
	ds.note(difference{p, a, b})
}

func (ds *differences) note(d difference) {
	for i := range *ds {
		if (*ds)[i].place == d.place {
			(*ds)[i].last = d.last
			return
		}
	}
	*ds = append(*ds, d)
}

func sameFields(a, b candid.Record) bool {
	return slices.EqualFunc(a, b, func(a, b candid.Field) bool { return a.ID == b.ID })
}

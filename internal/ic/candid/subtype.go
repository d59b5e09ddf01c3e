package candid

import (
	"errors"
	"fmt"
	"strings"
)

// SubtypeOptions says what counts as a subtype. The zero value is the rule by which
// messages are decoded.
type SubtypeOptions struct {
	// Strict refuses what the rules allow by reading a value as null: a field that
	// was opt nat and is now opt text decodes, but its value is lost. Whoever
	// compares two versions of an interface wants to know.
	Strict bool
}

// SubtypeError says where two types differ. It wraps a [*MismatchError] or tells
// the difference in words.
type SubtypeError struct {
	Path string // from the types that were compared, such as "method get, result 0"
	Err  error
}

func (e *SubtypeError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("not a subtype: %v", orMalformed(e.Err))
	}
	return fmt.Sprintf("not a subtype: %s: %v", e.Path, orMalformed(e.Err))
}

// Unwrap is the cause.
func (e *SubtypeError) Unwrap() error { return e.Err }

// Subtype is nil if every value of type a can be decoded at type b, so that a
// service may offer a where b was promised. Otherwise it is a [*SubtypeError], also
// for types too large to compare.
//
// Candid.md, "Upgrading and Subtyping".
func Subtype(a, b *Type, o SubtypeOptions) error {
	const most = 200_000
	left := most
	s := &subtyper{strict: o.Strict, charge: func(n int) error {
		if left -= n; left < 0 {
			return &SubtypeError{Err: errors.New("too large to compare")}
		}
		return nil
	}}
	return s.check(a, b)
}

type typePair struct{ a, b *Type }

// subtyper decides a <: b for recursive types. The relation is the largest one
// closed under the rules, and all premises of a rule must hold: so a <: b unless
// some pair reachable from it plainly fails. Each pair is looked at once.
type subtyper struct {
	strict bool
	charge func(n int) error // called for every pair, with what it costs
	holds  map[typePair]bool
}

type subtypeStep struct {
	typePair
	from int // index of the step that needs this one; -1 for none
	why  func() string
}

// check leaves the verdict in holds, for the next time.
func (s *subtyper) check(a, b *Type) error {
	root := typePair{a, b}
	if s.holds == nil {
		s.holds = map[typePair]bool{}
	}
	if s.holds[root] {
		return nil
	}
	seen := map[typePair]bool{root: true}
	work := []subtypeStep{{typePair: root, from: -1}}
	for i := 0; i < len(work); i++ {
		if err := s.charge(1 + work[i].a.width() + work[i].b.width()); err != nil {
			return err
		}
		needs, err := s.rule(work[i].a, work[i].b)
		if err != nil {
			return &SubtypeError{Path: pathOf(work, i), Err: err}
		}
		for _, n := range needs {
			if n.a != n.b && !s.holds[n.typePair] && !seen[n.typePair] {
				seen[n.typePair] = true
				n.from = i
				work = append(work, n)
			}
		}
	}
	for p := range seen {
		s.holds[p] = true
	}
	return nil
}

// rule gives the premises of a <: b, or says why no rule applies.
func (s *subtyper) rule(a, b *Type) ([]subtypeStep, error) {
	switch {
	case b.Kind == KindReserved, a.Kind == KindEmpty:
		return nil, nil
	case b.Kind == KindOpt:
		return s.optRule(a, b)
	case a.Kind == KindNat && b.Kind == KindInt, a.Kind == KindService && b.Kind == KindPrincipal:
		return nil, nil
	case a.Kind != b.Kind || a.Kind == KindFuture:
		return nil, &MismatchError{Want: b, Got: a}
	}
	switch a.Kind {
	case KindVec:
		return []subtypeStep{premise(a.Elem, b.Elem, "element")}, nil
	case KindRecord:
		return recordRule(a, b)
	case KindVariant:
		return variantRule(a, b)
	case KindFunc:
		return funcRule(a, b)
	case KindService:
		return serviceRule(a, b)
	}
	return nil, nil
}

// width is how many parts t has.
func (t *Type) width() int {
	n := len(t.Fields) + len(t.Methods)
	if t.Func != nil {
		n += len(t.Func.Args) + len(t.Func.Results)
	}
	return n
}

func premise(a, b *Type, format string, args ...any) subtypeStep {
	why := func() string { return fmt.Sprintf(format, args...) }
	return subtypeStep{typePair: typePair{a, b}, why: why}
}

// optRule: whatever does not fit reads as null.
func (s *subtyper) optRule(a, b *Type) ([]subtypeStep, error) {
	switch {
	case !s.strict, a.Kind == KindNull:
		return nil, nil
	case a.Kind == KindOpt:
		return []subtypeStep{premise(a.Elem, b.Elem, "opt")}, nil
	case a.Kind == KindReserved || b.Elem.Kind.acceptsNull():
		return nil, &MismatchError{Want: b, Got: a}
	default:
		return []subtypeStep{premise(a, b.Elem, "opt")}, nil
	}
}

func recordRule(a, b *Type) ([]subtypeStep, error) {
	var out []subtypeStep
	for _, want := range b.Fields {
		got, ok := a.field(want.ID)
		if !ok && !want.Type.Kind.acceptsNull() {
			return nil, &MismatchError{Want: b, Got: a, Label: &want.Label}
		}
		if ok {
			out = append(out, premise(got.Type, want.Type, "field %s", want.Label))
		}
	}
	return out, nil
}

func variantRule(a, b *Type) ([]subtypeStep, error) {
	var out []subtypeStep
	for _, got := range a.Fields {
		want, ok := b.field(got.ID)
		if !ok {
			return nil, &MismatchError{Want: b, Got: a, Label: &got.Label}
		}
		out = append(out, premise(got.Type, want.Type, "tag %s", got.Label))
	}
	return out, nil
}

func funcRule(a, b *Type) ([]subtypeStep, error) {
	if a.Func.Modes != b.Func.Modes {
		return nil, fmt.Errorf("want annotation %q, got %q", b.Func.Modes, a.Func.Modes)
	}
	args, err := tupleRule(b.Func.Args, a.Func.Args, "argument")
	if err != nil {
		return nil, err
	}
	results, err := tupleRule(a.Func.Results, b.Func.Results, "result")
	return append(args, results...), err
}

// tupleRule is recordRule for lists.
func tupleRule(a, b []*Type, what string) ([]subtypeStep, error) {
	var out []subtypeStep
	for i, want := range b {
		switch {
		case i < len(a):
			out = append(out, premise(a[i], want, "%s %d", what, i))
		case !want.Kind.acceptsNull():
			return nil, fmt.Errorf("%s %d: %w", what, i, &MismatchError{Want: want})
		}
	}
	return out, nil
}

func serviceRule(a, b *Type) ([]subtypeStep, error) {
	byName := map[string]*Type{}
	for _, m := range a.Methods {
		byName[m.Name] = m.Type
	}
	var out []subtypeStep
	for _, m := range b.Methods {
		got := byName[m.Name]
		if got == nil {
			return nil, errors.New("no method " + quoteName(clip(m.Name)))
		}
		out = append(out, premise(got, m.Type, "method %s", quoteName(clip(m.Name))))
	}
	return out, nil
}

// pathOf says how step i was reached.
func pathOf(work []subtypeStep, i int) string {
	var parts []string
	for ; i >= 0 && work[i].why != nil; i = work[i].from {
		parts = append([]string{work[i].why()}, parts...)
		if len(parts) == 20 {
			break
		}
	}
	return strings.Join(parts, ", ")
}

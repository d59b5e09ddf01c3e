package candid

import "errors"

// Decode reads the arguments of a message as values of the types want. Arguments
// beyond them are skipped, and missing ones are null if their type allows it.
//
// What is decoded is a copy: b may be reused. Labels have the names that want has.
// The error is a [*DecodeError].
//
// Candid.md, "Decoding".
func Decode(b []byte, want []*Type, q Quota) ([]Value, error) {
	d := newDecoder(b, q)
	values, err := d.message(func([]*Type) []*Type { return want })
	return values, d.located(err)
}

// DecodeUntyped reads the arguments of a message by the types the message itself
// gives. Labels have no names. The error is a [*DecodeError].
func DecodeUntyped(b []byte, q Quota) ([]Value, error) {
	d := newDecoder(b, q)
	values, err := d.message(func(got []*Type) []*Type { return got })
	return values, d.located(err)
}

// ReadTypes gives the types of a message's arguments as the message describes them,
// without reading values.
func ReadTypes(b []byte, q Quota) ([]*Type, error) {
	d := newDecoder(b, q)
	h, err := readHeader(&d.reader, d.quota)
	return h.args, d.located(err)
}

// decoder reads values. An error is one of two things: a *MismatchError, after
// which an enclosing opt reads as null, or the end of decoding.
type decoder struct {
	reader
	quota Quota
	spent int // of quota.MaxValues
	depth int
	// path is where the decoder is. It stays as it was when an error ends decoding.
	path path
	refs subtyper
}

func newDecoder(b []byte, q Quota) *decoder {
	d := &decoder{reader: reader{data: b}, quota: q.withDefaults()}
	d.refs.charge = d.charge
	return d
}

// message reads all of a message, at the types that want chooses for those it has.
func (d *decoder) message(want func(got []*Type) []*Type) ([]Value, error) {
	h, err := readHeader(&d.reader, d.quota)
	if err != nil {
		return nil, err
	}
	values, err := d.arguments(h.args, want(h.args))
	if err == nil && d.left() > 0 {
		err = ErrTrailing
	}
	if err != nil {
		return nil, err
	}
	return values, nil
}

func (d *decoder) located(err error) error {
	if err == nil {
		return nil
	}
	return &DecodeError{Offset: int64(d.pos), Path: d.path.String(), Err: err}
}

func (d *decoder) charge(n int) error {
	if d.spent += n; d.spent > d.quota.MaxValues {
		return &LimitError{Limit: "MaxValues", Max: d.quota.MaxValues}
	}
	return nil
}

// enter is called for every value, decoded or skipped; leave when it is complete.
func (d *decoder) enter() error {
	if d.depth++; d.depth > d.quota.MaxDepth {
		return &LimitError{Limit: "MaxDepth", Max: d.quota.MaxDepth}
	}
	return d.charge(1)
}

func (d *decoder) leave() { d.depth-- }

func (d *decoder) arguments(got, want []*Type) ([]Value, error) {
	var values []Value
	for i, w := range want {
		d.path.push(step{kind: stepArg, index: i})
		v, err := d.argument(got, i, w)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		d.path.pop()
	}
	for i := len(want); i < len(got); i++ {
		d.path.push(step{kind: stepArg, index: i})
		if err := d.skip(got[i]); err != nil {
			return nil, err
		}
		d.path.pop()
	}
	return values, nil
}

func (d *decoder) argument(got []*Type, i int, want *Type) (Value, error) {
	if i < len(got) {
		return d.value(got[i], want)
	}
	if v := nullOf(want.Kind); v != nil {
		return v, nil
	}
	return nil, ErrMissing
}

// nullOf is the value of what is missing, nil if it may not be.
func nullOf(k Kind) Value {
	switch k {
	case KindNull:
		return Null{}
	case KindOpt:
		return Opt{}
	case KindReserved:
		return Reserved{}
	}
	return nil
}

// value reads a value of type got as one of type want.
func (d *decoder) value(got, want *Type) (Value, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	v, err := d.coerce(got, want)
	d.leave()
	return v, err
}

func (d *decoder) coerce(got, want *Type) (Value, error) {
	switch {
	case want.Kind == KindReserved:
		return Reserved{}, d.skip(got)
	case want.Kind == KindOpt:
		return d.opt(got, want)
	case got.Kind == KindEmpty:
		return nil, d.skip(got)
	case got.Kind == KindNat && want.Kind == KindInt:
		n, err := d.nat()
		return Int{n.abs}, err
	case got.Kind == KindService && want.Kind == KindPrincipal:
		id, err := d.principal()
		return Principal{id}, err
	case got.Kind != want.Kind:
		return nil, &MismatchError{Want: want, Got: got}
	}
	switch got.Kind {
	case KindVec:
		return d.vec(got, want)
	case KindRecord:
		return d.record(got, want)
	case KindVariant:
		return d.variant(got, want)
	case KindFunc, KindService:
		return d.reference(got, want)
	default:
		return d.simple(got.Kind)
	}
}

// simple reads a value of a type without parts.
func (d *decoder) simple(k Kind) (Value, error) {
	switch k {
	case KindNull:
		return Null{}, nil
	case KindBool:
		v, err := d.flag()
		return Bool(v), err
	case KindNat:
		return d.nat()
	case KindInt:
		raw, err := d.bigLEB()
		if err != nil {
			return nil, err
		}
		return Int{bigFromLEB(raw, true)}, nil
	case KindText:
		b, err := d.chargedText()
		return Text(b), err
	case KindPrincipal:
		id, err := d.principal()
		return Principal{id}, err
	case KindReserved:
		return Reserved{}, nil
	}
	return d.number(k)
}

// number reads a value that takes the same bytes whatever it is.
func (d *decoder) number(k Kind) (Value, error) {
	n, err := d.fixed(k.fixedSize())
	if err != nil {
		return nil, err
	}
	if v := sized(k, n); v != nil {
		return v, nil
	}
	return nil, &MismatchError{Got: Prim(k)}
}

func (d *decoder) nat() (Nat, error) {
	raw, err := d.bigLEB()
	if err != nil {
		return Nat{}, err
	}
	return Nat{bigFromLEB(raw, false)}, nil
}

func (d *decoder) bigLEB() ([]byte, error) {
	raw, err := d.leb()
	if err != nil {
		return nil, err
	}
	return raw, d.charge(textCost(len(raw)))
}

func (d *decoder) chargedText() ([]byte, error) {
	b, err := d.text()
	if err != nil {
		return nil, err
	}
	return b, d.charge(textCost(len(b)))
}

// isMismatch says whether an error is one that an opt turns into null.
func isMismatch(err error) bool {
	_, ok := errors.AsType[*MismatchError](err)
	return ok
}

package candid

import "fmt"

// skip reads a value of type t and drops it. The value must be as well-formed as
// one that is kept.
func (d *decoder) skip(t *Type) error {
	if err := d.enter(); err != nil {
		return err
	}
	err := d.skipParts(t)
	d.leave()
	return err
}

func (d *decoder) skipParts(t *Type) error {
	switch t.Kind {
	case KindEmpty:
		return fmt.Errorf("%w: there is no value of type empty", ErrValue)
	case KindOpt:
		some, err := d.flag()
		if err != nil || !some {
			return err
		}
		return d.skip(t.Elem)
	case KindVec:
		return d.skipVec(t.Elem)
	case KindRecord:
		for _, f := range t.Fields {
			if err := d.skipField(f); err != nil {
				return err
			}
		}
		return nil
	case KindVariant:
		tag, err := d.tag(t)
		if err != nil {
			return err
		}
		return d.skipField(tag)
	case KindFunc, KindService:
		_, err := d.anyReference(t)
		return err
	case KindFuture:
		return d.skipFuture()
	case KindNat, KindInt:
		_, err := d.bigLEB()
		return err
	case KindText:
		_, err := d.chargedText()
		return err
	default:
		_, err := d.simple(t.Kind)
		return err
	}
}

func (d *decoder) skipField(f FieldType) error {
	d.path.push(step{kind: stepField, label: f.Label})
	err := d.skip(f.Type)
	if err == nil {
		d.path.pop()
	}
	return err
}

func (d *decoder) skipVec(elem *Type) error {
	n, err := d.vecLen(elem)
	if err != nil {
		return err
	}
	if size := elem.Kind.fixedSize(); size > 0 {
		_, err := d.bytes(uint64(n) * uint64(size))
		return err
	}
	for i := range n {
		d.path.push(step{kind: stepElem, index: i})
		if err := d.skip(elem); err != nil {
			return err
		}
		d.path.pop()
	}
	return nil
}

// skipFuture skips a value of a type from a later version of the format. Such
// values say how many bytes and how many references they take; references travel
// apart from the message, and nothing here carries them.
func (d *decoder) skipFuture() error {
	n, err := d.uleb()
	if err != nil {
		return err
	}
	refs, err := d.uleb()
	if err != nil {
		return err
	}
	if refs != 0 {
		return fmt.Errorf("%w: %d references outside the message", ErrValue, refs)
	}
	_, err = d.bytes(n)
	return err
}

package plugin

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"strings"

	"github.com/berth-cli/berth/component"
)

// digester tells values apart. Its digests mean nothing to another one: the seed is
// its own, so that no guest can choose bytes that collide.
type digester struct {
	hash  maphash.Hash
	bytes int // of strings and lists since the last start
}

// start begins a digest with what it is of.
func (d *digester) start(parts ...uint64) {
	d.hash.Reset()
	d.bytes = 0
	for _, p := range parts {
		d.number(p)
	}
}

func (d *digester) sum() uint64 { return d.hash.Sum64() }

func (d *digester) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = d.hash.Write(b[:])
}

func (d *digester) flag(b bool) {
	if b {
		d.number(1)
		return
	}
	d.number(0)
}

// name adds the name of a case, which is no content.
func (d *digester) name(s string) {
	d.number(uint64(len(s)))
	_, _ = d.hash.WriteString(s)
}

func (d *digester) text(s string) {
	d.name(s)
	d.bytes += len(s)
}

// words adds a text but for its digits: what a network says of a failure has ports and
// identifiers in it.
func (d *digester) words(s string) {
	d.number(math.MaxUint64) // no value begins like that
	d.bytes += len(s)
	for s != "" {
		end := strings.IndexAny(s, "0123456789")
		if end < 0 {
			end = len(s)
		}
		_, _ = d.hash.WriteString(s[:end])
		s = strings.TrimLeft(s[end:], "0123456789")
	}
}

func (d *digester) data(b []byte) {
	d.number(uint64(len(b)))
	_, _ = d.hash.Write(b)
	d.bytes += len(b)
}

func (d *digester) values(vs []component.Value) {
	d.number(uint64(len(vs)))
	d.bytes += len(vs)
	for _, v := range vs {
		d.value(v)
	}
}

// value adds a value in the dynamic form. How deep it nests is bounded by the
// component's types.
func (d *digester) value(v component.Value) {
	switch v := v.(type) {
	case string:
		d.text(v)
	case []byte:
		d.data(v)
	case []component.Value:
		d.values(v)
	case component.Tuple:
		d.values(v)
	case component.Record:
		for _, f := range v {
			d.value(f.Value)
		}
	case component.Variant:
		d.name(v.Case)
		d.value(v.Value)
	case component.Option:
		d.flag(v.Some)
		d.value(v.Value)
	case component.ResultValue:
		d.flag(v.Err)
		d.value(v.Value)
	case component.Enum:
		d.name(string(v))
	case component.Flags:
		for _, f := range v {
			d.name(f)
		}
	default:
		d.scalar(v)
	}
}

func (d *digester) scalar(v component.Value) {
	switch v := v.(type) {
	case bool:
		d.flag(v)
	case component.Char:
		d.number(uint64(v))
	case int8:
		d.number(uint64(v))
	case int16:
		d.number(uint64(v))
	case int32:
		d.number(uint64(v))
	case int64:
		d.number(uint64(v))
	case uint8:
		d.number(uint64(v))
	case uint16:
		d.number(uint64(v))
	case uint32:
		d.number(uint64(v))
	case uint64:
		d.number(v)
	case float32:
		d.number(uint64(math.Float32bits(v)))
	case float64:
		d.number(math.Float64bits(v))
	}
}

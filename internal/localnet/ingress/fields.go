package ingress

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// fields takes typed fields out of a map. The first error sticks.
type fields struct {
	m    map[string]any
	what string
	used []string
	err  error
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %w", f.what, err)
	}
}

// get takes a field of one type; ok is false if it is absent or of another type.
func get[T any](f *fields, name string, required bool) (v T, ok bool) {
	f.used = append(f.used, name)
	raw, present := f.m[name]
	if !present {
		if required {
			f.fail(fmt.Errorf("the field %q is missing", name))
		}
		return v, false
	}
	if v, ok = raw.(T); !ok {
		f.fail(fmt.Errorf("the field %q is %s, not %s", name, describe(raw), describe(v)))
	}
	return v, ok
}

// nat takes a number that may be wider than 64 bits.
func (f *fields) nat(name string) *big.Int {
	if b, ok := f.m[name].(*big.Int); ok && b.Sign() >= 0 {
		f.used = append(f.used, name)
		return b
	}
	n, _ := get[uint64](f, name, true)
	return new(big.Int).SetUint64(n)
}

func (f *fields) principal(name string, required bool) principal.Principal {
	b, ok := get[[]byte](f, name, required)
	if !ok {
		return principal.Principal{}
	}
	p, err := principal.FromBytes(b)
	if err != nil {
		f.fail(fmt.Errorf("the field %q: %w", name, err))
	}
	return p
}

// end returns the first error, or one about a field nobody asked for.
func (f *fields) end() error {
	if f.err != nil {
		return f.err
	}
	for _, k := range slices.Sorted(maps.Keys(f.m)) {
		if !slices.Contains(f.used, k) {
			return fmt.Errorf("%s: unknown field %q", f.what, k)
		}
	}
	return nil
}

func describe(v any) string {
	switch v.(type) {
	case []byte:
		return "a blob"
	case string:
		return "a text"
	case uint64:
		return "a number of 64 bits"
	case *big.Int:
		return "a number beyond 64 bits"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a value of type %T", v)
}

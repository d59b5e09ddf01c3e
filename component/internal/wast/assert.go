package wast

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"

	"github.com/berth-cli/berth/component"
)

func (r *runner) assertReturn(ctx context.Context, d Directive) error {
	got, err := r.invoke(ctx, d.Action)
	if err != nil {
		return err
	}
	if len(got) != len(d.Expected) {
		return fmt.Errorf("%s returned %v, want %v", d.Action.Func, got, d.Expected)
	}
	for i, want := range d.Expected {
		if !Equal(got[i], want) {
			return fmt.Errorf("%s returned %v, want %v", d.Action.Func, got[i], want)
		}
	}
	return nil
}

// assertTrap wants a call, or the instantiation of a component, to trap.
func (r *runner) assertTrap(ctx context.Context, d Directive) error {
	var err error
	if d.Action != nil {
		_, err = r.invoke(ctx, d.Action)
	} else {
		err = r.component(ctx, d)
	}
	return r.verdict(err, "trapped", Trap)
}

// assertRefused wants a component to be refused. What the decoder refuses need
// not be asserted to be malformed: it may be what the text format cannot say.
func (r *runner) assertRefused(ctx context.Context, d Directive) error {
	wasm, err := r.binary(d.Text)
	if _, quoted := errors.AsType[*textError](err); quoted {
		return nil
	}
	if err != nil {
		return err
	}
	err = r.Host.Validate(ctx, wasm)
	if d.Kind == "assert_malformed" && d.Text.Form == "binary" {
		return r.verdict(err, "malformed", Malformed)
	}
	return r.verdict(err, "refused", Malformed, Invalid)
}

func (r *runner) assertUnlinkable(ctx context.Context, d Directive) error {
	wasm, err := r.binary(d.Text)
	if err != nil {
		return err
	}
	c, err := r.Host.Compile(ctx, wasm)
	if err == nil {
		var i Instance
		if i, err = c.Instantiate(ctx); err == nil {
			i.Close()
		}
	}
	return r.verdict(err, "unlinkable", Unlinkable)
}

// verdict is nil if err is of one of the wanted classes.
func (r *runner) verdict(err error, want string, classes ...Class) error {
	if err == nil {
		return fmt.Errorf("was accepted, want it %s", want)
	}
	if errors.Is(err, errNotRun) {
		return err
	}
	got := r.Host.Class(err)
	for _, c := range classes {
		if c == got {
			return nil
		}
	}
	return fmt.Errorf("want it %s, have: %w", want, err)
}

// Equal reports whether a value is the one expected. Any NaN is any other, and
// the two forms of a list of bytes are the same.
func Equal(got, want component.Value) bool {
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	if !g.IsValid() || !w.IsValid() {
		return g.IsValid() == w.IsValid()
	}
	if g.Kind() != w.Kind() {
		return false
	}
	switch g.Kind() {
	case reflect.Slice:
		return equalSlices(g, w)
	case reflect.Struct:
		return equalStructs(g, w)
	case reflect.Float32, reflect.Float64:
		return sameFloat(g.Float(), w.Float())
	}
	return g.Type() == w.Type() && g.Equal(w)
}

func sameFloat(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

func equalSlices(g, w reflect.Value) bool {
	if g.Len() != w.Len() || !alike(g.Type(), w.Type()) {
		return false
	}
	for i := range g.Len() {
		if !Equal(g.Index(i).Interface(), w.Index(i).Interface()) {
			return false
		}
	}
	return true
}

// alike reports whether two slice types may hold the same list.
func alike(a, b reflect.Type) bool {
	list, bytes := reflect.TypeFor[[]component.Value](), reflect.TypeFor[[]byte]()
	return a == b || (a == list || a == bytes) && (b == list || b == bytes)
}

func equalStructs(g, w reflect.Value) bool {
	if g.Type() != w.Type() {
		return false
	}
	for i := range g.NumField() {
		if !Equal(g.Field(i).Interface(), w.Field(i).Interface()) {
			return false
		}
	}
	return true
}

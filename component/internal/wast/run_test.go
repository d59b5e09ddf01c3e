package wast_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/component/internal/wast"
)

// The errors of the fake host.
var (
	errMalformed   = errors.New("malformed")
	errInvalid     = errors.New("invalid")
	errUnsupported = errors.New("unsupported")
	errUnlinkable  = errors.New("unlinkable")
	errTrap        = errors.New("trap")
)

// fakeHost takes the text of a component for what becomes of it.
type fakeHost struct{ closed *int }

func (h fakeHost) Validate(_ context.Context, b []byte) error {
	for _, err := range []error{errMalformed, errInvalid, errUnsupported} {
		if strings.Contains(string(b), err.Error()) {
			return err
		}
	}
	return nil
}

func (h fakeHost) Compile(ctx context.Context, b []byte) (wast.Component, error) {
	return fakeComponent{string(b), h.closed}, h.Validate(ctx, b)
}

func (fakeHost) Class(err error) wast.Class {
	for class, e := range map[wast.Class]error{
		wast.Malformed: errMalformed, wast.Invalid: errInvalid, wast.Unsupported: errUnsupported,
		wast.Unlinkable: errUnlinkable, wast.Trap: errTrap,
	} {
		if errors.Is(err, e) {
			return class
		}
	}
	return wast.Other
}

type fakeComponent struct {
	text   string
	closed *int
}

func (c fakeComponent) Instantiate(context.Context) (wast.Instance, error) {
	for _, err := range []error{errTrap, errUnlinkable} {
		if strings.Contains(c.text, err.Error()) {
			return nil, err
		}
	}
	return fakeInstance(c), nil
}

type fakeInstance fakeComponent

func (i fakeInstance) Close() error { *i.closed++; return nil }

// Invoke returns its arguments, and the component's text from "text".
func (i fakeInstance) Invoke(_ context.Context, name string, args []component.Value) ([]component.Value, error) {
	switch name {
	case "trap":
		return nil, errTrap
	case "text":
		return []component.Value{i.text}, nil
	}
	return args, nil
}

// fakeTexts reads every text as itself, except those that say otherwise.
func fakeTexts(source string) ([]byte, error, bool) {
	if strings.Contains(source, "unread") {
		return nil, nil, false
	}
	if strings.Contains(source, "refused") {
		return nil, errors.New("refused"), true
	}
	return []byte(source), nil, true
}

// TestRun checks each directive in each outcome. The last directive of a script
// is the one that is looked at.
func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		want      wast.Outcome
	}{
		{"component", `(component)`, wast.Passed},
		{"component refused", `(component invalid)`, wast.Failed},
		{"component that traps", `(component trap)`, wast.Failed},
		{"text that was not read", `(component unread)`, wast.NotRun},
		{"text that cannot be read", `(component refused)`, wast.NotRun},
		{"definition", `(component definition trap)`, wast.Passed},
		{"definition refused", `(component definition invalid)`, wast.Failed},
		{"binary", `(component binary "a" "b") (assert_return (invoke "text") (str.const "ab"))`, wast.Passed},
		{"quote", `(component quote "a") (assert_return (invoke "text") (str.const "(component a)"))`, wast.Passed},
		{"the last component", `(component $a) (component $b) (assert_return (invoke "text") (str.const "(component $b)"))`, wast.Passed},
		{"a named component", `(component $a) (component $b) (assert_return (invoke $a "text") (str.const "(component $a)"))`, wast.Passed},
		{"instance", `(component definition $d) (component instance $i $d) (assert_return (invoke $i "text") (str.const "(component  $d)"))`, wast.Passed},
		{"instance of the last", `(component definition) (component instance) (assert_return (invoke "x"))`, wast.Passed},
		{"instance of none", `(component instance $i $d)`, wast.NotRun},
		{"instance of a refused one", `(component definition $d invalid) (component instance $i $d)`, wast.NotRun},
		{"no instance", `(assert_return (invoke "x"))`, wast.NotRun},
		{"component that did not load", `(component invalid) (assert_return (invoke "x"))`, wast.NotRun},
		{"invoke", `(component) (invoke "x")`, wast.Passed},
		{"invoke traps", `(component) (invoke "trap")`, wast.Failed},
		{"return", `(component) (assert_return (invoke "x" (u8.const 1)) (u8.const 1))`, wast.Passed},
		{"return another", `(component) (assert_return (invoke "x" (u8.const 1)) (u8.const 2))`, wast.Failed},
		{"return more", `(component) (assert_return (invoke "x" (u8.const 1)))`, wast.Failed},
		{"return traps", `(component) (assert_return (invoke "trap"))`, wast.Failed},
		{"trap", `(component) (assert_trap (invoke "trap") "")`, wast.Passed},
		{"no trap", `(component) (assert_trap (invoke "x") "")`, wast.Failed},
		{"trap at instantiation", `(assert_trap (component trap) "")`, wast.Passed},
		{"trap of a component refused", `(assert_trap (component invalid) "")`, wast.Failed},
		{"trap of a component that did not load", `(component invalid) (assert_trap (invoke "trap") "")`, wast.NotRun},
		{"invalid", `(assert_invalid (component invalid) "")`, wast.Passed},
		{"invalid by the decoder", `(assert_invalid (component malformed) "")`, wast.Passed},
		{"invalid is unsupported", `(assert_invalid (component unsupported) "")`, wast.Failed},
		{"invalid is accepted", `(assert_invalid (component) "")`, wast.Failed},
		{"invalid text is refused", `(assert_invalid (component refused) "")`, wast.NotRun},
		{"malformed", `(assert_malformed (component binary "malformed") "")`, wast.Passed},
		{"malformed is invalid", `(assert_malformed (component binary "invalid") "")`, wast.Failed},
		{"malformed is accepted", `(assert_malformed (component binary "") "")`, wast.Failed},
		{"malformed quote is refused", `(assert_malformed (component quote "refused") "")`, wast.Passed},
		{"malformed quote was not read", `(assert_malformed (component quote "unread") "")`, wast.NotRun},
		{"unlinkable", `(assert_unlinkable (component unlinkable) "")`, wast.Passed},
		{"unlinkable is linked", `(assert_unlinkable (component) "")`, wast.Failed},
		{"unlinkable is unsupported", `(assert_unlinkable (component unsupported) "")`, wast.Failed},
		{"unknown directive", `(register "x")`, wast.NotRun},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := wast.Parse(tt.src)
			if err != nil {
				t.Fatal(err)
			}
			closed := 0
			results := wast.Run(t.Context(), s, wast.Options{Host: fakeHost{&closed}, Texts: fakeTexts})
			last := results[len(results)-1]
			if last.Outcome != tt.want || (last.Reason == "") != (tt.want == wast.Passed) {
				t.Errorf("outcome %d (%s), want %d", last.Outcome, last.Reason, tt.want)
			}
		})
	}
}

func TestRunClosesInstances(t *testing.T) {
	s, err := wast.Parse(`(component) (component $a) (component definition) (component instance)`)
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	wast.Run(t.Context(), s, wast.Options{Host: fakeHost{&closed}, Texts: fakeTexts})
	if closed != 3 {
		t.Errorf("%d instances closed, want 3", closed)
	}
}

func TestRunStops(t *testing.T) {
	s, err := wast.Parse(`(component)`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := wast.Run(ctx, s, wast.Options{Host: fakeHost{new(int)}, Texts: fakeTexts}); r[0].Outcome != wast.NotRun {
		t.Errorf("outcome %d after the context ended, want %d", r[0].Outcome, wast.NotRun)
	}
}

func TestLiterals(t *testing.T) {
	type (
		value   = component.Value
		variant = component.Variant
	)
	for _, tt := range []struct {
		src  string
		want value
	}{
		{`(bool.const true)`, true},
		{`(u8.const 255)`, uint8(255)},
		{`(s8.const -0x80)`, int8(-128)},
		{`(u64.const 0xffff_ffff_ffff_ffff)`, uint64(math.MaxUint64)},
		{`(s64.const -9223372036854775808)`, int64(math.MinInt64)},
		{`(f32.const 1.5)`, float32(1.5)},
		{`(f32.const -0x1.8p1)`, float32(-3)},
		{`(f64.const 0x10)`, float64(16)},
		{`(f64.const -inf)`, math.Inf(-1)},
		{`(f64.const nan:0x4)`, math.NaN()},
		{`(f32.const nan)`, float32(math.NaN())},
		{`(char.const "☃")`, component.Char('☃')},
		{`(str.const "a\00")`, "a\x00"},
		{`(list.const (u8.const 1) (u8.const 2))`, []byte{1, 2}},
		{`(list.const)`, []value{}},
		{`(tuple.const (u8.const 1) (str.const ""))`, component.Tuple{uint8(1), ""}},
		{`(record.const (field "a" u8.const 1) (field "b" (bool.const false)))`,
			component.Record{{Name: "a", Value: uint8(1)}, {Name: "b", Value: false}}},
		{`(variant.const "a" (u8.const 1))`, variant{Case: "a", Value: uint8(1)}},
		{`(variant.const "a")`, variant{Case: "a"}},
		{`(enum.const "e")`, component.Enum("e")},
		{`(flags.const "a" "b")`, component.Flags{"a", "b"}},
		{`(flags.const)`, component.Flags{}},
		{`(option.none)`, component.Option{}},
		{`(option.some (u8.const 1))`, component.Option{Some: true, Value: uint8(1)}},
		{`(result.ok)`, component.ResultValue{}},
		{`(result.err (str.const "x"))`, component.ResultValue{Err: true, Value: "x"}},
	} {
		s, err := wast.Parse(`(invoke "f" ` + tt.src + `)`)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		if got := s.Directives[0].Action.Args[0]; !wast.Equal(got, tt.want) {
			t.Errorf("%s = %#v, want %#v", tt.src, got, tt.want)
		}
	}
}

func TestLiteralsRefused(t *testing.T) {
	for _, src := range []string{
		`(u8.const 256)`, `(u8.const -1)`, `(s8.const 128)`, `(u8.const)`, `(u7.const 1)`, `(x.const 1)`,
		`(char.const "ab")`, `(char.const "")`, `(f32.const x)`, `(f32.const nan:x)`, `(option.some)`,
		`(option.none (u8.const 1))`, `(record.const (f "a" u8.const 1))`, `(variant.const)`, `(flags.const a)`,
		`7`, `(list.const (u8.const 256))`,
	} {
		_, err := wast.Parse(`(invoke "f" ` + src + `)`)
		if _, ok := errors.AsType[*wast.SyntaxError](err); !ok {
			t.Errorf("%s: %v, want a *SyntaxError", src, err)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want component.Value
		same      bool
	}{
		{"sizes of integers", uint8(1), uint16(1), false},
		{"zeros of either sign", math.Copysign(0, -1), 0.0, false},
		{"a list for a tuple", []component.Value{uint8(1)}, component.Tuple{uint8(1)}, false},
		{"nothing", nil, nil, true},
		{"nothing for something", nil, uint8(0), false},
		{"a string for an enum", "a", component.Enum("a"), false},
		{"lengths", []byte{1}, []byte{1, 2}, false},
		{"cases", component.Variant{Case: "a"}, component.Variant{Case: "b"}, false},
	} {
		if got := wast.Equal(tt.got, tt.want); got != tt.same {
			t.Errorf("%s: Equal(%#v, %#v) = %t", tt.name, tt.got, tt.want, got)
		}
	}
}

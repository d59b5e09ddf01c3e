package component_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
)

// linkError compiles a component of testdata and returns what Link says.
func linkError(t *testing.T, name string, l *component.Linker) error {
	t.Helper()
	rt := newRuntime(t, component.Limits{})
	c, err := rt.Compile(t.Context(), readComponent(t, name))
	if err != nil {
		t.Fatal(err)
	}
	_, err = rt.Link(c, l)
	return err
}

// Other Go types than those of testdata/echo.wat.
type (
	fewFields  struct{ X int32 }
	moreFields struct {
		X     int32
		YAxis float64
		Z     int32
	}
	wrongName  struct{ X, Y float64 }
	wrongField struct{ X, YAxis int32 }
	hidden     struct{ X, yAxis int32 } //nolint:unused // only its shape counts
	threeCases interface{ shape(empty, circle, polygon) }
	otherCase  interface {
		other(square, circle, polygon, shapeNamed)
	}
	square     struct{}
	bigEmpty   struct{}
	twoMethods interface {
		a()
		b()
	}
	bigPayload interface {
		big(bigEmpty, wideCircle, polygon, shapeNamed)
	}
	wideCircle struct{ Radius, Other float32 }
)

func (bigEmpty) big(bigEmpty, wideCircle, polygon, shapeNamed) {}

// Every way in which a Go type can fail to represent a WIT type.
func TestBindErrors(t *testing.T) {
	for _, tt := range []struct {
		fn   string
		f    component.HostFunc
		want string
	}{
		{"u32", component.Func1(echo[int32]), "parameter v: Go type int32 does not represent u32"},
		{"u32", component.Func1(echo[uint64]), "uint64 does not represent u32"},
		{"u32", component.Func1(echo[component.Char]), "does not represent u32"},
		{"char", component.Func1(echo[rune]), "a char is a component.Char"},
		{"char", component.Func1(echo[component.Char]), ""},
		{"string", component.Func1(echo[[]byte]), "[]uint8 does not represent string"},
		{"bytes", component.Func1(echo[string]), "string does not represent list<u8>"},
		{"bytes", component.Func1(echo[[]int8]), "element: Go type int8 does not represent u8"},
		{"numbers", component.Func1(echo[[]int32]), "element"},
		{"strings", component.Func1(echo[[]any]), ""},
		{"point-of", component.Func1(echo[fewFields]), `it has no field for "y-axis"`},
		{"point-of", component.Func1(echo[moreFields]), "its field Z is none of the record's"},
		{"u32", component.Func1(echo[int]), "Go type int does not represent u32: a u32 is a uint32"},
		{"bytes", component.Func1(echo[bool]), "a list is a slice"},
		{"point-of", component.Func1(echo[wrongName]), `no field for "y-axis"`},
		{"point-of", component.Func1(echo[wrongField]), "field y-axis: Go type int32 does not represent f64"},
		{"point-of", component.Func1(echo[hidden]), "field yAxis is not exported"},
		{"point-of", component.Func1(echo[*point]), "does not represent record"},
		{"level-of", component.Func1(echo[uint8]), "named unsigned integer"},
		{"level-of", component.Func1(echo[int]), "named unsigned integer"},
		{"perms-of", component.Func1(echo[uint8]), "named unsigned integer"},
		{"shape-of", component.Func1(echo[threeCases]), "must take the 4 case types"},
		{"shape-of", component.Func1(echo[otherCase]), "does not implement"},
		{"shape-of", component.Func1(echo[twoMethods]), "interface with one method"},
		{"shape-of", component.Func1(echo[bigPayload]), "must be a struct with 1 fields"},
		{"shape-of", component.Func1(echo[circle]), "interface with one method"},
		{"option", component.Func1(echo[string]), "an option is a pointer"},
		{"option", component.Func1(echo[*uint32]), "case some: Go type uint32 does not represent string"},
		{"result", component.Func1(echo[error]), "does not represent result"},
		{"result", component.Func1(echo[component.Result[uint32, uint32]]), "case error"},
		{"result", component.Func1(echo[component.Result[component.Unit, string]]), "component.Unit stands for no payload"},
		{"status", component.Func1(echo[component.Result[bool, component.Unit]]), "component.Unit stands for no payload"},
		{"pairs", component.Func1(echo[map[string]uint32]), "does not represent map<string, u32>"},
		{"unit", component.Func1(echo[component.Unit]), "more than the 0 parameters"},
		{"unit", component.Func0(func(context.Context) (bool, error) { return true, nil }), "result: Go type bool does not represent no result"},
		{"u32", component.Func0(func(context.Context) (uint32, error) { return 0, nil }), "fewer than the 1 parameters"},
		{"u32", component.Func1(func(_ context.Context, v uint32) (component.Unit, error) { return component.Unit{}, nil }), "result"},
	} {
		t.Run(tt.fn, func(t *testing.T) {
			l := typedEcho()
			l.Instance(echoHost).Func(tt.fn, tt.f)
			err := linkError(t, "echo", l)
			if tt.want == "" {
				if err != nil {
					t.Errorf("Link: %v", err)
				}
				return
			}
			le, ok := errors.AsType[*component.LinkError](err)
			_, bind := errors.AsType[*component.BindError](err)
			if !ok || !bind || le.Name != tt.fn || le.Interface != "test:echo/host@0.1.2" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Link: %v, want a BindError with %q", err, tt.want)
			}
		})
	}
}

func TestHandleBindErrors(t *testing.T) {
	const iface, get = "test:res/counters@0.2", "[method]counter.get"
	for _, tt := range []struct {
		name string
		f    component.HostFunc
		want string
	}{
		{"own for borrow", component.Func1(func(context.Context, component.Own[*counter]) (uint32, error) { return 0, nil }), "does not represent borrow<counter>"},
		{"another type", component.Func1(func(context.Context, component.Borrow[counter]) (uint32, error) { return 0, nil }), "handles to it hold a *component_test.counter"},
		{"a guest's", component.Func1(func(context.Context, component.Borrow[component.GuestResource]) (uint32, error) { return 0, nil }), "handles to it hold"},
		{"no handle", component.Func1(func(context.Context, *counter) (uint32, error) { return 0, nil }), "does not represent borrow<counter>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := (&counters{}).linker()
			l.Instance(iface).Func(get, tt.f)
			if err := linkError(t, "resources", l); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Link: %v, want %q", err, tt.want)
			}
		})
	}
	l := component.NewLinker()
	l.Instance(iface).Func(get, component.Func1(func(context.Context, component.Borrow[*counter]) (uint32, error) { return 0, nil }))
	if err := linkError(t, "resources", l); err == nil || !strings.Contains(err.Error(), "the host does not define the resource") {
		t.Errorf("Link without the resource: %v", err)
	}
}

func TestBindExportErrors(t *testing.T) {
	in := world{component: "echo", linker: typedEcho()}.start(t)
	if _, err := component.Bind1[uint32, uint32](in, "nothing"); !errors.Is(err, component.ErrNotFound) || !strings.Contains(err.Error(), "the component exports u32, ") {
		t.Errorf("Bind1 of nothing: %v, want ErrNotFound and what there is", err)
	}
	if _, err := in.Func("u32", "deeper"); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Func below a function: %v", err)
	}
	if _, err := in.Func(); !errors.Is(err, component.ErrNotFound) {
		t.Errorf("Func without a name: %v", err)
	}
	for what, err := range map[string]error{
		"parameter": second(component.Bind1[int32, uint32](in, "u32")),
		"result":    second(component.Bind1[uint32, component.Unit](in, "u32")),
		"fewer":     second(component.Bind0[uint32](in, "u32")),
		"more":      second(component.Bind2[uint32, uint32, uint32](in, "u32")),
	} {
		if e, ok := errors.AsType[*component.BindError](err); !ok || !strings.Contains(e.Error(), what) {
			t.Errorf("%s: %v, want a BindError", what, err)
		}
	}
}

// What a component imports and nobody offers is named when it is called, or, if the
// linker is strict, when it is linked.
func TestMissingImports(t *testing.T) {
	in := world{component: "echo"}.start(t)
	_, err := call(t, in, "u32", uint32(1))
	wantTrap(t, "u32", err, component.TrapMissingImport)
	m, ok := errors.AsType[*component.MissingImportError](err)
	if !ok || m.Interface != "test:echo/host@0.1.2" || m.Func != "u32" {
		t.Errorf("error %v names %+v", err, m)
	}
	l := component.NewLinker()
	l.Strict = true
	if _, ok := errors.AsType[*component.MissingImportError](linkError(t, "echo", l)); !ok {
		t.Error("a strict linker does not say what is missing")
	}
	// resources of no host are only names
	in = world{component: "resources"}.start(t)
	if got, err := bind0[uint32](t, in, "live")(t.Context()); err != nil || got != 0 {
		t.Errorf("live = %d, %v", got, err)
	}
}

// Which versions an interface of the host serves.
func TestVersions(t *testing.T) {
	for _, tt := range []struct {
		offered string
		serves  bool // test:echo/host@0.1.2
	}{
		{"test:echo/host@0.1", true},
		{"test:echo/host@0.1.2", true},
		{"test:echo/host@0.1.1", false},
		{"test:echo/host@0.2", false},
		{"test:echo/host@1", false},
		{"test:echo/host@0", false},
		{"test:echo/host", false},
		{"test:echo/other@0.1", false},
	} {
		l := component.NewLinker()
		l.Instance(tt.offered).Func("u32", component.Func1(echo[uint32]))
		in := world{component: "echo", linker: l}.start(t)
		_, err := call(t, in, "u32", uint32(1))
		if serves := err == nil; serves != tt.serves {
			t.Errorf("%s serves 0.1.2: %t, want %t (%v)", tt.offered, serves, tt.serves, err)
		}
		m, missing := errors.AsType[*component.MissingImportError](err)
		other := !tt.serves && strings.HasPrefix(tt.offered, "test:echo/host")
		if missing && (m.Offered == tt.offered) != other {
			t.Errorf("%s: %v, offered %q", tt.offered, err, m.Offered)
		}
	}
}

// The full version goes before the track.
func TestExactVersionFirst(t *testing.T) {
	l := component.NewLinker()
	l.Instance("test:echo/host@0.1").Func("u32", component.Func1(echo[uint32]))
	l.Instance("test:echo/host@0.1.2").Func("u32", component.Func1(func(_ context.Context, v uint32) (uint32, error) { return v + 1, nil }))
	in := world{component: "echo", linker: l}.start(t)
	if got, err := call(t, in, "u32", uint32(1)); err != nil || got[0] != uint32(2) {
		t.Errorf("u32 = %v, %v; want 2", got, err)
	}
}

func TestNewRuntimeNeedsEngine(t *testing.T) {
	if _, err := component.NewRuntime(component.Config{}); err == nil {
		t.Error("a runtime without an engine")
	}
}

// What is no component, or too large a one, is refused for what it is.
func TestCompileRefuses(t *testing.T) {
	echoWasm := readComponent(t, "echo")
	core := []byte("\x00asm\x01\x00\x00\x00")
	for _, tt := range []struct {
		name   string
		wasm   []byte
		limits component.Limits
		is     func(error) bool
	}{
		{"empty", nil, component.Limits{}, isType[*component.DecodeError]},
		{"text", []byte("(component)"), component.Limits{}, isType[*component.DecodeError]},
		{"core module", core, component.Limits{}, isType[*component.DecodeError]},
		{"truncated", echoWasm[:len(echoWasm)/2], component.Limits{}, isType[*component.DecodeError]},
		{"bad index", append([]byte("\x00asm\x0d\x00\x01\x00"), 11, 5, 1, 0, 1, 'f', 1, 7, 0), component.Limits{}, isRefusal},
		{"too large", echoWasm, component.Limits{MaxComponentBytes: 100}, isLimit("MaxComponentBytes")},
		{"too many core instances", echoWasm, component.Limits{MaxCoreInstances: 1}, isLimit("MaxCoreInstances")},
		{"too deep types", echoWasm, component.Limits{MaxTypeDepth: 1}, isLimit("MaxTypeDepth")},
		{"too large types", echoWasm, component.Limits{MaxTypeSize: 5}, isLimit("MaxTypeSize")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rt := newRuntime(t, tt.limits)
			if _, err := rt.Compile(t.Context(), tt.wasm); !tt.is(err) {
				t.Errorf("Compile: %T %v", err, err)
			}
			if err := rt.Validate(t.Context(), tt.wasm); err == nil && tt.name != "too many core instances" {
				t.Error("Validate finds nothing")
			}
		})
	}
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isRefusal(err error) bool {
	return isType[*component.DecodeError](err) || isType[*component.ValidationError](err)
}

func isLimit(name string) func(error) bool {
	return func(err error) bool {
		l, ok := errors.AsType[*component.LimitError](err)
		return ok && l.Limit == name
	}
}

// A component links and runs on many goroutines at once.
func TestConcurrentUse(t *testing.T) {
	linked := world{component: "echo", linker: typedEcho()}.link(t)
	errs := make(chan error)
	for range 8 {
		go func() {
			in, err := linked.Instantiate(context.Background(), component.InstanceConfig{})
			if err == nil {
				var f func(context.Context, string) (string, error)
				if f, err = component.Bind1[string, string](in, "string"); err == nil {
					_, err = f(context.Background(), "x")
				}
				err = errors.Join(err, in.Close())
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// An import may have a name of its own and say which interface it is; an offer
// under that name goes first. Exported interfaces are found by their track.
func TestImplements(t *testing.T) {
	get := func(v uint32) component.HostFunc {
		return component.Func0(func(context.Context) (uint32, error) { return v, nil })
	}
	l := component.NewLinker()
	l.Instance("test:store/kv@1").Func("get", get(1))
	l.Instance("backup").Func("get", get(20))
	in := world{component: "implements", linker: l}.start(t)
	for _, name := range []string{"test:store/sums@1.4.2", "test:store/sums@1", "test:store/sums@1.0.0"} {
		if got, err := bind0[uint32](t, in, name, "sum")(t.Context()); err != nil || got != 21 {
			t.Errorf("sum of %s = %d, %v; want 21", name, got, err)
		}
	}
	for _, path := range [][]string{{"test:store/sums@2", "sum"}, {"test:store/sums", "sum"}, {"test:store/sums@1"}, {"sum"}} {
		if _, err := in.Func(path...); !errors.Is(err, component.ErrNotFound) {
			t.Errorf("Func(%q): %v, want ErrNotFound", path, err)
		}
	}
}

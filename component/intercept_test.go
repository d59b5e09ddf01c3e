package component_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
)

// An interceptor sees every call with its arguments and results.
func TestInterceptorSees(t *testing.T) {
	var seen []string
	for name, l := range map[string]*component.Linker{"typed host": typedEcho(), "dynamic host": dynamicEcho()} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
				reply, err := next(ctx)
				seen = append(seen, fmt.Sprintf("%s %s %v %d -> %v %d", c.Interface, c.Func, c.Args(), c.ArgBytes, reply.Results(), reply.ResultBytes()))
				return reply, err
			})
			in := world{component: "echo", linker: l}.start(t)
			checkEcho(t, in, "u32", uint32(7))
			checkEcho(t, in, "string", "hello")
			checkEcho(t, in, "bytes", []byte{1, 2})
			checkEcho[shape](t, in, "shape-of", circle{1.5})
			checkEcho(t, in, "option", component.Some("x"))
			if _, err := call(t, in, "unit"); err != nil {
				t.Fatal(err)
			}
			want := []string{
				"u32 [7] 0 -> [7] 0", "string [hello] 5 -> [hello] 5", "bytes [[1 2]] 2 -> [[1 2]] 2",
				"shape-of [{circle 1.5}]", "option [{true x}]", "unit [] 0 -> [] 0",
			}
			if len(seen) != len(want) {
				t.Fatalf("seen %q", seen)
			}
			for i := range want {
				if !strings.HasPrefix(seen[i], "test:echo/host@0.1.2 "+want[i]) {
					t.Errorf("seen %q, want %q", seen[i], want[i])
				}
			}
		})
	}
}

// One given later stands around those before it.
func TestInterceptorsNest(t *testing.T) {
	var seen []string
	link := func(name string) component.Interceptor {
		return func(ctx context.Context, _ *component.Call, next component.Next) (*component.Reply, error) {
			seen = append(seen, name)
			reply, err := next(ctx)
			seen = append(seen, "after "+name)
			return reply, err
		}
	}
	l := typedEcho()
	l.Intercept(link("inner"))
	l.Intercept(link("outer"))
	checkEcho(t, world{component: "echo", linker: l}.start(t), "u32", uint32(7))
	if got, want := strings.Join(seen, ", "), "outer, inner, after inner, after outer"; got != want {
		t.Errorf("seen %s, want %s", got, want)
	}
}

// It may answer itself, change the answer, or refuse.
func TestInterceptorAnswers(t *testing.T) {
	refused := errors.New("not granted")
	called := 0
	l := typedEcho()
	l.Instance(echoHost).Func("s8", component.Func1(func(_ context.Context, v int8) (int8, error) {
		called++
		return v, nil
	}))
	var answer component.Interceptor
	l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
		return answer(ctx, c, next)
	})
	reply := func(v ...component.Value) component.Interceptor {
		return func(context.Context, *component.Call, component.Next) (*component.Reply, error) {
			return component.NewReply(v...), nil
		}
	}
	for _, tt := range []struct {
		name   string
		answer component.Interceptor
		fn     string
		arg    component.Value
		want   component.Value
		err    string
	}{
		{"made up", reply(int8(5)), "s8", int8(1), int8(5), ""},
		{"made up in memory", reply("made up"), "string", "x", "made up", ""},
		{"of the wrong type", reply("x"), "s8", int8(1), nil, "s8"},
		{"none", reply(), "s8", int8(1), nil, "0 results, want 1"},
		{"nil", func(context.Context, *component.Call, component.Next) (*component.Reply, error) { return nil, nil }, "s8", int8(1), nil, "0 results"},
		{"refused", func(context.Context, *component.Call, component.Next) (*component.Reply, error) { return nil, refused }, "s8", int8(1), nil, "not granted"},
		{"instead of another", func(ctx context.Context, _ *component.Call, next component.Next) (*component.Reply, error) {
			r, err := next(ctx)
			return component.NewReply(r.Results()[0].(string) + "!"), err
		}, "string", "x", "x!", ""},
		{"next twice", func(ctx context.Context, _ *component.Call, next component.Next) (*component.Reply, error) {
			if _, err := next(ctx); err != nil {
				return nil, err
			}
			return next(ctx)
		}, "string", "x", nil, "next twice"},
		{"panics", func(context.Context, *component.Call, component.Next) (*component.Reply, error) { panic("oh") }, "s8", int8(1), nil, "panicked: oh"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := world{component: "echo", linker: l}.start(t)
			answer = tt.answer
			got, err := call(t, in, tt.fn, tt.arg)
			switch {
			case tt.err == "" && (err != nil || !reflect.DeepEqual(got, []component.Value{tt.want})):
				t.Errorf("%s = %v, %v; want %v", tt.fn, got, err, tt.want)
			case tt.err != "" && (!isType[*component.HostError](err) || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("%s: %v, want a HostError with %q", tt.fn, err, tt.err)
			}
			if tt.name == "refused" && !errors.Is(err, refused) {
				t.Errorf("%v does not wrap %v", err, refused)
			}
		})
	}
	if called != 0 {
		t.Errorf("the host function was called %d times", called)
	}
}

// Handles among the arguments are shown as such.
func TestInterceptorHandles(t *testing.T) {
	var seen []string
	l := (&counters{}).linker()
	l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
		seen = append(seen, fmt.Sprint(c.Func, c.Args()))
		return next(ctx)
	})
	in := world{component: "resources", linker: l}.start(t)
	if _, err := call(t, in, "run"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"[constructor]counter[40]", "[constructor]counter[2]",
		"[static]counter.merge[own<counter> own<counter>]", "[method]counter.get[borrow<counter>]",
	}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
}

func TestNewCall(t *testing.T) {
	c := component.NewCall("a:b/c", "f", uint32(1))
	if c.Interface != "a:b/c" || c.Func != "f" || !reflect.DeepEqual(c.Args(), []component.Value{uint32(1)}) {
		t.Errorf("call %+v of %v", c, c.Args())
	}
	if (&component.Call{}).Args() != nil || (&component.Reply{}).Results() != nil {
		t.Error("zero call or reply has values")
	}
	v := component.NewReply(component.Record{{"a", "xx"}, {"b", []component.Value{"y", component.Tuple{[]byte("z")}}}},
		component.Variant{Value: component.Option{Value: component.ResultValue{Value: "w"}}})
	if got := v.ResultBytes(); got != 2+2+1+1+1 {
		t.Errorf("ResultBytes = %d", got)
	}
}

type ctxKey struct{}

// Host functions get the caller's context and the instance's state.
func TestHostState(t *testing.T) {
	l := hostileLinker(nil)
	var state, value any
	var hasDeadline bool
	l.Root().Func("fail", component.Func0(func(ctx context.Context) (component.Unit, error) {
		state, value = component.HostState(ctx), ctx.Value(ctxKey{})
		_, hasDeadline = ctx.Deadline()
		return component.Unit{}, ctx.Err()
	}))
	in := world{component: "hostile", linker: l, config: component.InstanceConfig{HostState: "mine"}}.start(t)
	f, err := in.Func("fail")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), ctxKey{}, "yours"), 1<<40)
	defer cancel()
	if _, err := f.Call(ctx); err != nil || state != "mine" || value != "yours" || !hasDeadline {
		t.Errorf("state %v, value %v, deadline %t, %v", state, value, hasDeadline, err)
	}
	if component.HostState(t.Context()) != nil {
		t.Error("a context of no instance has a state")
	}
}

// What a component needs and offers, as text.
func TestListing(t *testing.T) {
	rt := newRuntime(t, component.Limits{})
	wasm := readComponent(t, "resources")
	c, err := rt.Compile(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	imports := c.Imports()
	want := `test:res/counters@0.2.3: interface {
  counter: resource
  [constructor]counter: func(start: u32) -> own<counter>
  [method]counter.get: func(self: borrow<counter>) -> u32
  [static]counter.merge: func(a: own<counter>, b: own<counter>) -> own<counter>
}`
	if len(imports) != 2 || imports[0].String() != want {
		t.Errorf("imports:\n%v\nwant\n%s", imports, want)
	}
	exports := c.Exports()
	if e := exports[0]; e.Kind != component.ResourceExtern || e.String() != "item: resource" {
		t.Errorf("first export %v", e)
	}
	if e := exports[1]; e.Kind != component.FuncExtern || e.String() != "run: func() -> u32" {
		t.Errorf("second export %v", e)
	}
	if a, b := c.Digest(), c.Digest(); a != b || a == ([32]byte{}) {
		t.Errorf("digest %x, %x", a, b)
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// A call and a reply that an interceptor kept are not taken for those of a later
// call.
func TestInterceptorKeeps(t *testing.T) {
	var kept *component.Reply
	var call1 *component.Call
	l := typedEcho()
	l.Intercept(func(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
		if kept != nil {
			return kept, nil
		}
		call1 = c
		var err error
		kept, err = next(ctx)
		return kept, err
	})
	in := world{component: "echo", linker: l}.start(t)
	checkEcho(t, in, "string", "secret")
	if args, results := call1.Args(), kept.Results(); args != nil || results != nil {
		t.Errorf("after the call there are args %v and results %v, want none", args, results)
	}
	if got, err := call(t, in, "string", "x"); !isType[*component.HostError](err) {
		t.Errorf("reply kept from another call: %v, %v, want a HostError", got, err)
	}
}

// An interceptor costs no allocation.
func TestInterceptorAllocates(t *testing.T) {
	const calls = 1000
	perCall := func(i component.Interceptor) float64 {
		f := bind1[uint32, component.Unit](t, benchInstance(t, i), "call-host-u32")
		return testing.AllocsPerRun(5, func() {
			if _, err := f(context.Background(), calls); err != nil {
				t.Fatal(err)
			}
		}) / calls
	}
	if bare, with := perCall(nil), perCall(pass); with > bare+0.1 {
		t.Errorf("%.1f allocations a call, %.1f without an interceptor", with, bare)
	}
}

// Host functions can tell whether a call follows another.
func TestHostCalls(t *testing.T) {
	var seen []uint64
	l := typedEcho()
	for _, name := range []string{"u32", "s8"} {
		l.Instance(echoHost).Func(name, component.DynamicFunc(func(ctx context.Context, args []component.Value) ([]component.Value, error) {
			seen = append(seen, component.HostCalls(ctx))
			return args, nil
		}))
	}
	in := world{component: "echo", linker: l}.start(t)
	checkEcho(t, in, "u32", uint32(7))
	checkEcho(t, in, "string", "between")
	checkEcho(t, in, "s8", int8(1))
	checkEcho(t, in, "u32", uint32(8))
	if !reflect.DeepEqual(seen, []uint64{1, 3, 4}) {
		t.Errorf("calls are counted as %v, want [1 3 4]", seen)
	}
	if n := component.HostCalls(t.Context()); n != 0 {
		t.Errorf("%d calls outside one", n)
	}
}

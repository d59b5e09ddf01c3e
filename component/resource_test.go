package component_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
)

// counter is a resource of the host.
type counter struct{ n uint32 }

// counters is the host of testdata/resources.wat. It remembers what was dropped.
type counters struct {
	dropped []uint32
	dropErr error
}

func (h *counters) linker() *component.Linker {
	l := component.NewLinker()
	res := component.ResourceOf(func(_ context.Context, c *counter) error {
		h.dropped = append(h.dropped, c.n)
		return h.dropErr
	})
	i := l.Instance("test:res/counters@0.2")
	i.Resource("counter", res)
	i.Func("[constructor]counter", component.Func1(func(_ context.Context, start uint32) (component.Own[*counter], error) {
		return component.NewOwn(&counter{start}), nil
	}))
	i.Func("[method]counter.get", component.Func1(func(_ context.Context, c component.Borrow[*counter]) (uint32, error) {
		return c.Value().n, nil
	}))
	i.Func("[static]counter.merge", component.Func2(func(_ context.Context, a, b component.Own[*counter]) (component.Own[*counter], error) {
		return component.NewOwn(&counter{a.Value().n + b.Value().n}), nil
	}))
	return l
}

// A guest makes, uses, gives away and drops resources of the host.
func TestHostResource(t *testing.T) {
	h := &counters{}
	in := world{component: "resources", linker: h.linker()}.start(t)
	got, err := bind0[uint32](t, in, "run")(t.Context())
	if err != nil || got != 42 {
		t.Errorf("run = %d, %v; want 42", got, err)
	}
	if !slices.Equal(h.dropped, []uint32{42}) {
		t.Errorf("dropped %v, want only what was merged", h.dropped)
	}
	if n := in.Stats().Handles; n != 0 {
		t.Errorf("%d handles left", n)
	}
}

// The same with dynamic functions, which see handles.
func TestHostResourceDynamic(t *testing.T) {
	h := &counters{}
	l := h.linker()
	l.Instance("test:res/counters@0.2").Func("[method]counter.get",
		component.DynamicFunc(func(_ context.Context, args []component.Value) ([]component.Value, error) {
			c := args[0].(*component.Handle)
			if c.Owned() || c.String() != "borrow<counter>" {
				t.Errorf("handle %v, owned %t", c, c.Owned())
			}
			return []component.Value{c.Value().(*counter).n}, nil
		}))
	l.Instance("test:res/counters@0.2").Func("[constructor]counter",
		component.DynamicFunc(func(_ context.Context, args []component.Value) ([]component.Value, error) {
			return []component.Value{component.NewHandle(&counter{args[0].(uint32)}, true)}, nil
		}))
	in := world{component: "resources", linker: l}.start(t)
	if got, err := bind0[uint32](t, in, "run")(t.Context()); err != nil || got != 42 {
		t.Errorf("run = %d, %v; want 42", got, err)
	}
}

// Closing drops what the guest still owns; both versions of the interface are one
// resource type of the host.
func TestCloseDrops(t *testing.T) {
	h := &counters{}
	linked := world{component: "resources", linker: h.linker()}.link(t)
	in, err := linked.Instantiate(t.Context(), component.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"keep", "keep9", "keep"} {
		if _, err := call(t, in, name, uint32(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if !slices.Equal(h.dropped, []uint32{0, 1, 2}) {
		t.Errorf("dropped %v, want 0, 1, 2", h.dropped)
	}
	if err := in.Close(); err != nil || len(h.dropped) != 3 {
		t.Errorf("second Close: %v, dropped %v", err, h.dropped)
	}
	if _, err := call(t, in, "run"); !errors.Is(err, component.ErrClosed) {
		t.Errorf("call after Close: %v", err)
	}
}

func TestDropError(t *testing.T) {
	h := &counters{dropErr: errors.New("disk full")}
	in, err := world{component: "resources", linker: h.linker()}.link(t).Instantiate(t.Context(), component.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = call(t, in, "run")
	he, ok := errors.AsType[*component.HostError](err)
	if !ok || !errors.Is(err, h.dropErr) || !strings.Contains(he.Func, "counter") {
		t.Errorf("run: %v, want a HostError that wraps %v", err, h.dropErr)
	}
	if err := in.Close(); err != nil {
		t.Errorf("Close: %v", err) // the failed drop took the handle with it
	}
}

// Handles of the host that exports take.
func TestPassHostHandle(t *testing.T) {
	h := &counters{}
	in := world{component: "resources", linker: h.linker()}.start(t)
	use := bind1[component.Borrow[*counter], uint32](t, in, "use")
	if got, err := use(t.Context(), component.NewBorrow(&counter{5})); err != nil || got != 5 {
		t.Errorf("use = %d, %v; want 5", got, err)
	}
	if len(h.dropped) != 0 {
		t.Errorf("a borrow was dropped for good: %v", h.dropped)
	}
	take := bind1[component.Own[*counter], component.Unit](t, in, "take")
	if _, err := take(t.Context(), component.NewOwn(&counter{6})); err != nil || in.Stats().Handles != 1 {
		t.Errorf("take: %v, %d handles", err, in.Stats().Handles)
	}
	for _, wrong := range []component.Value{component.NewHandle(&counter{1}, false), component.NewHandle("x", true), nil, 5} {
		if _, err := call(t, in, "take", wrong); err == nil {
			t.Errorf("take(%v) is accepted", wrong)
		}
	}
	_, err := bind1[component.Borrow[*counter], component.Unit](t, in, "hold")(t.Context(), component.NewBorrow(&counter{7}))
	wantTrap(t, "a guest that keeps a borrow", err, component.TrapHandle)
}

func TestHandleTraps(t *testing.T) {
	for _, name := range []string{"double-drop", "wrong-type"} {
		l := (&counters{}).linker()
		if name == "wrong-type" { // another resource under the other version
			l.Instance("test:res/counters@0.2.9").Resource("counter", component.ResourceOf[*counter](nil))
			l.Instance("test:res/counters@0.2.9").Func("[constructor]counter", component.DynamicFunc(nil))
		}
		in := world{component: "resources", linker: l}.start(t)
		_, err := call(t, in, name)
		wantTrap(t, name, err, component.TrapHandle)
		if _, err := call(t, in, "run"); !errors.Is(err, component.ErrPoisoned) {
			t.Errorf("call after a trap: %v, want ErrPoisoned", err)
		}
	}
}

// Resources that the guest defines, held by the host.
func TestGuestResource(t *testing.T) {
	in := world{component: "resources", linker: (&counters{}).linker()}.start(t)
	makeItem := bind1[uint32, component.Own[component.GuestResource]](t, in, "[constructor]item")
	value := bind1[component.Borrow[component.GuestResource], uint32](t, in, "[method]item.value")
	eat := bind1[component.Own[component.GuestResource], component.Unit](t, in, "eat")
	live := bind0[uint32](t, in, "live")

	a, err := makeItem(t.Context(), 11)
	if err != nil {
		t.Fatal(err)
	}
	b, err := makeItem(t.Context(), 22)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := value(t.Context(), component.NewBorrow(b.Value())); err != nil || got != 22 {
		t.Errorf("value = %d, %v; want 22", got, err)
	}
	if err := a.Value().Drop(t.Context()); err != nil {
		t.Errorf("Drop: %v", err)
	}
	if _, err := eat(t.Context(), b); err != nil {
		t.Errorf("eat: %v", err)
	}
	if n, err := live(t.Context()); err != nil || n != 0 {
		t.Errorf("%d items live, %v", n, err)
	}
	for what, err := range map[string]error{
		"a second Drop":       a.Value().Drop(t.Context()),
		"Drop of what it ate": b.Value().Drop(t.Context()),
		"eating it again":     second(eat(t.Context(), b)),
		"borrowing it":        second(value(t.Context(), component.NewBorrow(a.Value()))),
		"the zero resource":   component.GuestResource{}.Drop(t.Context()),
	} {
		if !errors.Is(err, component.ErrHandleGone) {
			t.Errorf("%s: %v, want ErrHandleGone", what, err)
		}
	}
	if n, err := live(t.Context()); err != nil || n != 0 {
		t.Errorf("%d items live, %v", n, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestGuestResourceDestructorTraps(t *testing.T) {
	in := world{component: "resources", linker: (&counters{}).linker()}.start(t)
	got, err := call(t, in, "[constructor]item", uint32(666))
	if err != nil {
		t.Fatal(err)
	}
	item := got[0].(*component.Handle)
	if item.String() != "own<item>" || item.Value() != nil {
		t.Errorf("handle %v of value %v", item, item.Value())
	}
	wantTrap(t, "Drop", item.Drop(t.Context()), component.TrapCore)
	if _, err := call(t, in, "live"); !errors.Is(err, component.ErrPoisoned) {
		t.Errorf("call after the trap: %v", err)
	}
}

// A handle is good for its own instance only.
func TestGuestResourceOfAnotherInstance(t *testing.T) {
	linked := world{component: "resources", linker: (&counters{}).linker()}.link(t)
	one, two := instantiate(t, linked, component.InstanceConfig{}), instantiate(t, linked, component.InstanceConfig{})
	item, err := bind1[uint32, component.Own[component.GuestResource]](t, one, "[constructor]item")(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bind1[component.Own[component.GuestResource], component.Unit](t, two, "eat")(t.Context(), item); err == nil {
		t.Error("an instance ate what is another's")
	}
	if err := item.Value().Drop(t.Context()); err != nil {
		t.Errorf("Drop: %v", err)
	}
}

func TestMaxHandles(t *testing.T) {
	in := world{component: "resources", linker: (&counters{}).linker(), limits: component.Limits{MaxHandles: 3}}.start(t)
	var err error
	for i := 0; i < 4 && err == nil; i++ {
		_, err = call(t, in, "keep", uint32(i))
	}
	trap := wantTrap(t, "keeping 4 of 3", err, component.TrapLimit)
	if l, ok := errors.AsType[*component.LimitError](trap); !ok || l.Limit != "MaxHandles" || l.Max != 3 {
		t.Errorf("limit %v", trap.Err)
	}
}

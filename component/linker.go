package component

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Linker holds what the host offers to components: functions and resource types,
// by the names of WIT. The zero Linker offers nothing and is ready to use.
//
// A component may import more than a Linker offers. A function that is missing
// traps when it is called, with a *MissingImportError; types and resource types
// alone need no definition.
type Linker struct {
	// Strict makes a missing function an error of Runtime.Link.
	Strict bool

	root        HostInstance
	instances   map[string]*HostInstance
	interceptor Interceptor
}

// NewLinker returns an empty Linker.
func NewLinker() *Linker { return &Linker{} }

// Root returns the host's side of what a world imports by itself, outside any
// interface.
func (l *Linker) Root() *HostInstance { return &l.root }

// Instance returns the host's side of the interface of that name, such as
// "wasi:io/poll@0.2", and makes it if need be. A version that names only a track
// ("0.2", "1") serves every version of the track (0.2.x, 1.x.y), which is what
// semantic versioning allows; a full version serves itself and goes before the
// track. An instance import with another name but this one as its `implements`
// attribute is served too.
func (l *Linker) Instance(name string) *HostInstance {
	h := l.instances[name]
	if h != nil {
		return h
	}
	if l.instances == nil {
		l.instances = map[string]*HostInstance{}
	}
	h = &HostInstance{}
	l.instances[name] = h
	return h
}

// offered returns an interface of l that has the name of iface but for the version,
// which does not serve it; "" if there is none.
func (l *Linker) offered(iface string) string {
	base, _, _ := strings.Cut(iface, "@")
	for _, name := range slices.Sorted(maps.Keys(l.instances)) {
		if other, _, _ := strings.Cut(name, "@"); iface != "" && other == base && name != iface && name != track(iface) {
			return name
		}
	}
	return ""
}

// Intercept makes every call of a host function go through i, which stands around
// the interceptors given before: its next runs them, and at last the function.
func (l *Linker) Intercept(i Interceptor) {
	inner := l.interceptor
	if inner == nil {
		l.interceptor = i
		return
	}
	l.interceptor = func(ctx context.Context, c *Call, next Next) (*Reply, error) {
		return i(ctx, c, func(ctx context.Context) (*Reply, error) { return inner(ctx, c, next) })
	}
}

// HostInstance is the host's side of an interface.
type HostInstance struct {
	funcs     map[string]HostFunc
	resources map[string]HostResource
}

// Func defines the function of that name, as WIT has it: "poll",
// "[method]pollable.ready", "[constructor]fields", "[static]fields.from-list". An
// earlier definition is replaced.
func (h *HostInstance) Func(name string, f HostFunc) {
	if h.funcs == nil {
		h.funcs = map[string]HostFunc{}
	}
	h.funcs[name] = f
}

// Resource defines the resource type of that name. An earlier definition is
// replaced. One HostResource may be defined under several names; guests then
// cannot tell them apart.
func (h *HostInstance) Resource(name string, r HostResource) {
	if h.resources == nil {
		h.resources = map[string]HostResource{}
	}
	h.resources[name] = r
}

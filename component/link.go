package component

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/berth-cli/berth/component/internal/cabi"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
)

// Linked is a component whose imports are bound. It is safe for concurrent use.
type Linked struct {
	component   *Component
	runtime     *Runtime
	interceptor Interceptor

	funcs     []linkedFunc    // of Program.Funcs
	resources []*hostResource // of Program.Resources; nil if defined, or unknown to the host
	index     map[*types.Resource]int
	missing   map[*types.Resource]error       // why the host has nothing for one
	moves     map[*types.Func]*cabi.FuncMover // of lowered functions that are lifted

	mu        sync.Mutex
	exportEnv *cabi.Env       // for binding exports, under mu
	bound     map[bindKey]any // exports already bound, under mu
}

// linkedFunc is a component function: one of the host, or a lifted one.
type linkedFunc struct {
	layout *cabi.Layout
	host   *hostImport // nil if lifted
}

// hostImport is a function of the host as a component imports it.
type hostImport struct {
	iface, name string // as the component names them
	fn          *types.Func
	layout      *cabi.Layout
	frame       newFrame
	missing     error // *MissingImportError: no host defined it, and frame is nil
}

// Link binds the imports of c to what l offers. It checks every host function's Go
// types against the WIT type, and happens once, however often c is instantiated.
//
// The error is *LinkError: it wraps *BindError if a Go type does not fit, and
// *MissingImportError if l is strict and lacks a function.
func (r *Runtime) Link(c *Component, l *Linker) (*Linked, error) {
	k := &Linked{
		component: c, runtime: r, interceptor: l.interceptor,
		funcs:     make([]linkedFunc, len(c.program.Funcs)),
		resources: make([]*hostResource, len(c.program.Resources)),
		index:     make(map[*types.Resource]int, len(c.program.Resources)),
		moves:     map[*types.Func]*cabi.FuncMover{},
	}
	k.linkResources(l)
	env := &cabi.Env{Go: goTypes(), Resources: k.index, CheckHandle: k.checkHandle}
	k.exportEnv = env
	for i, f := range c.program.Funcs {
		k.funcs[i].layout = cabi.LayoutOf(f.Type)
		if f.Import == nil {
			continue
		}
		imp, err := k.linkFunc(l, env, f)
		if err != nil {
			return nil, err
		}
		k.funcs[i].host = imp
	}
	return k, k.linkMoves(env)
}

func (k *Linked) linkResources(l *Linker) {
	k.missing = make(map[*types.Resource]error)
	for i, r := range k.component.program.Resources {
		k.index[r.Type] = i
		if r.Defined {
			continue
		}
		h, name := k.lookup(l, r.Path)
		if h != nil {
			k.resources[i] = h.resources[name].impl
		}
		if k.resources[i] == nil {
			k.missing[r.Type] = missingResource(l, r.Path)
		}
	}
}

// missingResource says that the host does not define a resource type, to who binds a
// Go type to handles of it.
func missingResource(l *Linker, path []string) error {
	iface, name := strings.Join(path[:len(path)-1], "/"), path[len(path)-1]
	text := "the host does not define the resource " + itemName(iface, name)
	if offered := l.offered(iface); offered != "" {
		text += ", but has " + offered
	}
	return errors.New(text)
}

// checkHandle says whether elem is what stands for resources of type r.
func (k *Linked) checkHandle(r *types.Resource, elem reflect.Type) error {
	i := k.index[r]
	want := reflect.TypeFor[GuestResource]()
	if !k.component.program.Resources[i].Defined {
		if k.resources[i] == nil {
			return k.missing[r]
		}
		want = k.resources[i].goType
	}
	if elem != want {
		return fmt.Errorf("handles to it hold a %s", want)
	}
	return nil
}

// lookup returns the host's side of the instance that path leads into, nil if
// there is none, and the name of the item there.
func (k *Linked) lookup(l *Linker, path []string) (*HostInstance, string) {
	name := path[len(path)-1]
	if len(path) == 1 {
		return &l.root, name
	}
	iface := strings.Join(path[:len(path)-1], "/")
	names := []string{iface, track(iface)}
	i := slices.IndexFunc(k.component.program.Imports, func(e elab.Extern) bool { return e.Name == path[0] })
	if i >= 0 && k.component.program.Imports[i].Implements != "" {
		implements := k.component.program.Imports[i].Implements
		names = append(names, implements, track(implements))
	}
	for _, n := range names {
		if h := l.instances[n]; h != nil {
			return h, name
		}
	}
	return nil, name
}

func (k *Linked) linkFunc(l *Linker, env *cabi.Env, f elab.Func) (*hostImport, error) {
	path := f.Import.Path
	imp := &hostImport{
		iface: strings.Join(path[:len(path)-1], "/"), name: path[len(path)-1],
		fn: f.Type, layout: cabi.LayoutOf(f.Type),
	}
	var hf HostFunc
	if h, name := k.lookup(l, path); h != nil {
		hf = h.funcs[name]
	}
	if hf.impl == nil {
		err := &MissingImportError{Interface: imp.iface, Func: imp.name, Offered: l.offered(imp.iface)}
		if l.Strict {
			return nil, &LinkError{Interface: imp.iface, Name: imp.name, Err: err}
		}
		imp.missing = err
		return imp, nil
	}
	var err error
	if imp.frame, err = hf.impl.bind(newBinder(env, f.Type)); err != nil {
		return nil, &LinkError{Interface: imp.iface, Name: imp.name, Err: err}
	}
	return imp, nil
}

// linkMoves compiles the ways between guests.
func (k *Linked) linkMoves(env *cabi.Env) error {
	for _, s := range k.component.program.Steps {
		lower, ok := s.(*elab.Lower)
		if !ok || k.funcs[lower.Func].host != nil || k.moves[lower.Type] != nil {
			continue
		}
		m, err := env.CompileFuncMove(lower.Type)
		if err != nil {
			return &UnsupportedError{Feature: "a call between component instances", Err: err}
		}
		k.moves[lower.Type] = m
	}
	return nil
}

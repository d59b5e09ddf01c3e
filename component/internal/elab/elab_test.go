package elab_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/elab"
)

const (
	coreFunc   = binary.SortCoreFunc
	coreMemory = binary.SortCoreMemory
	coreModule = binary.SortCoreModule
	function   = binary.SortFunc
	typeSort   = binary.SortType
	instance   = binary.SortInstance
	component  = binary.SortComponent
)

// text is a program with a line for each step.
func text(p *elab.Program) string {
	var b strings.Builder
	for i, f := range p.Funcs {
		if f.Import != nil {
			fmt.Fprintf(&b, "f%d = import %s: %s\n", i, strings.Join(f.Import.Path, " "), f.Type)
		}
	}
	for _, s := range p.Steps {
		fmt.Fprintln(&b, stepText(p, s))
	}
	for _, x := range p.Exports {
		exportText(&b, x, "export ")
	}
	return b.String()
}

func stepText(p *elab.Program, s elab.Step) string {
	switch s := s.(type) {
	case *elab.Instantiate:
		var args []string
		for _, a := range s.Args {
			args = append(args, source(a))
		}
		return fmt.Sprintf("i%d = instantiate m%d(%s) in %d", s.To, s.Module, strings.Join(args, ", "), s.Instance)
	case *elab.Lower:
		return fmt.Sprintf("c%d = lower f%d in %d%s", s.To, s.Func, s.Instance, optionText(s.Options))
	case *elab.Lift:
		l := p.Funcs[s.Func].Lifted
		return fmt.Sprintf("f%d = lift %s as %q: %s in %d%s", s.Func, source(l.Core), l.Name, p.Funcs[s.Func].Type, l.Instance, optionText(l.Options))
	case *elab.DefineResource:
		r := p.Resources[s.Resource]
		return fmt.Sprintf("r%d = resource %s dtor %s in %d", s.Resource, r.Type, source(r.Dtor), r.Instance)
	case *elab.ResourceNew:
		return fmt.Sprintf("c%d = new %s in %d", s.To, s.Resource, s.Instance)
	case *elab.ResourceDrop:
		return fmt.Sprintf("c%d = drop %s in %d", s.To, s.Resource, s.Instance)
	case *elab.ResourceRep:
		return fmt.Sprintf("c%d = rep %s in %d", s.To, s.Resource, s.Instance)
	case *elab.Unsupported:
		return fmt.Sprintf("c%d = unsupported %s in %d", s.To, s.Name, s.Instance)
	}
	return fmt.Sprintf("%T", s)
}

func optionText(o elab.CanonOptions) string {
	s := ""
	for _, x := range []struct {
		name string
		src  elab.CoreSource
	}{{"memory", o.Memory}, {"realloc", o.Realloc}, {"post-return", o.PostReturn}} {
		if x.src.Present() {
			s += " " + x.name + "=" + source(x.src)
		}
	}
	if o.Encoding != elab.UTF8 {
		s += fmt.Sprint(" encoding=", o.Encoding)
	}
	return s
}

func source(s elab.CoreSource) string {
	switch s.Kind {
	case elab.SourceExport:
		return fmt.Sprintf("i%d.%s", s.Index, s.Name)
	case elab.SourceFunc:
		return fmt.Sprintf("c%d", s.Index)
	}
	return "-"
}

func exportText(b *strings.Builder, x elab.Extern, prefix string) {
	switch x.Kind {
	case elab.ExternFunc:
		fmt.Fprintf(b, "%s%s = f%d\n", prefix, x.Name, x.Func)
	case elab.ExternInstance:
		for _, i := range x.Items {
			exportText(b, i, prefix+x.Name+" ")
		}
	case elab.ExternType:
		fmt.Fprintf(b, "%s%s = %s\n", prefix, x.Name, x.Type)
	case elab.ExternResource:
		fmt.Fprintf(b, "%s%s = resource %s\n", prefix, x.Name, x.Resource)
	default:
		fmt.Fprintf(b, "%s%s: kind %d\n", prefix, x.Name, x.Kind)
	}
}

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

// exportsF is a module that exports f: () -> ().
func exportsF() *binary.CoreModule {
	return module{types: []string{">"}, funcs: []byte{0}, exports: []string{"f"}}.def()
}

func TestProgram(t *testing.T) {
	libc := module{types: []string{"ii>i", "iiii>i", "i>"}, funcs: []byte{0, 1, 2}, memory: true, exports: []string{"run", "realloc", "post"}}.def()
	user := module{types: []string{">"}, imports: [][2]string{{"env", "g"}, {"env", "h"}}, impType: []byte{0, 0}, funcs: []byte{0}, exports: []string{"f"}}.def()
	maker := module{types: []string{"i>", ">i"}, funcs: []byte{0, 1}, exports: []string{"dtor", "make"}}.def()
	stringFn := fn(ptr(prim(binary.String)), prim(binary.String))

	// counter defines a resource type and a function that returns one.
	counter := nested(
		maker, coreInst(0), coreAlias(coreFunc, 0, "dtor"), coreAlias(coreFunc, 0, "make"),
		typ(&binary.ResourceType{Rep: coretype.ValType{Code: coretype.I32}, Dtor: new(uint32)}),
		exp("r", typeSort, 0), typ(&binary.Own{Resource: 1}), fn(ptr(idx(2))), lift(1, 3), exp("make", function, 0),
		canon(binary.ResourceNew, 0), canon(binary.ResourceRep, 0),
	)
	tests := []struct {
		name string
		c    *binary.Component
		want string
	}{
		{"empty", comp(), "\n"},
		{"lift with every option", comp(
			libc, coreInst(0), coreAlias(coreFunc, 0, "run"), coreAlias(coreFunc, 0, "realloc"), coreAlias(coreFunc, 0, "post"),
			coreAlias(coreMemory, 0, "mem"), stringFn,
			lift(0, 0, opt(binary.OptMemory, 0), opt(binary.OptRealloc, 1), opt(binary.OptPostReturn, 2), opt(binary.OptUTF16, 0)),
			exp("run", function, 0),
		), lines(
			`i0 = instantiate m0() in 0`,
			`f0 = lift i0.run as "run": func(a: string) -> string in 0 memory=i0.mem realloc=i0.realloc post-return=i0.post encoding=1`,
			`export run = f0`,
		)},
		{"imports are lowered and renamed", comp(
			fn(nil), instType(outer(typeSort, 1, 0), decl("x", function, 0)),
			imp("one", function, 0), imp("two", instance, 1), alias(function, 0, "x"),
			lower(0), lower(1), user,
			coreBag(corePart("g", coreFunc, 1), corePart("h", coreFunc, 0)), coreInst(0, coreArg("env", 0)),
		), lines(
			`f0 = import one: func()`,
			`f1 = import two x: func()`,
			`c0 = lower f0 in 0`,
			`c1 = lower f1 in 0`,
			`i0 = instantiate m0(c1, c0) in 0`,
		)},
		{"each instantiation has its own of everything", comp(
			counter, inst(0), inst(0), exp("b", instance, 1),
		), lines(
			`i0 = instantiate m0() in 1`,
			`r0 = resource r dtor i0.dtor in 1`,
			`f0 = lift i0.make as "make": func() -> own<r> in 1`,
			`c0 = new r in 1`, `c1 = rep r in 1`,
			`i1 = instantiate m0() in 2`,
			`r1 = resource r dtor i1.dtor in 2`,
			`f1 = lift i1.make as "make": func() -> own<r> in 2`,
			`c2 = new r in 2`, `c3 = rep r in 2`,
			`export b r = resource r`,
			`export b make = f1`,
		)},
		{"a component and a module as arguments", comp(
			exportsF(),
			nested(
				&binary.CoreType{Module: moduleType("f")}, imp("m", coreModule, 0),
				coreInst(0), coreAlias(coreFunc, 0, "f"), fn(nil), lift(0, 0), exp("f", function, 0),
			),
			nested(
				&binary.CoreType{Module: moduleType("f")}, imp("m", coreModule, 0),
				compType(&binary.CoreType{Module: moduleType("f")}, imp("m", coreModule, 0), fn(nil), decl("f", function, 0)),
				imp("c", component, 0), inst(0, arg("m", coreModule, 0)), exp("i", instance, 0),
			),
			inst(1, arg("m", coreModule, 0), arg("c", component, 0)), alias(instance, 0, "i"), exp("i", instance, 1),
		), lines(
			`i0 = instantiate m0() in 2`,
			`f0 = lift i0.f as "f": func() in 2`,
			`export i f = f0`,
		)},
		{"a built-in that is not built", comp(
			&binary.Builtin{Name: "waitable-set.new"}, &binary.Builtin{Name: "task.return", Result: ptr(prim(binary.F64))},
		), lines(`c0 = unsupported waitable-set.new in 0`, `c1 = unsupported task.return in 0`)},
		{"a lift that is async", comp(
			exportsF(), coreInst(0), coreAlias(coreFunc, 0, "f"), fn(ptr(prim(binary.U8))), lift(0, 0, opt(binary.OptAsync, 0)), exp("f", function, 0),
		), lines(
			`i0 = instantiate m0() in 0`,
			`c0 = unsupported async lift in 0`,
			`f0 = lift c0 as "f": func() -> u8 in 0`,
			`export f = f0`,
		)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := elab.Elaborate(tt.c, elab.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := text(p); strings.TrimSpace(got) != strings.TrimSpace(tt.want) {
				t.Errorf("program:\n%swant:\n%s", got, tt.want)
			}
			if err := verify(p); err != nil {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

// A resource type that an ascription hides is a type of its own to who looks at the
// types, and the same one to who runs the program.
func TestHiddenResource(t *testing.T) {
	sub := binary.ExternType{Sort: typeSort}
	inner := nested(resource(), exp("a", typeSort, 0), expAs("b", typeSort, 0, sub))
	eq := nested(impResource("x"), imp("y", typeSort, 0))
	drops := comp(inner, inst(0), alias(typeSort, 0, "a"), alias(typeSort, 0, "b"),
		canon(binary.ResourceDrop, 0), canon(binary.ResourceDrop, 1), exp("a", typeSort, 0), exp("b", typeSort, 1))
	p, err := elab.Elaborate(drops, elab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Resources) != 1 || p.Exports[0].Resource != p.Exports[1].Resource {
		t.Errorf("the program has %d resource types, its exports %p and %p", len(p.Resources), p.Exports[0].Resource, p.Exports[1].Resource)
	}
	if err := verify(p); err != nil {
		t.Errorf("verify: %v", err)
	}
	same := comp(inner, inst(0), alias(typeSort, 0, "a"), alias(typeSort, 0, "b"), eq,
		inst(1, arg("x", typeSort, 0), arg("y", typeSort, 1)))
	if _, err := elab.Elaborate(same, elab.Options{}); err == nil || !strings.Contains(err.Error(), "not the same") {
		t.Errorf("the hidden resource type passes as the other one: %v", err)
	}
}

func TestInstances(t *testing.T) {
	leaf := nested()
	c := comp(nested(leaf, inst(0), inst(0)), inst(0), inst(0))
	p, err := elab.Elaborate(c, elab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []elab.Instance{
		{Parent: -1, Name: ""},
		{Parent: 0, Name: "instance 0"}, {Parent: 1, Name: "instance 0 > instance 0"}, {Parent: 1, Name: "instance 0 > instance 1"},
		{Parent: 0, Name: "instance 1"}, {Parent: 4, Name: "instance 1 > instance 0"}, {Parent: 4, Name: "instance 1 > instance 1"},
	}
	if !slices.Equal(p.Instances, want) {
		t.Errorf("instances = %v, want %v", p.Instances, want)
	}
}

func TestImportTree(t *testing.T) {
	c := comp(
		instType(declResource("r"), typ(&binary.Borrow{Resource: 0}), fn(nil, idx(1)), decl("f", function, 2)),
		&binary.Import{
			Name: binary.ExternName{Name: "i", Attrs: []binary.NameAttr{{Kind: binary.Implements, Value: "a:b/c@1.0.0"}, {Kind: binary.ExternalID, Value: "id"}}},
			Type: binary.ExternType{Sort: instance, Index: 0},
		},
	)
	p, err := elab.Elaborate(c, elab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	i := p.Imports[0]
	if i.Name != "i" || i.Implements != "a:b/c@1.0.0" || i.ExternalID != "id" || len(i.Items) != 2 {
		t.Fatalf("import = %+v", i)
	}
	r := p.Resources[0]
	if r.Type != i.Items[0].Resource || !slices.Equal(r.Path, []string{"i", "r"}) || r.Defined || !r.Type.Imported {
		t.Errorf("resource = %+v, want the one of %+v", r, i.Items[0])
	}
	if got := i.Items[1].FuncType.String(); got != "func(a: borrow<r>)" {
		t.Errorf("type of f = %s", got)
	}
}

// Components of every toolchain there is elaborate, and what comes out holds together.
func TestRealComponents(t *testing.T) {
	for _, f := range realComponents(t) {
		t.Run(filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f), func(t *testing.T) {
			tree := decodeFile(t, f)
			p, err := elab.Elaborate(tree, elab.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(p); err != nil {
				t.Error(err)
			}
			if len(p.Exports) == 0 || len(p.Steps) == 0 {
				t.Errorf("%d exports, %d steps", len(p.Exports), len(p.Steps))
			}
		})
	}
}

// realComponents are the built guests of this module.
func realComponents(t testing.TB) []string {
	files, err := filepath.Glob("../../../guests/*/*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		return len(b) < 8 || b[6] != 1 // a core module
	})
	if len(files) == 0 {
		t.Fatal("no component among the guests")
	}
	return files
}

func decodeFile(t testing.TB, f string) *binary.Component {
	b, err := os.ReadFile(f)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := binary.Decode(b, binary.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestErrorsZero(t *testing.T) {
	for _, err := range []error{&elab.ValidationError{}, &elab.UnsupportedError{}, &elab.LimitError{}} {
		if err.Error() == "" {
			t.Errorf("the zero %T says nothing", err)
		}
	}
	cause := errors.New("cause")
	if !errors.Is(&elab.ValidationError{Err: cause}, cause) {
		t.Error("a ValidationError hides its cause")
	}
}

func BenchmarkElaborate(b *testing.B) {
	for _, f := range realComponents(b) {
		tree := decodeFile(b, f)
		b.Run(filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := elab.Elaborate(tree, elab.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

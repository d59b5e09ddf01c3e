package elab_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/coretype"
	"github.com/berth-cli/berth/component/internal/elab"
)

// The specification's own tests of validity run in package wast. Here is one
// case for each check, so that a check cannot be lost without them.
func TestInvalid(t *testing.T) {
	str := prim(binary.String)
	sub := binary.ExternType{Sort: typeSort}
	record := typ(&binary.Record{Fields: []binary.Labeled{{Name: "x", Type: prim(binary.U32)}}})
	libc := module{types: []string{"ii>", "iiii>i", ">", ">i"}, funcs: []byte{0, 1, 2, 3}, memory: true, exports: []string{"take", "realloc", "f", "get"}}.def()
	// libcFuncs are core funcs 0 take, 1 realloc, 2 f, 3 get and a memory.
	libcFuncs := []binary.Definition{libc, coreInst(0), coreAlias(coreFunc, 0, "take"), coreAlias(coreFunc, 0, "realloc"),
		coreAlias(coreFunc, 0, "f"), coreAlias(coreFunc, 0, "get"), coreAlias(coreMemory, 0, "mem")}
	withLibc := func(defs ...binary.Definition) *binary.Component { return with(libcFuncs, defs...) }
	takes := fn(nil, str)
	importsG := module{types: []string{">"}, imports: [][2]string{{"env", "g"}}, impType: []byte{0}}.def()

	tests := []struct {
		name string
		c    *binary.Component
		want string
	}{
		{"index out of bounds", comp(exp("a", function, 0)), "func index 0 is out of bounds"},
		{"wrong sort for an export", comp(exp("a", coreFunc, 0)), "core func cannot be used here"},
		{"name not in kebab case", comp(resource(), exp("aB", typeSort, 0)), `export "aB": "aB" is not in kebab case`},
		{"names that differ in case", comp(resource(), exp("a", typeSort, 0), exp("A", typeSort, 0)), `conflicts with the earlier name "a"`},
		{"attribute twice", comp(instType(), &binary.Import{Name: binary.ExternName{Name: "a", Attrs: []binary.NameAttr{{Kind: binary.ExternalID}, {Kind: binary.ExternalID}}}, Type: binary.ExternType{Sort: instance}}), "two external-id"},
		{"label of a record", comp(typ(&binary.Record{Fields: []binary.Labeled{{Name: "a_", Type: str}}})), "not in kebab case"},
		{"no such type", comp(typ(&binary.List{Elem: idx(7)})), "type index 7 is out of bounds"},
		{"not a value type", comp(fn(nil), typ(&binary.Option{Elem: idx(0)})), "is a function type, not a value type"},
		{"not a resource", comp(record, typ(&binary.Own{Resource: 0})), "not a resource type"},
		{"resource in a type", comp(instType(resource())), "within a concrete component"},
		{"destructor", withLibc(typ(&binary.ResourceType{Rep: coretype.ValType{Code: coretype.I32}, Dtor: new(uint32)})), "incorrect signature"},
		{"resource by i64", comp(typ(&binary.ResourceType{Rep: coretype.ValType{Code: coretype.I64}})), "represented by i32"},
		{"import in an instance type", comp(instType(imp("a", instance, 0))), "cannot have imports"},
		{"alias of a function in a type", comp(instType(alias(function, 0, "a"))), "types or instances"},

		{"not visible", comp(record, fn(ptr(idx(0))), imp("f", function, 1)), "neither imported nor exported"},
		{"visible in the outer component only", comp(record, imp("r", typeSort, 0), nested(outer(typeSort, 1, 1), fn(ptr(idx(0))), imp("f", function, 1))), "in component 0: import \"f\": not valid as an import"},
		{"an export does not help an import", comp(resource(), exp("r", typeSort, 0), typ(&binary.Own{Resource: 1}), fn(ptr(idx(2))), imp("f", function, 3)), "not valid as an import"},

		{"alias of nothing", comp(instType(), imp("i", instance, 0), alias(function, 0, "f")), `no export named "f"`},
		{"alias of another sort", comp(instType(declResource("r")), imp("i", instance, 0), alias(function, 0, "r")), "is type, not func"},
		{"core alias of nothing", withLibc(coreAlias(coreFunc, 0, "x")), `no export named "x"`},
		{"core alias of another sort", withLibc(coreAlias(coreMemory, 0, "f")), "is core func, not core memory"},
		{"too far out", comp(outer(typeSort, 1, 0)), "invalid outer alias count 1"},
		{"outer function", comp(fn(nil), imp("f", function, 0), nested(outer(function, 1, 0))), "cannot be named from inside"},
		{"resource into a component", comp(resource(), nested(outer(typeSort, 1, 0))), "transitively refers to resources"},
		{"type with a resource into a component", comp(resource(), instType(outer(typeSort, 1, 0), decl("r", typeSort, 0)), nested(outer(typeSort, 1, 1))), "transitively refers to resources"},

		{"missing argument", comp(nested(impResource("r")), inst(0)), `instantiate component 0: import "r": missing`},
		{"two arguments", comp(resource(), nested(), inst(0, arg("a", typeSort, 0), arg("a", typeSort, 0))), "two arguments"},
		{"argument of another sort", comp(resource(), nested(fn(nil), imp("f", function, 0)), inst(0, arg("f", typeSort, 0))), "expected func, found type"},
		{"argument of another type", comp(fn(nil), imp("f", function, 0), nested(fn(nil, str), imp("f", function, 0)), inst(0, arg("f", function, 0))), "expected 1 parameters, found 0"},
		{"argument lacks an export", comp(bag(), nested(instType(declResource("r")), imp("i", instance, 0)), inst(0, arg("i", instance, 0))), `export "r": missing`},
		{"fresh resources differ", comp(resource(), resource(), nested(impResource("a"), imp("b", typeSort, 0)), inst(0, arg("a", typeSort, 0), arg("b", typeSort, 1))), "not the same"},
		{"ascription", comp(record, expAs("r", typeSort, 0, sub)), "does not fit: expected a resource type"},
		{"component argument", comp(nested(impResource("r")), nested(compType(), imp("c", component, 0)), inst(1, arg("c", component, 0))), `import "c": import "r": missing`},
		{"module argument", comp(exportsF(), nested(&binary.CoreType{Module: moduleType("g")}, imp("m", coreModule, 0)), inst(0, arg("m", coreModule, 0))), `does not export "g"`},

		{"missing core argument", comp(importsG, coreInst(0)), `missing argument "env"`},
		{"core argument lacks an export", comp(importsG, coreBag(), coreInst(0, coreArg("env", 0))), `named "g"`},
		{"core argument of another type", withLibc(importsG, coreBag(corePart("g", coreFunc, 0)), coreInst(1, coreArg("env", 1))), "have (func (param i32 i32))"},
		{"core export twice", withLibc(coreBag(corePart("g", coreFunc, 0), corePart("g", coreFunc, 0))), "already defined"},
		{"truncated module", comp(&binary.CoreModule{Bytes: []byte("\x00asm\x01\x00\x00\x00\x01\x05")}), "core module"},

		{"lift of another type", withLibc(fn(nil), lift(0, 0)), "the core function has type"},
		{"lift as a value type", withLibc(record, lift(0, 0)), "not a function type"},
		{"lift without memory", withLibc(takes, lift(0, 0)), "`memory` is required"},
		{"lift without realloc", withLibc(takes, lift(0, 0, opt(binary.OptMemory, 0))), "`realloc` is required"},
		{"realloc without memory", withLibc(takes, lift(0, 0, opt(binary.OptRealloc, 1))), "`realloc` requires `memory`"},
		{"realloc of another type", withLibc(takes, lift(0, 0, opt(binary.OptMemory, 0), opt(binary.OptRealloc, 0))), "`realloc`: incorrect signature"},
		{"memory twice", withLibc(takes, lift(0, 0, opt(binary.OptMemory, 0), opt(binary.OptMemory, 0))), "more than once"},
		{"two encodings", withLibc(takes, lift(0, 0, opt(binary.OptUTF8, 0), opt(binary.OptUTF16, 0))), "conflicts"},
		{"post-return of another type", withLibc(fn(nil), lift(2, 0, opt(binary.OptPostReturn, 0))), "`post-return`: incorrect signature"},
		{"post-return when lowering", withLibc(fn(nil), imp("f", function, 0), lower(0, opt(binary.OptPostReturn, 2))), "cannot be specified for lowerings"},
		{"lower without memory", comp(takes, imp("f", function, 0), lower(0)), "`memory` is required"},
		{"lower without realloc", withLibc(fn(&str), imp("f", function, 0), lower(0, opt(binary.OptMemory, 0))), "`realloc` is required"},
		{"callback without async", withLibc(fn(nil), lift(2, 0, opt(binary.OptCallback, 0))), "incorrect signature"},
		{"new of an imported resource", comp(impResource("r"), canon(binary.ResourceNew, 0)), "not a local resource"},
		{"rep of a child's resource", comp(nested(resource(), exp("r", typeSort, 0)), inst(0), alias(typeSort, 0, "r"), canon(binary.ResourceRep, 0)), "not a local resource"},
		{"drop of a value type", comp(record, canon(binary.ResourceDrop, 0)), "not a resource type"},
		{"context slot", comp(&binary.Builtin{Name: "context.get", Slot: 2, Rep: coretype.ValType{Code: coretype.I32}}), "no slot 2"},
		{"context of another type", comp(&binary.Builtin{Name: "context.set", Rep: coretype.ValType{Code: coretype.V128}}), "of type v128"},
		{"stream built-in on another type", comp(record, &binary.Builtin{Name: "stream.new"}), "not a stream type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, err := range []error{elab.Validate(tt.c, elab.Options{}), elaborateError(tt.c)} {
				if _, ok := errors.AsType[*elab.ValidationError](err); !ok || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error = %v (%T), want a ValidationError that says %q", err, err, tt.want)
				}
			}
		})
	}
}

func elaborateError(c *binary.Component) error {
	_, err := elab.Elaborate(c, elab.Options{})
	return err
}

func TestNames(t *testing.T) {
	good := []string{
		"a", "a-1", "B-1-C", "ns:pkg/iface", "ns-1-a:b-1-c/D-2", "a:b/c@0.0.0-abcd.1.2+efg.4.ee.5", "a:b/c@0.0.0+abcd-efg",
		"a:b/c@0.2", "a:b/c@3", "a:b/c@0.0.7", "unlocked-dep=<a:b>", "unlocked-dep=<a:b@*>", "unlocked-dep=<a:b@{>=1.0.0 <2.0.0}>",
		"unlocked-dep=<a:b@{<2.0.0}>", "locked-dep=<a:b@1.2.3>,integrity=<sha256-AAAA>", "url=<https://x/y>", "integrity=<sha256-AAAA sha512-AAAA>",
	}
	bad := []string{
		"", "1", "a-", "aB", "a.b", "[", "[method]", "[method]a", "[other]a.b", "[constructor]", "ns:pkg", "ns:", ":/", "A:b/c", "a:B/c", "a:b/cD",
		"a:b:c/d", "a:b/c/d", "a:b/c@", "a:b/c@1.", "a:b/c@1.2", "a:b/c@01.0.0", "a:b/c@1.0.0-", "a:b/c@1.0.0+", "a:b/c@1.0.0-01", "a:b/c@0", "a:b/c@0.0",
		"a:b/c@1.0.0-a_b", "url=", "url=<", "url=<a<b>", "url=<a>b", "integrity=<>", "integrity=<md5-AAAA>", "integrity=<sha256-!>", "locked-dep=<a>",
		"unlocked-dep=<a:b@1.0.0>", "unlocked-dep=<a:b@{1.0.0}>", "unlocked-dep=<a:b@{>=1.0.0 >2.0.0}>", "url=<a>,integrity=<x>",
	}
	for _, n := range good {
		if err := elab.Validate(comp(fn(nil), imp(n, function, 0)), elab.Options{}); err != nil {
			t.Errorf("import %q: %v", n, err)
		}
	}
	for _, n := range bad {
		if err := elab.Validate(comp(fn(nil), imp(n, function, 0)), elab.Options{}); err == nil {
			t.Errorf("import %q is accepted", n)
		}
	}
	locator := comp(fn(nil), imp("a", function, 0), exp("url=<a>", function, 0))
	if err := elab.Validate(locator, elab.Options{}); err == nil {
		t.Error("an export by URL is accepted")
	}
}

func TestAnnotatedNames(t *testing.T) {
	// Types 1 and 2 are own<r> and borrow<r>, of the resource type imported as r.
	r := []binary.Definition{impResource("r"), typ(&binary.Own{Resource: 0}), typ(&binary.Borrow{Resource: 0}), typ(&binary.Result{Ok: ptr(idx(1))})}
	self := &binary.FuncType{Params: []binary.Labeled{{Name: "self", Type: idx(2)}}}
	tests := []struct {
		name string
		typ  binary.DefType
		want string // in the error; none is wanted if empty
	}{
		{"[constructor]r", &binary.FuncType{Result: ptr(idx(1))}, ""},
		{"[constructor]r", &binary.FuncType{Result: ptr(idx(3))}, ""},
		{"[constructor]R", &binary.FuncType{Result: ptr(idx(1))}, ""},
		{"[constructor]r", &binary.FuncType{}, "should return"},
		{"[constructor]r", &binary.FuncType{Result: ptr(prim(binary.U8))}, "should return"},
		{"[constructor]q", &binary.FuncType{Result: ptr(idx(1))}, `no resource type named "q"`},
		{"[method]r.m", self, ""},
		{"[method]r.r", self, "conflicts"},
		{"[method]r.m", &binary.FuncType{}, "first parameter named `self`"},
		{"[method]r.m", &binary.FuncType{Params: []binary.Labeled{{Name: "self", Type: idx(1)}}}, "`(borrow $T)`"},
		{"[method]r.m", &binary.FuncType{Params: []binary.Labeled{{Name: "self", Type: prim(binary.U8)}}}, "`(borrow $T)`"},
		{"[static]r.m", &binary.FuncType{}, ""},
		{"[static]q.m", &binary.FuncType{}, `no resource type named "q"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := comp(append(r[:len(r):len(r)], typ(tt.typ), imp(tt.name, function, 4))...)
			err := elab.Validate(c, elab.Options{})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	mod := &binary.CoreType{Module: moduleType("f")}
	tests := []struct {
		name  string
		c     *binary.Component
		want  string
		valid bool // Validate accepts it
	}{
		{"start", comp(&binary.Start{}), "component start functions", false},
		{"value", comp(&binary.Value{}), "values", false},
		{"value import", comp(&binary.Import{Name: name("v"), Type: binary.ExternType{Sort: binary.SortValue}}), "values", false},
		{"component import", comp(compType(), imp("c", component, 0)), "importing a component", true},
		{"module import", comp(mod, imp("m", coreModule, 0)), "importing a core module", true},
		{"module import in an instance", comp(instType(mod, decl("m", coreModule, 0)), imp("i", instance, 0)), "importing a core module", true},
		{"async import", comp(typ(&binary.FuncType{Async: true}), imp("f", function, 0)), "async functions", true},
		{"gc", comp(fn(nil), imp("f", function, 0), lower(0, opt(binary.OptGC, 0))), "canonical option `gc`", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := elaborateError(tt.c)
			if e, ok := errors.AsType[*elab.UnsupportedError](err); !ok || e.Feature != tt.want {
				t.Errorf("Elaborate: error = %v, want %q unsupported", err, tt.want)
			}
			if err := elab.Validate(tt.c, elab.Options{}); (err == nil) != tt.valid {
				t.Errorf("Validate: error = %v, want valid: %v", err, tt.valid)
			}
		})
	}
}

// Where something is wrong is told as the place in the file.
func TestErrorPlace(t *testing.T) {
	bad := &binary.Export{At: binary.At{Offset: 0x123}, Name: name("x"), Sort: function, Index: 4}
	c := comp(nested(), nested(nested(bad)))
	err := elab.Validate(c, elab.Options{})
	v, ok := errors.AsType[*elab.ValidationError](err)
	if !ok {
		t.Fatalf("error = %v", err)
	}
	if v.Offset != 0x123 || v.Path != "component 1 > component 0" || v.What != `export "x"` {
		t.Errorf("place = %#x, %q, %q", v.Offset, v.Path, v.What)
	}
}

package component_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// The sections of a component, and the sorts of its definitions, as the binary
// format has them. Binary.md, "Component Definitions", "Index Spaces".
const (
	coreModules   = 1
	coreInstances = 2
	components    = 4
	instances     = 5
	aliases       = 6
	typeDefs      = 7
	imports       = 10

	sortType      = 3
	sortComponent = 4
	sortInstance  = 5
)

// component0 is a component of sections.
func component0(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x0d\x00\x01\x00"), slices.Concat(sections...)...)
}

func section(id byte, content []byte) []byte { return slices.Concat([]byte{id}, sized(content)) }

func sized(b []byte) []byte { return append(number(len(b)), b...) }

func number(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// entries is a section with n entries.
func entries(id byte, n int, entry func(i int) []byte) []byte {
	content := number(n)
	for i := range n {
		content = append(content, entry(i)...)
	}
	return section(id, content)
}

// one is a section with one entry.
func one(id byte, parts ...any) []byte {
	return entries(id, 1, func(int) []byte { return join(parts...) })
}

// join puts bytes together: ints that are single bytes, names, and slices.
func join(parts ...any) []byte {
	var out []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			out = append(out, byte(p))
		case string:
			out = append(out, sized([]byte(p))...)
		case []byte:
			out = append(out, p...)
		}
	}
	return out
}

// tower is the bottom and n times a step, each of which knows its number.
func tower(bottom []byte, n int, step func(below int) []byte) []byte {
	for i := range n {
		bottom = append(bottom, step(i)...)
	}
	return bottom
}

// instance is an instance of component c without arguments, and outer an alias of
// what is around.
func instance(c int) []byte           { return one(instances, 0, number(c), 0) }
func outer(sort byte, i int) []byte   { return one(aliases, join(int(sort), 2, 1, number(i))) }
func list(elem []byte) []byte         { return join(0x70, elem) }
func index(i int) []byte              { return signed(i) }
func both(of []byte) []byte           { return join(0x6a, 1, of, 1, of) }
func exported(name string, i int) any { return join(4, 0, name, sortInstance, number(i)) }

// signed is a type index where a primitive could be.
func signed(i int) []byte {
	if i < 64 {
		return []byte{byte(i)}
	}
	return []byte{byte(i&0x7f) | 0x80, byte(i >> 7)}
}

const u8 = 0x7d

// Components of a few kilobytes that ask for a lot. Within the default limits each
// is refused, by the name of the limit.
func TestSmallComponentsThatAskForMuch(t *testing.T) {
	empty := section(components, component0())
	// Each component makes two instances of the one before.
	doubles := tower(empty, 40, func(i int) []byte {
		return section(components, component0(outer(sortComponent, i), instance(0), instance(0)))
	})
	// Each type has the one before in it twice.
	pairs := tower(one(typeDefs, list([]byte{u8})), 40, func(i int) []byte { return one(typeDefs, both(index(i))) })
	lists := tower(one(typeDefs, list([]byte{u8})), 100, func(i int) []byte { return one(typeDefs, list(index(i))) })
	worlds := tower(one(typeDefs, 0x42, 0), 30, func(i int) []byte {
		return one(typeDefs, 0x42, 3, join(2, sortType, 2, 1, number(i)), exported("a", 0), exported("b", 0))
	})
	withType := component0(one(typeDefs, 0x42, 1, join(4, 0, "r", sortType, 1)), one(imports, 0, "i", sortInstance, 0))
	deep := component0()
	for range 101 {
		deep = component0(section(components, deep))
	}
	for _, tt := range []struct {
		name  string
		wasm  []byte
		limit string
	}{
		{"2^40 instantiations", component0(doubles, instance(40)), "MaxInstantiations"},
		{"2^40 instantiations that only validation makes", component0(doubles), "MaxInstantiations"},
		{"a thousand and one instances", component0(empty, entries(instances, 1000, func(int) []byte { return join(0, 0, 0) })),
			"MaxComponentInstances"},
		{"core instances", component0(section(coreModules, []byte("\x00asm\x01\x00\x00\x00")),
			entries(coreInstances, 10_001, func(int) []byte { return join(0, 0, 0) })), "MaxCoreInstances"},
		{"instantiations that lead to each other", component0(tower(empty, 100, func(i int) []byte {
			return section(components, component0(outer(sortComponent, i), instance(0)))
		}), instance(100)), "MaxInstanceNesting"},
		{"a type of 2^40 parts", component0(pairs), "MaxTypeSize"},
		{"types inside each other", component0(lists), "MaxTypeDepth"},
		{"instance types that share parts", component0(worlds, one(imports, 0, "i", sortInstance, 30)), "MaxElaborationSteps"},
		{"a quarter of a million aliases", append(withType, entries(aliases, 250_000, func(int) []byte {
			return join(sortType, 0, 0, "r")
		})...), "MaxElaborationSteps"},
		{"a million aliases", append(withType, entries(aliases, 1_000_000, func(int) []byte {
			return join(sortType, 0, 0, "r")
		})...), "MaxDefinitions"},
		{"components inside each other", deep, "MaxDecodeNesting"},
		{"types inside each other's declarations", component0(section(typeDefs, append([]byte{1}, append(
			bytes.Repeat([]byte{0x42, 1, 1}, 101), 0x42, 0)...))), "MaxDecodeNesting"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rt := newRuntime(t, component.Limits{})
			_, err := rt.Compile(t.Context(), tt.wasm)
			wantLimit(t, err, tt.limit)
			if tt.limit != "MaxCoreInstances" && tt.limit != "MaxComponentInstances" { // of what runs
				wantLimit(t, rt.Validate(t.Context(), tt.wasm), tt.limit)
			}
		})
	}
}

// wantLimit fails unless err is of that field of Limits, goes beyond it and says so.
func wantLimit(t *testing.T, err error, field string) {
	t.Helper()
	limit, ok := errors.AsType[*component.LimitError](err)
	if !ok || limit.Limit != field {
		t.Fatalf("error %v, want the limit %s", err, field)
	}
	text := fmt.Sprintf("limit %s of %d exceeded (%d wanted)", field, limit.Max, limit.Want)
	if limit.Want <= limit.Max || !strings.Contains(err.Error(), text) {
		t.Errorf("error %q, want it to say %q", err, text)
	}
}

// TestLowLimits lowers one limit after the other below what a guest needs.
func TestLowLimits(t *testing.T) {
	for _, tt := range []struct {
		component string
		limits    component.Limits
		field     string
	}{
		{"hostile", component.Limits{MaxComponentBytes: 1000}, "MaxComponentBytes"},
		{"hostile", component.Limits{MaxDefinitions: 100}, "MaxDefinitions"},
		{"hostile", component.Limits{MaxElaborationSteps: 50}, "MaxElaborationSteps"},
		{"hostile", component.Limits{MaxCoreInstances: 1}, "MaxCoreInstances"},
		{"hostile", component.Limits{MaxCoreEntries: 5}, "MaxCoreEntries"},
		{"hostile", component.Limits{MaxTotalMemoryBytes: 1 << 20}, "MaxTotalMemoryBytes"},
		{"echo", component.Limits{MaxTypes: 5}, "MaxTypes"},
		{"echo", component.Limits{MaxTypeDepth: 1}, "MaxTypeDepth"},
		{"echo", component.Limits{MaxTypeSize: 2}, "MaxTypeSize"},
		{"leave", component.Limits{MaxComponentInstances: 1}, "MaxComponentInstances"},
	} {
		t.Run(tt.field, func(t *testing.T) {
			rt := newRuntime(t, tt.limits)
			c, err := rt.Compile(t.Context(), readComponent(t, tt.component))
			if err == nil {
				var linked *component.Linked
				if linked, err = rt.Link(c, component.NewLinker()); err != nil {
					t.Fatal(err)
				}
				_, err = linked.Instantiate(t.Context(), component.InstanceConfig{})
			}
			wantLimit(t, err, tt.field)
		})
	}
}

// TestTotalMemory has instances of one runtime share what they may have, and one
// that closes make room for another.
func TestTotalMemory(t *testing.T) {
	linked := world{
		component: "hostile", linker: hostileLinker(nil), limits: component.Limits{MaxTotalMemoryBytes: 50 << 16},
	}.link(t)
	first, err := linked.Instantiate(t.Context(), component.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	instantiate(t, linked, component.InstanceConfig{})
	_, err = linked.Instantiate(t.Context(), component.InstanceConfig{})
	wantLimit(t, err, "MaxTotalMemoryBytes")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	instantiate(t, linked, component.InstanceConfig{})
}

// noEngine is an engine that is never asked for anything.
type noEngine struct{ engine.Engine }

// TestBadLimits makes runtimes with limits that are none.
func TestBadLimits(t *testing.T) {
	limits := reflect.TypeFor[component.Limits]()
	defaults := reflect.ValueOf(component.Limits{}.WithDefaults())
	for i := range limits.NumField() {
		if defaults.Field(i).IsZero() {
			t.Errorf("%s has no default", limits.Field(i).Name)
		}
		if !defaults.Field(i).CanInt() {
			continue
		}
		var l component.Limits
		reflect.ValueOf(&l).Elem().Field(i).SetInt(-1)
		if _, err := component.NewRuntime(component.Config{Engine: noEngine{}, Limits: l}); err == nil {
			t.Errorf("%s of -1 is accepted", limits.Field(i).Name)
		}
	}
	for _, l := range []component.Limits{
		{MaxDecodeNesting: 10_001}, {MaxTypeDepth: 10_001}, {MaxInstanceNesting: 10_001}, {MaxCallDepth: 10_001},
	} {
		if _, err := component.NewRuntime(component.Config{Engine: noEngine{}, Limits: l}); err == nil {
			t.Errorf("%+v is accepted", l)
		}
	}
}

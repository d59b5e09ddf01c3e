package elab_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/elab"
	"github.com/berth-cli/berth/component/internal/types"
)

// repeat is n definitions.
func repeat(n int, f func(i uint32) binary.Definition) []binary.Definition {
	defs := make([]binary.Definition, n)
	for i := range defs {
		defs[i] = f(uint32(i))
	}
	return defs
}

// tower is the definitions bottom and n times step, each built on the one before.
func tower(bottom binary.Definition, n int, step func(below uint32) binary.Definition) []binary.Definition {
	return append([]binary.Definition{bottom}, repeat(n, step)...)
}

func with(defs []binary.Definition, more ...binary.Definition) *binary.Component {
	return comp(slices.Concat(defs, more)...)
}

func wideEnum(n int) *binary.Type {
	var labels []string
	for i := range n {
		labels = append(labels, fmt.Sprintf("l%d", i))
	}
	return typ(&binary.Enum{Labels: labels})
}

// Components that are small and ask for a lot: each ends in a LimitError, after
// a number of steps that the limits bound.
func TestLimits(t *testing.T) {
	// Each component instantiates the one before twice.
	doubles := tower(nested(), 40, func(i uint32) binary.Definition {
		return nested(outer(component, 1, i), inst(0), inst(0))
	})
	// Each instance type, instance, component type has the one before twice.
	instTypes := tower(instType(), 30, func(i uint32) binary.Definition {
		return instType(outer(typeSort, 1, i), decl("a", instance, 0), decl("b", instance, 0))
	})
	bags := tower(bag(), 30, func(i uint32) binary.Definition {
		return bag(part("a", instance, i), part("b", instance, i))
	})
	compTypes := tower(compType(), 30, func(i uint32) binary.Definition {
		return compType(outer(typeSort, 1, i), imp("a", component, 0), decl("b", component, 0))
	})
	u8 := prim(binary.U8)
	list := typ(&binary.List{Elem: u8})

	tests := []struct {
		name   string
		c      *binary.Component
		limits elab.Limits
		want   string
	}{
		{"double instantiations", with(doubles, inst(40)), elab.Limits{}, "number of instantiations"},
		{"double instantiations that only validation makes", comp(doubles...), elab.Limits{}, "number of instantiations"},
		{"component instances", with([]binary.Definition{nested()}, repeat(1000, func(uint32) binary.Definition { return inst(0) })...), elab.Limits{}, "number of component instances"},
		{"core instances", with([]binary.Definition{exportsF()}, repeat(11, func(uint32) binary.Definition { return coreInst(0) })...), elab.Limits{MaxCoreInstances: 10}, "number of core instances"},
		{"instance types that share parts", with(instTypes, imp("i", instance, 30)), elab.Limits{}, "work"},
		{"instances that share parts", with(bags, exp("i", instance, 30)), elab.Limits{}, "work"},
		{"component types that share parts", comp(nested(slices.Concat(compTypes, []binary.Definition{
			imp("x", component, 30), nested(slices.Concat(compTypes, []binary.Definition{imp("c", component, 30)})...), inst(1, arg("c", component, 0)),
		})...)), elab.Limits{}, "work"},
		{"instances inside each other", comp(tower(bag(), 100, func(i uint32) binary.Definition { return bag(part("a", instance, i)) })...), elab.Limits{}, "nesting of instances"},
		{"instance types inside each other", with(tower(instType(), 100, func(i uint32) binary.Definition {
			return instType(outer(typeSort, 1, i), decl("a", instance, 0))
		}), imp("i", instance, 100)), elab.Limits{}, "nesting of instances"},
		{"instantiations that lead to each other", with(tower(nested(), 100, func(i uint32) binary.Definition {
			return nested(outer(component, 1, i), inst(0))
		}), inst(100)), elab.Limits{}, "nesting of instances"},
		{"a million aliases", with([]binary.Definition{instType(declResource("r")), imp("i", instance, 0)},
			repeat(1_000_000, func(uint32) binary.Definition { return alias(typeSort, 0, "r") })...), elab.Limits{}, "work"},
		{"a wide type in many instances", with([]binary.Definition{nested(wideEnum(10_000))},
			repeat(900, func(uint32) binary.Definition { return inst(0) })...), elab.Limits{}, "work"},
		{"types inside each other", comp(tower(list, 100, func(i uint32) binary.Definition { return typ(&binary.List{Elem: idx(i)}) })...), elab.Limits{}, "nesting of types"},
		{"types that share parts", comp(tower(list, 25, func(i uint32) binary.Definition {
			return typ(&binary.Result{Ok: ptr(idx(i)), Err: ptr(idx(i))})
		})...), elab.Limits{}, "size of a type"},
		{"number of types", comp(repeat(10, func(i uint32) binary.Definition { return typ(&binary.FixedList{Elem: u8, Len: i + 1}) })...),
			elab.Limits{Types: types.Limits{MaxTypes: 9}}, "number of types"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := elab.Elaborate(tt.c, elab.Options{Limits: tt.limits})
			e, ok := errors.AsType[*elab.LimitError](err)
			if !ok || !strings.HasPrefix(e.What, tt.want) {
				t.Errorf("error = %v, want the limit of %q", err, tt.want)
			}
		})
	}
}

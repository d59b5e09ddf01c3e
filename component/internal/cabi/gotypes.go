package cabi

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/berth-cli/berth/component/internal/types"
)

// structFields returns, for each field of t, a record or tuple, the index of the
// struct field of rt that holds it. For the dynamic form all are 0.
func (e *Env) structFields(t *types.Type, rt reflect.Type, path string) ([]int, error) {
	index := make([]int, len(t.Fields))
	if e.isDynamic(rt) {
		return index, nil
	}
	if rt.Kind() != reflect.Struct {
		return nil, mismatch(t, rt, path, "")
	}
	fields, err := ownFields(t, rt, path)
	if err != nil {
		return nil, err
	}
	if t.Kind == types.Tuple {
		if len(fields) != len(t.Fields) {
			return nil, mismatch(t, rt, path, fmt.Sprintf("it has %d fields, the tuple %d elements", len(fields), len(t.Fields)))
		}
		return fields, nil
	}
	for i, f := range t.Fields {
		if index[i] = findField(rt, fields, f.Name); index[i] < 0 || slices.Contains(index[:i], index[i]) {
			return nil, mismatch(t, rt, path, fmt.Sprintf("it has no field for %q", f.Name))
		}
	}
	for _, i := range fields {
		if !slices.Contains(index, i) {
			return nil, mismatch(t, rt, path, fmt.Sprintf("its field %s is none of the record's; `wit:\"-\"` leaves it out", rt.Field(i).Name))
		}
	}
	return index, nil
}

// ownFields returns the indices of the fields of rt that take part: all but those
// tagged `wit:"-"`.
func ownFields(t *types.Type, rt reflect.Type, path string) ([]int, error) {
	var fields []int
	for i := range rt.NumField() {
		f := rt.Field(i)
		switch {
		case f.Tag.Get("wit") == "-":
		case !f.IsExported():
			return nil, mismatch(t, rt, path, fmt.Sprintf("field %s is not exported", f.Name))
		default:
			fields = append(fields, i)
		}
	}
	return fields, nil
}

func findField(rt reflect.Type, fields []int, name string) int {
	for _, i := range fields {
		f := rt.Field(i)
		if tag := f.Tag.Get("wit"); tag == name || tag == "" && sameName(f.Name, name) {
			return i
		}
	}
	return -1
}

// sameName reports whether a Go name is the kebab-case name of WIT: equal but for
// hyphens and case, since Go writes an initialism as one word.
func sameName(goName, witName string) bool {
	return strings.EqualFold(goName, strings.ReplaceAll(witName, "-", ""))
}

// endsInName reports whether the last words of a Go name are the kebab-case name.
func endsInName(goName, witName string) bool {
	flat := strings.ReplaceAll(witName, "-", "")
	start := len(goName) - len(flat)
	return start == 0 && strings.EqualFold(goName, flat) ||
		start > 0 && isUpper(goName[start]) && strings.EqualFold(goName[start:], flat)
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// caseTypes returns the types that a sealed interface lists as its cases, the
// parameters of its one method.
func (e *Env) caseTypes(t *types.Type, rt reflect.Type, path string) ([]reflect.Type, error) {
	if rt.Kind() != reflect.Interface || rt.NumMethod() != 1 {
		return nil, mismatch(t, rt, path, "a variant is an interface with one method")
	}
	m := rt.Method(0)
	if m.Type.NumIn() != len(t.Cases) || m.Type.NumOut() != 0 {
		return nil, mismatch(t, rt, path, fmt.Sprintf("its method %s must take the %d case types and return nothing", m.Name, len(t.Cases)))
	}
	cases := make([]reflect.Type, len(t.Cases))
	for i, c := range t.Cases {
		ct := m.Type.In(i)
		if reason := checkCase(rt, ct, c); reason != "" {
			return nil, mismatch(t, rt, at(path, "case "+c.Name), reason)
		}
		cases[i] = ct
	}
	return cases, nil
}

// checkCase returns why ct cannot be case c of the interface rt, or "".
func checkCase(rt, ct reflect.Type, c types.Case) string {
	fields := 0
	if c.Type != nil {
		fields = 1
	}
	switch {
	case ct.Kind() != reflect.Struct || ct.NumField() != fields:
		return fmt.Sprintf("%s must be a struct with %d fields", ct, fields)
	case fields == 1 && !ct.Field(0).IsExported():
		return fmt.Sprintf("the field of %s is not exported", ct)
	case !ct.Implements(rt):
		return fmt.Sprintf("%s does not implement %s", ct, rt)
	case !endsInName(ct.Name(), c.Name):
		return fmt.Sprintf("the name of %s does not end in the case's", ct)
	}
	return ""
}

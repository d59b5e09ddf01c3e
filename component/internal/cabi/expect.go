package cabi

import (
	"fmt"

	"github.com/berth-cli/berth/component/internal/types"
)

// expected says which Go types represent t, for those who gave another; "" for
// a type whose name says it.
func expected(t *types.Type) string {
	switch t.Kind {
	case types.S8, types.S16, types.S32, types.S64:
		return fmt.Sprintf("an %s is an int%s", t.Kind, t.Kind.String()[1:])
	case types.U8, types.U16, types.U32, types.U64:
		return fmt.Sprintf("a %s is a uint%s", t.Kind, t.Kind.String()[1:])
	case types.F32, types.F64:
		return fmt.Sprintf("an %s is a float%s", t.Kind, t.Kind.String()[1:])
	case types.List, types.Map:
		return fmt.Sprintf("a %s is a slice", t.Kind)
	case types.FixedList:
		return fmt.Sprintf("a list of fixed length is an array of %d", t.Len)
	case types.Record, types.Tuple:
		return fmt.Sprintf("a %s is a struct", t.Kind)
	case types.Result:
		return "a result is a component.Result"
	case types.Own:
		return "an own handle is a component.Own"
	case types.Borrow:
		return "a borrow handle is a component.Borrow"
	}
	return ""
}

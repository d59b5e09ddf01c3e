package candid

import (
	"fmt"
	"strings"
)

// path says where in the arguments a value is.
type path []step

// step is an argument, a field or tag, or an element of a vector.
type step struct {
	kind  stepKind
	label Label // of a field or tag
	index int   // of an argument or element
}

type stepKind uint8

const (
	stepArg stepKind = iota
	stepField
	stepElem
)

func (p *path) push(s step) { *p = append(*p, s) }
func (p *path) pop()        { *p = (*p)[:len(*p)-1] }

// maxPathSteps is how much of the deep end of a path is printed.
const maxPathSteps = 12

func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		if i > 0 && i < len(p)-maxPathSteps {
			if i == 1 {
				b.WriteString("…")
			}
			continue
		}
		b.WriteString(s.String())
	}
	return strings.TrimPrefix(b.String(), ".")
}

func (s step) String() string {
	switch s.kind {
	case stepArg:
		return fmt.Sprintf("argument %d", s.index+1)
	case stepField:
		return "." + s.label.String()
	default:
		return fmt.Sprintf("[%d]", s.index)
	}
}

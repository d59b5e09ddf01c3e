package rewrite

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/wasmbin"
)

// FuncName returns the name the module's name section gives function i, which is
// the guest's word, cut to engine.MaxNameLen and without control characters;
// or "$" and i. It takes time in the size of the name section.
func (m *Module) FuncName(i uint32) string {
	r := reader{buf: m.names, end: len(m.names)}
	for r.more() {
		id := r.byte()
		s := r.sub(int(r.u32()))
		if id != wasmbin.FunctionNames {
			continue
		}
		for range s.count(2) {
			if s.err != nil {
				break
			}
			index := s.u32()
			if name := s.bytes(s.count(1)); index == i && len(name) > 0 {
				return cleanName(name)
			}
		}
	}
	return "$" + strconv.FormatUint(uint64(i), 10)
}

func cleanName(name []byte) string {
	s := strings.ToValidUTF8(string(name[:min(len(name), engine.MaxNameLen)]), "?")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

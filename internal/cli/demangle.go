package cli

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ianlancetaylor/demangle"
)

const (
	// maxMangled is the most bytes of a name that are demangled, and 1<<maxDemangled
	// the most the result has.
	maxMangled   = 1024
	maxDemangled = 9
)

// demangled returns a function's name as its author wrote it: one that a compiler of
// Rust or C++ mangled, else the name itself.
func demangled(name string) string {
	switch {
	case len(name) > maxMangled:
		return name
	case name == "__main_argc_argv" || name == "__original_main": // what clang calls C's
		return "main"
	}
	out, err := demangle.ToString(name, demangle.NoClones, demangle.MaxLength(maxDemangled))
	if err != nil {
		return name
	}
	return printableWord(out)
}

// printableWord replaces what a terminal would obey: a mangled name can spell any
// character.
func printableWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

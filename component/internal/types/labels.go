package types

import (
	"fmt"
	"strings"
)

// IsLabel reports whether s is a label, what is called kebab-case: words joined
// by single hyphens, each all lower case or all upper case, the first starting with
// a letter.
//
// Explainer.md, "Import and Export Definitions".
func IsLabel(s string) bool {
	first := true
	for word := range strings.SplitSeq(s, "-") {
		if !isWord(word, first) {
			return false
		}
		first = false
	}
	return true
}

func isWord(s string, first bool) bool {
	if s == "" || first && isDigit(s[0]) {
		return false
	}
	lower, upper := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			upper = true
		case !isDigit(c):
			return false
		}
	}
	return !lower || !upper
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// checkLabels checks that there is a name, and then as checkUnique.
func checkLabels(what string, n int, name func(int) string) error {
	if n == 0 {
		return fmt.Errorf("%s: at least one is needed", what)
	}
	return checkUnique(what, n, name)
}

// checkUnique checks that every name is a label and that no two differ only in case.
func checkUnique(what string, n int, name func(int) string) error {
	for i := range n {
		switch s := name(i); {
		case s == "":
			return fmt.Errorf("%s name cannot be empty", what)
		case !IsLabel(s):
			return fmt.Errorf("%s name %q is not in kebab case", what, clip(s))
		}
	}
	if i, j, dup := duplicate(n, name); dup {
		return fmt.Errorf("%s name %q conflicts with the earlier name %q", what, clip(name(j)), clip(name(i)))
	}
	return nil
}

// duplicate finds the first name equal to an earlier one but for case.
func duplicate(n int, name func(int) string) (i, j int, found bool) {
	const few = 12 // up to here comparing all pairs is faster than a map
	if n <= few {
		for j := range n {
			for i := range j {
				if len(name(i)) == len(name(j)) && strings.EqualFold(name(i), name(j)) {
					return i, j, true
				}
			}
		}
		return 0, 0, false
	}
	seen := make(map[string]int, n)
	for j := range n {
		key := strings.ToLower(name(j))
		if i, ok := seen[key]; ok {
			return i, j, true
		}
		seen[key] = j
	}
	return 0, 0, false
}

// clip shortens a name to what a message can bear.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

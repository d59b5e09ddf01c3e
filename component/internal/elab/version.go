package elab

import (
	"fmt"
	"strings"
)

// checkVersion checks what follows the @ of an interface name: a semantic
// version, or the part of one that compatible versions share, such as 1 or 0.2.
func checkVersion(s string) error {
	if isCanonVersion(s) {
		return nil
	}
	return checkSemver(s)
}

// isCanonVersion reports whether s is N, 0.N or 0.0.N, where N is not zero.
func isCanonVersion(s string) bool {
	s, zero := strings.CutPrefix(s, "0.")
	if zero {
		s = strings.TrimPrefix(s, "0.")
	}
	return isNumber(s) && s != "0"
}

// checkSemver checks a semantic version: semver.org, 2.0.0.
func checkSemver(s string) error {
	rest, build, hasBuild := strings.Cut(s, "+")
	core, pre, hasPre := strings.Cut(rest, "-")
	parts := strings.Split(core, ".")
	ok := len(parts) == 3
	for _, p := range parts {
		ok = ok && isNumber(p)
	}
	if hasPre {
		ok = ok && areIdentifiers(pre, true)
	}
	if hasBuild {
		ok = ok && areIdentifiers(build, false)
	}
	if !ok {
		return fmt.Errorf("%q is not a semantic version", clip(s))
	}
	return nil
}

// isNumber reports whether s is digits without a leading zero.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && (s == "0" || s[0] != '0')
}

// areIdentifiers checks identifiers with dots between them. Those of a prerelease
// that are numbers have no leading zero.
func areIdentifiers(s string, prerelease bool) bool {
	for id := range strings.SplitSeq(s, ".") {
		if id == "" || strings.ContainsFunc(id, notInIdentifier) {
			return false
		}
		digits := strings.Trim(id, "0123456789") == ""
		if prerelease && digits && !isNumber(id) {
			return false
		}
	}
	return true
}

func notInIdentifier(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

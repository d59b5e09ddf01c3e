package elab

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// isLocator reports whether s is a name that says where an implementation is to be found.
func isLocator(s string) bool {
	for _, p := range [...]string{"url=", "integrity=", "unlocked-dep=", "locked-dep="} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// checkLocator checks a dependency, URL or hash name.
//
// Explainer.md, "Import and Export Definitions".
func checkLocator(s string) error {
	kind, rest, _ := strings.Cut(s, "=")
	if kind == "unlocked-dep" {
		return checkUnlocked(rest)
	}
	value, rest, err := angle(rest)
	if err != nil {
		return err
	}
	switch kind {
	case "integrity":
		return errors.Join(checkIntegrity(value), checkEnd(rest))
	case "locked-dep":
		err = checkLocked(value)
	}
	if err != nil || rest == "" {
		return err
	}
	hash, ok := strings.CutPrefix(rest, ",integrity=")
	if !ok {
		return fmt.Errorf("trailing characters %q", clip(rest))
	}
	value, rest, err = angle(hash)
	if err != nil {
		return err
	}
	return errors.Join(checkIntegrity(value), checkEnd(rest))
}

// angle takes <value> off the front of s.
func angle(s string) (value, rest string, err error) {
	s, ok := strings.CutPrefix(s, "<")
	if !ok {
		return "", "", errors.New("expected <")
	}
	value, rest, ok = strings.Cut(s, ">")
	if strings.Contains(value, "<") {
		return "", "", errors.New("unexpected <")
	}
	if !ok {
		return "", "", errors.New("expected >")
	}
	return value, rest, nil
}

func checkEnd(rest string) error {
	if rest != "" {
		return fmt.Errorf("trailing characters %q", clip(rest))
	}
	return nil
}

// checkLocked checks namespace:package with a version or without.
func checkLocked(s string) error {
	pkg, version, versioned := strings.Cut(s, "@")
	if err := checkPackage(pkg); err != nil {
		return err
	}
	if versioned {
		return checkSemver(version)
	}
	return nil
}

// checkUnlocked checks <namespace:package> with a range of versions or without:
// @*, @{>=1.2.3}, @{<1.2.3} or @{>=1.2.3 <2.0.0}.
func checkUnlocked(s string) error {
	s, open := strings.CutPrefix(s, "<")
	s, closed := strings.CutSuffix(s, ">")
	if !open || !closed {
		return errors.New("expected < and >")
	}
	pkg, versions, versioned := strings.Cut(s, "@")
	if err := checkPackage(pkg); err != nil {
		return err
	}
	if !versioned || versions == "*" {
		return nil
	}
	inner, ok := strings.CutPrefix(versions, "{")
	inner, ok2 := strings.CutSuffix(inner, "}")
	if !ok || !ok2 {
		return fmt.Errorf("%q is not a range of versions", clip(versions))
	}
	lower, upper, both := strings.Cut(inner, " ")
	if both {
		return errors.Join(checkBound(lower, ">="), checkBound(upper, "<"))
	}
	if strings.HasPrefix(inner, ">=") {
		return checkBound(inner, ">=")
	}
	return checkBound(inner, "<")
}

func checkBound(s, operator string) error {
	v, ok := strings.CutPrefix(s, operator)
	if !ok {
		return fmt.Errorf("expected %s and a version, found %q", operator, clip(s))
	}
	return checkSemver(v)
}

// checkIntegrity checks hashes with spaces between them, as in W3C's
// Subresource Integrity.
func checkIntegrity(s string) error {
	hashes := strings.Fields(s)
	if len(hashes) == 0 {
		return errors.New("integrity needs a hash")
	}
	for _, h := range hashes {
		algorithm, digest, _ := strings.Cut(h, "-")
		digest, _, _ = strings.Cut(digest, "?")
		switch algorithm {
		case "sha256", "sha384", "sha512":
		default:
			return fmt.Errorf("unknown hash algorithm %q", clip(algorithm))
		}
		if b, err := base64.StdEncoding.DecodeString(digest); err != nil || len(b) == 0 {
			return fmt.Errorf("%q is not base64", clip(digest))
		}
	}
	return nil
}

package component

import "strings"

// track returns the name of an interface with its version cut down to what semantic
// versioning keeps compatible: "wasi:io/poll@0.2.12" is "wasi:io/poll@0.2",
// "a:b/c@1.4.0" is "a:b/c@1". A name without a version, of a version 0.0.x or
// of a pre-release stays as it is.
//
// Explainer.md, "Canonical Interface Name".
func track(name string) string {
	base, version, ok := strings.Cut(name, "@")
	if !ok || strings.Contains(version, "-") {
		return name
	}
	version, _, _ = strings.Cut(version, "+")
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	switch {
	case major != "0":
		return base + "@" + major
	case minor != "0" && minor != "":
		return base + "@0." + minor
	}
	return name
}

// sameTrack reports whether asked, such as "wasi:cli/run@0.2" or
// "wasi:cli/run@0.2.0", names the interface called name up to compatible versions.
func sameTrack(name, asked string) bool {
	t := track(name)
	return t != name && t == track(asked) || t == asked
}

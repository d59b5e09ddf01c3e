// Package wast runs scripts of the WebAssembly specification's test language on
// components.
//
//	script, err := wast.Parse(src)
//	report := wast.Run(ctx, script, wast.Options{Host: host, Texts: texts})
//
// A script is a list of directives: components to load, and assertions about
// them. It is parsed in two steps: s-expressions with their offsets ([ReadAll]),
// then directives ([Parse]). The package does not read component text itself:
// that is turned into binaries outside and comes in as [Options.Texts].
//
// It is a tool for tests. Scripts are trusted, but a malformed one is an error
// and not a panic.
package wast

//go:build !wasmtime

package cli

// buildEngines is the engines that only some builds have: none.
func buildEngines() []engineKind { return nil }

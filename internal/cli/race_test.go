//go:build race

package cli_test

// seedPlugin is the example's plugin in C: that in Go is ten times as large, and
// compiling it takes minutes under the race detector.
const seedPlugin = "../../guests/sync-c/plugin.wasm"

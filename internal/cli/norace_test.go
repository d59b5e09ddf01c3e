//go:build !race

package cli_test

// seedPlugin is the example's plugin.
const seedPlugin = "../../examples/seed-data/seed-plugin.wasm"

//go:build !wasmtime

package cli_test

const engineName = "wazero"

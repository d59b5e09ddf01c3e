//go:build wasmtime

package cli_test

const engineName = "wasmtime"

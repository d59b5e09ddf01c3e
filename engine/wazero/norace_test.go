//go:build !race

package wazero_test

// raced says that the race detector is on.
const raced = false

//go:build !race

package icpsync_test

// raced says that the race detector is on.
const raced = false

//go:build race

package icpsync_test

// raced says that the race detector is on: what runs on one goroutine and takes
// minutes under it is left out.
const raced = true

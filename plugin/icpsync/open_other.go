//go:build !unix

package icpsync

const nonBlocking = 0

//go:build !amd64 && !arm64

package wazero

// returnAddresses returns nothing: wazero has no compiler for this processor.
func (s *machineStack) returnAddresses(int) []uint64 { return nil }

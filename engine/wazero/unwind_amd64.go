package wazero

// returnAddresses returns where the calls on the stack return to, innermost first.
// On amd64 each frame begins with the address of the caller's frame, then its
// return address.
func (s *machineStack) returnAddresses(most int) []uint64 {
	out := []uint64{s.returnsTo}
	for frame := s.fp; len(out) < most; {
		caller, ok := s.word(frame)
		address, okAddress := s.word(frame + 8)
		if !ok || !okAddress {
			break
		}
		out = append(out, address)
		if caller <= frame {
			break
		}
		frame = caller
	}
	return out
}

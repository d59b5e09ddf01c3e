package wazero

// returnAddresses returns where the calls on the stack return to, innermost first.
// On arm64 a frame begins with its size and a word of padding, and after so many
// bytes more come the return address and the size of the values passed.
func (s *machineStack) returnAddresses(most int) []uint64 {
	out := []uint64{s.returnsTo}
	for frame := s.sp; len(out) < most; {
		size, ok := s.word(frame)
		if !ok || size > uint64(len(s.bytes)) {
			break
		}
		frame += size + 16
		address, okAddress := s.word(frame)
		passed, okPassed := s.word(frame + 8)
		if !okAddress || !okPassed || passed > uint64(len(s.bytes)) {
			break
		}
		out = append(out, address)
		frame += passed + 16
	}
	return out
}

package diff

// Seed is where a program comes from.
type Seed struct {
	Number uint64

	// Twist changes choices: byte i, if it is not zero, makes the i-th node of the
	// program another one. It lets a fuzzer change a program in one place.
	Twist []byte

	// Cut leaves out the nodes that it maps to true, by the numbers in
	// Program.Nodes; what is not cut stays as it was. Shrink fills it.
	Cut map[uint64]bool

	// Avoid is the known faults that the program steps around. It changes nothing
	// else: a disagreement that is gone with it is of that fault.
	Avoid Known
}

// Known is a set of faults of wazero's compiler that are known. See RATIONALE.md.
type Known uint

const (
	// Remainder: on arm64, a remainder that is computed while more integers are
	// live than there are registers is that of a division whose quotient is
	// whatever was on the stack. It is wazero issue 2516: chrono's minutes are the
	// remainder of a division by 60. The program subtracts a product instead.
	Remainder Known = 1 << iota

	// MaskedOrder: a branch on "0 < x & m", or any other comparison by order with
	// the constant zero on the left, goes as if the operands were swapped; on arm64
	// one without sign also goes wrong with the zero on the right. The program
	// puts an instruction between the comparison and the branch.
	MaskedOrder
)

// source is a stream of choices for one node of the program. A node's stream depends
// on the way to it alone, so that a change in one leaves the others as they are.
type source struct{ state uint64 }

const golden = 0x9e3779b97f4a7c15

func (s *source) next() uint64 {
	s.state += golden
	return mix(s.state)
}

// mix is the finishing step of the splitmix64 generator.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (s *source) intn(n int) int { return int(s.next() % uint64(n)) }

// oneIn is true once in n.
func (s *source) oneIn(n int) bool { return s.intn(n) == 0 }

func pick[T any](s *source, list []T) T { return list[s.intn(len(list))] }

// node is the source of a part of s's node.
func (b *builder) node(s *source) *source {
	state := s.next()
	if b.count < len(b.seed.Twist) {
		state += mix(uint64(b.seed.Twist[b.count])) // mix(0) is 0
	}
	b.count++
	b.nodes = append(b.nodes, state)
	return &source{state}
}

func (b *builder) isCut(s *source) bool { return b.seed.Cut[s.state] }

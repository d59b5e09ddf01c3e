package diff

import "maps"

// Shrink leaves out as many parts of a program as it can while fails holds, and
// returns the seed of what is left. fails must hold for the seed itself.
func Shrink(seed Seed, fails func(Seed) bool) Seed {
	for {
		smaller, ok := shrinkOnce(seed, fails)
		if !ok {
			return seed
		}
		seed = smaller
	}
}

// shrinkOnce tries to leave out each part once.
func shrinkOnce(seed Seed, fails func(Seed) bool) (Seed, bool) {
	shrunk := false
	for _, n := range Generate(seed).Nodes {
		if seed.Cut[n] {
			continue
		}
		try := seed
		try.Cut = maps.Clone(seed.Cut)
		if try.Cut == nil {
			try.Cut = map[uint64]bool{}
		}
		try.Cut[n] = true
		if fails(try) {
			seed, shrunk = try, true
		}
	}
	return seed, shrunk
}

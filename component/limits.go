package component

// Limits bound what a component may cost the host beside what InstanceConfig
// bounds. The zero value of a field stands for the default it names.
type Limits struct {
	// MaxComponentBytes is the most bytes a component may have. 0: 256 MiB.
	MaxComponentBytes int

	// MaxLiftBytes is the most host memory, in bytes, that the values of one call
	// across the boundary may take when they are lifted out of guest memory. A
	// guest can name one megabyte of its memory a million times in one list;
	// this is the bound. 0: 128 MiB.
	MaxLiftBytes int

	// MaxHandles is the most resource handles one component instance may hold.
	// 0: 1,048,576.
	MaxHandles int

	// MaxComponentInstances is the most component instances one component may
	// consist of, all nesting counted. 0: 1,000.
	MaxComponentInstances int

	// MaxCoreInstances is the most core instances one component may consist of,
	// all nesting counted. 0: 10,000.
	MaxCoreInstances int

	// MaxCallDepth is the most calls between component instances that may be
	// nested. 0: 200.
	MaxCallDepth int

	// MaxTypeDepth is how deep value types may nest. 0: 100.
	MaxTypeDepth int

	// MaxTypeSize is the most parts all types of a component may have together.
	// 0: 1,000,000.
	MaxTypeSize int

	// MaxDecodeNesting is how deep components and component types may nest.
	// 0: 100.
	MaxDecodeNesting int
}

// withDefaults returns l with the stated default in each zero field.
func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		p   *int
		def int
	}{
		{&l.MaxComponentBytes, 256 << 20},
		{&l.MaxLiftBytes, 128 << 20},
		{&l.MaxHandles, 1 << 20},
		{&l.MaxComponentInstances, 1000},
		{&l.MaxCoreInstances, 10_000},
		{&l.MaxCallDepth, 200},
		{&l.MaxTypeDepth, 100},
		{&l.MaxTypeSize, 1_000_000},
		{&l.MaxDecodeNesting, 100},
	} {
		if *f.p == 0 {
			*f.p = f.def
		}
	}
	return l
}

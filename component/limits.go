package component

import (
	"cmp"
	"errors"
)

// Limits bound what a component may cost the host beside what InstanceConfig
// bounds. The zero value of a field stands for the default it names.
//
// Each is refused with a *LimitError that names the field: by Runtime.Compile for
// what a component is, in a *Trap of kind TrapLimit for what it does.
type Limits struct {
	// MaxComponentBytes is the most bytes a component may have. 0: 256 MiB.
	MaxComponentBytes int

	// MaxDecodeNesting is how deep components and component types may nest.
	// 0: 100.
	MaxDecodeNesting int

	// MaxDefinitions is the most definitions, declarators, fields, arguments and
	// the like a component may have, all nesting counted: what decoding it takes.
	// 0: 1,000,000.
	MaxDefinitions int

	// MaxTypeDepth is how deep value types may nest. 0: 100.
	MaxTypeDepth int

	// MaxTypeSize is the most parts one type may have when it is written out, a
	// part that is shared counted as often as it is used. 0: 1,000,000.
	MaxTypeSize int

	// MaxTypes is the most different types a component may define. 0: 1,000,000.
	MaxTypes int

	// MaxElaborationSteps is the most work that validating a component and
	// planning its instantiation may be: what MaxDefinitions counts, each as often
	// as it is instantiated. Large components of today need 3,000. 0: 200,000.
	MaxElaborationSteps int

	// MaxInstantiations is how often components may be instantiated within one,
	// those counted that only validation makes. 0: 10,000.
	MaxInstantiations int

	// MaxInstanceNesting is how deep instances may be within instances, and
	// instantiations lead to one another. 0: 100.
	MaxInstanceNesting int

	// MaxComponentInstances is the most component instances one component may
	// consist of, all nesting counted. 0: 1,000.
	MaxComponentInstances int

	// MaxCoreInstances is the most core instances one component may consist of,
	// all nesting counted. 0: 10,000.
	MaxCoreInstances int

	// MaxCoreEntries is the most imports, globals, tables, memories and elements
	// of segments that the core instances of one instance may have together.
	// 0: 2,000,000.
	MaxCoreEntries int

	// MaxTotalMemoryBytes is the most linear memory, in bytes, that all instances
	// of a Runtime may have together; InstanceConfig.MaxMemoryBytes is for each of
	// them. 0: 16 GiB.
	MaxTotalMemoryBytes uint64

	// MaxLiftBytes is the most host memory, in bytes, that the values of one call
	// across the boundary may take when they are lifted out of guest memory. A
	// guest can name one megabyte of its memory a million times in one list;
	// this is the bound. 0: 128 MiB.
	MaxLiftBytes int

	// MaxHandles is the most resource handles that the component instances of one
	// instance may hold together. 0: 1,048,576.
	MaxHandles int

	// MaxCallDepth is the most calls between component instances that may be
	// nested. 0: 200.
	MaxCallDepth int
}

// WithDefaults returns l with the stated default in each zero field: what a Runtime
// made with l goes by.
func (l Limits) WithDefaults() Limits {
	return Limits{
		MaxComponentBytes:     cmp.Or(l.MaxComponentBytes, 256<<20),
		MaxDecodeNesting:      cmp.Or(l.MaxDecodeNesting, 100),
		MaxDefinitions:        cmp.Or(l.MaxDefinitions, 1_000_000),
		MaxTypeDepth:          cmp.Or(l.MaxTypeDepth, 100),
		MaxTypeSize:           cmp.Or(l.MaxTypeSize, 1_000_000),
		MaxTypes:              cmp.Or(l.MaxTypes, 1_000_000),
		MaxElaborationSteps:   cmp.Or(l.MaxElaborationSteps, 200_000),
		MaxInstantiations:     cmp.Or(l.MaxInstantiations, 10_000),
		MaxInstanceNesting:    cmp.Or(l.MaxInstanceNesting, 100),
		MaxComponentInstances: cmp.Or(l.MaxComponentInstances, 1000),
		MaxCoreInstances:      cmp.Or(l.MaxCoreInstances, 10_000),
		MaxCoreEntries:        cmp.Or(l.MaxCoreEntries, 2_000_000),
		MaxTotalMemoryBytes:   cmp.Or(l.MaxTotalMemoryBytes, 16<<30),
		MaxLiftBytes:          cmp.Or(l.MaxLiftBytes, 128<<20),
		MaxHandles:            cmp.Or(l.MaxHandles, 1<<20),
		MaxCallDepth:          cmp.Or(l.MaxCallDepth, 200),
	}
}

// maxNesting is the most that a limit of nesting may be: each level takes some of
// the stack of the host, and a Go program that is out of stack ends.
const maxNesting = 10_000

var (
	errNegativeLimit = errors.New("component limits: a limit is negative")
	errNestingLimit  = errors.New("component limits: a limit of nesting or depth is above 10,000")
)

func (l Limits) check() error {
	if min(l.MaxComponentBytes, l.MaxDecodeNesting, l.MaxDefinitions, l.MaxTypeDepth, l.MaxTypeSize, l.MaxTypes,
		l.MaxElaborationSteps, l.MaxInstantiations, l.MaxInstanceNesting, l.MaxComponentInstances, l.MaxCoreInstances,
		l.MaxCoreEntries, l.MaxLiftBytes, l.MaxHandles, l.MaxCallDepth) < 0 {
		return errNegativeLimit
	}
	if max(l.MaxDecodeNesting, l.MaxTypeDepth, l.MaxInstanceNesting, l.MaxCallDepth) > maxNesting {
		return errNestingLimit
	}
	return nil
}

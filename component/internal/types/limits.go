package types

import "fmt"

// MaxValueSize bounds the bytes a value takes in memory, with 64-bit pointers:
// a type of this size or more is not valid.
//
// CanonicalABI.md, "Element Size".
const MaxValueSize = 1 << 28

// MaxFlags is the most labels a flags type may have.
const MaxFlags = 32

// Limits bound the types an Interner makes. A zero field is the default.
type Limits struct {
	// MaxDepth is how many types may be nested in one another; 100 if 0.
	MaxDepth int
	// MaxNodes is how many types a type may consist of when written out as a
	// tree; 1,000,000 if 0. Shared parts count each time they are used, because
	// printing, binding and converting a value visit them each time.
	MaxNodes uint64
	// MaxTypes is how many different types and functions an Interner holds;
	// 1,000,000 if 0.
	MaxTypes int
}

func (l Limits) withDefaults() Limits {
	if l.MaxDepth == 0 {
		l.MaxDepth = 100
	}
	if l.MaxNodes == 0 {
		l.MaxNodes = 1_000_000
	}
	if l.MaxTypes == 0 {
		l.MaxTypes = 1_000_000
	}
	return l
}

// LimitError says that something is larger than we accept, though the
// specification may allow it.
type LimitError struct {
	What  string // what was counted, such as "nesting of types"
	Limit uint64
	Want  uint64 // what was counted when counting ended: more may have been to come
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s is over the limit of %d", e.What, e.Limit)
}

// What a LimitError can be about.
const (
	TypeDepth = "nesting of types"
	TypeSize  = "size of a type"
	TypeCount = "number of types"
)

func (in *Interner) checkLimits(t *Type) error {
	l := &t.layout
	if l.size >= MaxValueSize || l.size64 >= MaxValueSize {
		return fmt.Errorf("a %s of %d bytes is over the maximum size of a value, %d bytes", t.Kind, max(l.size, l.size64), MaxValueSize-1)
	}
	if l.depth > in.limits.MaxDepth {
		return &LimitError{What: TypeDepth, Limit: uint64(in.limits.MaxDepth), Want: uint64(l.depth)}
	}
	if l.nodes > in.limits.MaxNodes {
		return &LimitError{What: TypeSize, Limit: in.limits.MaxNodes, Want: l.nodes}
	}
	return in.countType()
}

func (in *Interner) countType() error {
	if in.count++; in.count > in.limits.MaxTypes {
		return &LimitError{What: TypeCount, Limit: uint64(in.limits.MaxTypes), Want: uint64(in.count)}
	}
	return nil
}

package cabi

// Rep is what a handle stands for: a number the defining guest chose, or a Go
// value of the host.
type Rep struct {
	N uint32
	V any
}

// Resource is a resource type of a running program. Two handles are of one type
// exactly when their *Resource are equal.
type Resource struct {
	Name  string
	Owner *Instance // the component instance that defines it, nil for the host

	// Drop destroys what an own handle stands for. nil does nothing.
	Drop func(Rep) error
	// Host is for the package that runs the program.
	Host any
}

// Table is the handles of a component instance. An index names an entry until it is
// removed; the index removed last is given out first. The zero Table is empty and
// has no room.
//
// CanonicalABI.md, "Table State".
type Table struct {
	room *room

	entries []entry // the index in the guest is one more
	free    []uint32
}

// room is how many entries all tables of a program may have together. An entry that
// is free still takes its place.
type room struct{ used, max int }

func (r *room) take() error {
	if r == nil {
		r = &room{}
	}
	if r.used >= r.max {
		return &Trap{
			Kind: OverLimit, Limit: "MaxHandles", Max: uint64(r.max), Want: uint64(r.used) + 1,
			Message: "too many resource handles",
		}
	}
	r.used++
	return nil
}

type entry struct {
	res   *Resource // nil: free
	rep   Rep
	scope *Context // of a borrow: the call that made it
	lends int      // calls under way that borrow this handle
	own   bool
}

// Len returns how many handles there are.
func (t *Table) Len() int { return len(t.entries) - len(t.free) }

func (t *Table) add(e entry) (uint32, error) {
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		t.entries[i-1] = e
		return i, nil
	}
	if err := t.room.take(); err != nil {
		return 0, err
	}
	t.entries = append(t.entries, e)
	return uint32(len(t.entries)), nil
}

// get returns the entry of handle i, which must be of type r.
func (t *Table) get(i uint32, r *Resource) (*entry, error) {
	if i == 0 || uint64(i) > uint64(len(t.entries)) || t.entries[i-1].res == nil {
		return nil, badHandle("unknown handle index %d", i)
	}
	e := &t.entries[i-1]
	if e.res != r {
		return nil, badHandle("handle index %d used with the wrong type: it is a %s, not a %s", i, e.res.Name, r.Name)
	}
	return e, nil
}

// remove frees handle i, which nobody may be borrowing, and returns what it was.
func (t *Table) remove(i uint32, r *Resource) (entry, error) {
	e, err := t.get(i, r)
	if err != nil {
		return entry{}, err
	}
	if e.lends != 0 {
		return entry{}, badHandle("cannot remove handle %d (%s) while it is borrowed", i, r.Name)
	}
	old := *e
	*e = entry{}
	t.free = append(t.free, i)
	return old, nil
}

// Drain empties the table and calls f for each own handle, in order of index. It
// is for the end of an instance.
func (t *Table) Drain(f func(*Resource, Rep)) {
	entries := t.entries
	t.entries, t.free = nil, nil
	for _, e := range entries {
		if e.res != nil && e.own {
			f(e.res, e.rep)
		}
	}
}

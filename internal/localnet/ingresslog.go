package localnet

import (
	"iter"

	"github.com/berth-cli/berth/internal/ic/cert"
)

// The most calls of users that are remembered, and the most bytes of their answers.
const (
	maxIngress      = 100_000
	maxIngressBytes = 512 << 20
)

// ingressLog is what is known of users' calls. It is kept in parts by the first
// bits of the request id, so that a new call costs the hashing of one part and not
// of all.
type ingressLog struct {
	parts [64]ingressPart
	count int
	bytes int // of answers
}

type ingressPart struct {
	entries map[[32]byte]*ingressEntry
	tree    *cert.Tree // nil when changed
}

func (l *ingressLog) part(id [32]byte) *ingressPart { return &l.parts[id[0]>>2] }

func (l *ingressLog) get(id [32]byte) *ingressEntry { return l.part(id).entries[id] }

// put adds or replaces an entry.
func (l *ingressLog) put(e *ingressEntry) {
	l.remove(e.ID)
	p := l.part(e.ID)
	if p.entries == nil {
		p.entries = make(map[[32]byte]*ingressEntry)
	}
	p.entries[e.ID] = e
	l.count++
	l.bytes += e.size()
}

func (l *ingressLog) remove(id [32]byte) {
	p := l.part(id)
	e := p.entries[id]
	if e == nil {
		return
	}
	l.count--
	l.bytes -= e.size()
	delete(p.entries, id)
	p.tree = nil
}

func (e *ingressEntry) size() int {
	if e.Response == nil {
		return 0
	}
	return len(e.Response.Data)
}

// update changes an entry's status.
func (l *ingressLog) update(e *ingressEntry, s ingressStatus, r *response) {
	l.bytes -= e.size()
	e.Status, e.Response, e.tree = s, r, nil
	l.bytes += e.size()
	l.part(e.ID).tree = nil
}

// all yields the entries in no order. Entries may be removed meanwhile.
func (l *ingressLog) all() iter.Seq[*ingressEntry] {
	return func(yield func(*ingressEntry) bool) {
		for i := range l.parts {
			for _, e := range l.parts[i].entries {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// full reports whether no more calls can be remembered.
func (l *ingressLog) full() bool { return l.count >= maxIngress || l.bytes >= maxIngressBytes }

// tree is the subtree /request_status. The parts are in the order of their labels,
// so a fork of them is well-formed.
func (l *ingressLog) tree() *cert.Tree {
	var trees []*cert.Tree
	for i := range l.parts {
		p := &l.parts[i]
		if len(p.entries) == 0 {
			continue
		}
		if p.tree == nil {
			p.tree = p.build()
		}
		trees = append(trees, p.tree)
	}
	return join(trees)
}

func (p *ingressPart) build() *cert.Tree {
	children := make(map[string]*cert.Tree, len(p.entries))
	for id, e := range p.entries {
		if e.tree == nil {
			e.tree = e.certifiedTree()
		}
		children[string(id[:])] = e.tree
	}
	return cert.Map(children)
}

// join makes one tree of trees in order.
func join(trees []*cert.Tree) *cert.Tree {
	switch len(trees) {
	case 0:
		return cert.Empty()
	case 1:
		return trees[0]
	}
	half := len(trees) / 2
	return cert.Fork(join(trees[:half]), join(trees[half:]))
}

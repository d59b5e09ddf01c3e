package localnet

import (
	"maps"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// networkRecord is what belongs to no canister.
type networkRecord struct {
	Seed []byte
	globalData
	Contexts []*callContext
	Pending  []*pendingCall
	Queue    []*message
}

// pagesRecord is some pages of one canister's heap or stable memory.
type pagesRecord struct {
	ID    pid
	Pages []pageData
}

type pageData struct {
	_    struct{} `cbor:",toarray"`
	N    uint64
	Data []byte
}

// voidRecord says that what was saved of a canister's memories before is void.
type voidRecord struct {
	ID                   pid
	Heap, Stable, Chunks bool
}

type chunkRecord struct {
	ID   pid
	Data []byte
}

// pagesPerRecord keeps records to about a megabyte.
const pagesPerRecord = 256

// saver writes one group.
type saver struct {
	n    *Network
	j    *journalWriter
	enc  cbor.EncMode
	full bool // everything, not only what changed
}

func newSaver(n *Network, j *journalWriter, full bool) (*saver, error) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	return &saver{n: n, j: j, enc: enc, full: full}, err
}

func (s *saver) put(kind recordKind, v any) {
	b, err := s.enc.Marshal(v)
	if err != nil {
		s.j.err = cmpErr(s.j.err, err)
		return
	}
	s.j.record(kind, b)
}

// group writes what is to be saved, and the commit record.
func (s *saver) group() error {
	s.put(recNetwork, s.n.networkRecord())
	for _, id := range s.n.deleted {
		s.j.record(recDelete, id.Bytes())
	}
	for _, id := range s.n.canisterIDs() {
		s.canister(s.n.canisters[id])
	}
	s.ingress()
	s.j.record(recCommit, nil)
	return s.j.flush()
}

func (s *saver) ingress() {
	if s.full {
		for e := range s.n.ingress.all() {
			s.put(recIngress, e)
		}
		return
	}
	for id := range s.n.changed {
		if e := s.n.ingress.get(id); e != nil {
			s.put(recIngress, e)
		}
	}
}

func (n *Network) networkRecord() networkRecord {
	r := networkRecord{Seed: n.keys.seed[:], globalData: n.globalData, Queue: n.queue.list}
	if r.Queue == nil {
		r.Queue = []*message{} // what popping leaves
	}
	for _, id := range sortedKeys(n.contexts) {
		r.Contexts = append(r.Contexts, n.contexts[id])
	}
	for _, id := range sortedKeys(n.pending) {
		r.Pending = append(r.Pending, n.pending[id])
	}
	return r
}

func (s *saver) canister(c *canister) {
	if !s.full && !c.dirty {
		return
	}
	if m := c.module; m != nil && (s.full || !m.saved) {
		s.j.record(recModule, m.uploaded)
	}
	if c.void != (voidRecord{}) && !s.full {
		c.void.ID = c.ID
		s.put(recVoid, c.void)
	}
	s.put(recCanister, c.canisterData)
	s.pages(recHeap, c.ID, s.heapPages(c), func(p uint64) []byte { return c.heap[p*pageBytes:][:pageBytes] })
	s.pages(recStable, c.ID, s.stablePages(c), func(p uint64) []byte { return c.stable.pages[p] })
	for hash, data := range c.chunks {
		if s.full || c.newChunks[hash] {
			s.put(recChunk, chunkRecord{c.ID, data})
		}
	}
}

func (s *saver) heapPages(c *canister) []uint64 {
	if !s.full {
		return slices.Sorted(maps.Keys(c.dirtyHeap))
	}
	var out []uint64
	for p := range uint64(len(c.heap)) / pageBytes {
		if !isZero(c.heap[p*pageBytes:][:pageBytes]) {
			out = append(out, p)
		}
	}
	return out
}

func (s *saver) stablePages(c *canister) []uint64 {
	if s.full {
		return sortedKeys(c.stable.pages)
	}
	return slices.Sorted(maps.Keys(c.stable.dirty))
}

func (s *saver) pages(kind recordKind, id pid, numbers []uint64, page func(uint64) []byte) {
	for batch := range slices.Chunk(numbers, pagesPerRecord) {
		r := pagesRecord{ID: id}
		for _, p := range batch {
			r.Pages = append(r.Pages, pageData{N: p, Data: page(p)})
		}
		s.put(kind, r)
	}
}

// clean forgets what was to be saved, after it was.
func (n *Network) clean() {
	for _, c := range n.canisters {
		c.dirty, c.void = false, voidRecord{}
		clear(c.dirtyHeap)
		clear(c.stable.dirty)
		clear(c.newChunks)
		if c.module != nil {
			c.module.saved = true
		}
	}
	clear(n.changed)
	n.deleted, n.mutated, n.diskErr = nil, false, nil
}

// save writes what changed to disk and wakes the clients it answers. It does
// nothing if nothing changed.
func (n *Network) save() error {
	if n.interrupted {
		return ErrClosed
	}
	if !n.mutated {
		return nil
	}
	if n.disk != nil {
		if err := n.disk.append(n); err != nil {
			n.diskErr = err
			n.setHealth(err.Error())
			n.wakeWaiters()
			return err
		}
	}
	n.clean()
	n.setHealth("")
	n.wakeWaiters()
	return nil
}

// setHealth says what is wrong with the network, "" for nothing.
func (n *Network) setHealth(problem string) {
	if old := n.health.Load(); old == nil || *old != problem {
		n.health.Store(&problem)
		n.cfg.Log.Debug("network health", "problem", problem)
	}
}

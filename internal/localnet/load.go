package localnet

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/fxamacker/cbor/v2"
)

// loader builds the state from records. A group is collected whole before any of
// it counts.
type loader struct {
	n       *Network
	dec     cbor.DecMode
	seed    []byte
	heaps   map[pid]map[uint64][]byte
	modules map[[32]byte][]byte
}

func newLoader(n *Network) (*loader, error) {
	dec, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 16, MaxArrayElements: 1 << 20,
		DefaultMapType: reflect.TypeFor[map[string]any](),
	}.DecMode()
	return &loader{n: n, dec: dec, heaps: make(map[pid]map[uint64][]byte), modules: make(map[[32]byte][]byte)}, err
}

// load reads whole groups and returns where the last one ends. What follows is
// torn and may be cut off.
func (l *loader) load(j *journalReader) (end int64, groups int, err error) {
	if err := j.header(); err != nil {
		return 0, 0, err
	}
	type rec struct {
		kind    recordKind
		payload []byte
		pos     int64
	}
	var group []rec
	end = j.pos
	for {
		pos := j.pos
		kind, payload, err := j.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errTorn) {
			return end, groups, nil
		}
		if err != nil {
			return end, groups, fmt.Errorf("offset 0x%x: %w", pos, err)
		}
		if kind != recCommit {
			group = append(group, rec{kind, payload, pos})
			continue
		}
		for _, r := range group {
			if err := l.apply(r.kind, r.payload); err != nil {
				return end, groups, fmt.Errorf("record at offset 0x%x: %w", r.pos, err)
			}
		}
		group, end = group[:0], j.pos
		groups++
	}
}

func (l *loader) apply(kind recordKind, b []byte) error {
	switch kind {
	case recNetwork:
		return l.network(b)
	case recModule:
		return l.module(b)
	case recCanister:
		return l.canister(b)
	case recDelete:
		return l.drop(b)
	case recVoid:
		return l.void(b)
	case recHeap, recStable:
		return l.pages(kind, b)
	case recChunk:
		return l.chunk(b)
	case recIngress:
		var e ingressEntry
		if err := l.dec.Unmarshal(b, &e); err != nil {
			return err
		}
		if e.Status < received || e.Status > finished || e.Status == finished && e.Response == nil {
			return errors.New("a call's status makes no sense")
		}
		l.n.ingress.put(&e)
		return nil
	}
	return fmt.Errorf("unknown kind %d", kind)
}

func (l *loader) network(b []byte) error {
	var r networkRecord
	if err := l.dec.Unmarshal(b, &r); err != nil {
		return err
	}
	n := l.n
	l.seed, n.globalData, n.queue = r.Seed, r.globalData, messageQueue{}
	clear(n.contexts)
	clear(n.pending)
	for _, c := range r.Contexts {
		if c == nil {
			return errors.New("a call context is null")
		}
		n.contexts[c.ID] = c
	}
	for _, p := range r.Pending {
		if p == nil {
			return errors.New("a pending call is null")
		}
		n.pending[p.ID] = p
	}
	for _, m := range r.Queue {
		if m == nil || m.Kind == responseMessage && m.Response == nil {
			return errors.New("a message is null")
		}
		n.queue.push(m)
	}
	return nil
}

func (l *loader) module(b []byte) error {
	m, rej := l.n.loadModule(b)
	if rej != nil {
		return errors.New(rej.Message)
	}
	m.saved = true
	l.n.modules[m.hash] = m
	return nil
}

func (l *loader) canister(b []byte) error {
	var d canisterData
	if err := l.dec.Unmarshal(b, &d); err != nil {
		return err
	}
	c := l.n.canisters[d.ID]
	if c == nil {
		c = newCanister(d.ID)
		l.n.canisters[d.ID] = c
		l.heaps[d.ID] = make(map[uint64][]byte)
	}
	c.canisterData = d
	c.dirty = false
	c.stable.size, c.stable.undoSize = d.StablePages, d.StablePages
	c.module = nil
	if d.HeapBytes > l.n.cfg.MaxHeapBytes || d.HeapBytes%wasmPage != 0 || d.StablePages > maxStablePages {
		return fmt.Errorf("canister %v: heap of %d bytes, %d pages of stable memory", d.ID, d.HeapBytes, d.StablePages)
	}
	if d.ModuleHash == nil {
		return nil
	}
	if len(d.ModuleHash) != 32 || l.n.modules[[32]byte(d.ModuleHash)] == nil {
		return fmt.Errorf("canister %v: its module %x is missing", d.ID, d.ModuleHash)
	}
	c.module = l.n.modules[[32]byte(d.ModuleHash)]
	if len(d.Globals) != len(c.module.prepared.Globals) {
		return fmt.Errorf("canister %v: %d globals, its module has %d", d.ID, len(d.Globals), len(c.module.prepared.Globals))
	}
	return nil
}

func (l *loader) drop(b []byte) error {
	p, err := principal.FromBytes(b)
	delete(l.n.canisters, pid{p})
	delete(l.heaps, pid{p})
	return err
}

func (l *loader) void(b []byte) error {
	var r voidRecord
	if err := l.dec.Unmarshal(b, &r); err != nil {
		return err
	}
	c := l.n.canisters[r.ID]
	if c == nil {
		return nil // made and changed before the first save
	}
	if r.Heap {
		l.heaps[r.ID] = make(map[uint64][]byte)
	}
	if r.Stable {
		c.stable = newStableMemory()
	}
	if r.Chunks {
		clear(c.chunks)
	}
	return nil
}

func (l *loader) chunk(b []byte) error {
	var r chunkRecord
	if err := l.dec.Unmarshal(b, &r); err != nil {
		return err
	}
	c := l.n.canisters[r.ID]
	if c == nil || len(r.Data) > maxChunk {
		return fmt.Errorf("chunk of %d bytes of canister %v", len(r.Data), r.ID)
	}
	c.chunks[sha256.Sum256(r.Data)] = r.Data
	return nil
}

func (l *loader) pages(kind recordKind, b []byte) error {
	var r pagesRecord
	if err := l.dec.Unmarshal(b, &r); err != nil {
		return err
	}
	c := l.n.canisters[r.ID]
	if c == nil {
		return fmt.Errorf("pages of canister %v, which is missing", r.ID)
	}
	into, limit := l.heaps[r.ID], c.HeapBytes
	if kind == recStable {
		into, limit = c.stable.pages, c.stable.bytes()
	}
	for _, p := range r.Pages {
		if len(p.Data) != pageBytes || p.N >= limit/pageBytes {
			return fmt.Errorf("page %d of %d bytes of canister %v", p.N, len(p.Data), r.ID)
		}
		into[p.N] = p.Data
	}
	return nil
}

// finish makes heaps of pages and keys of the seed.
func (l *loader) finish() error {
	if len(l.seed) != seedBytes {
		return fmt.Errorf("seed of %d bytes", len(l.seed))
	}
	var err error
	if l.n.keys, err = newKeys([seedBytes]byte(l.seed)); err != nil {
		return err
	}
	for id, pages := range l.heaps {
		c := l.n.canisters[id]
		c.heap = make([]byte, c.HeapBytes)
		for p, data := range pages {
			if p < c.HeapBytes/pageBytes {
				copy(c.heap[p*pageBytes:], data)
			}
		}
	}
	l.n.sweepModules()
	return nil
}

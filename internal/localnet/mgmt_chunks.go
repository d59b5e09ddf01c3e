package localnet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// The limits of chunk stores.
const (
	maxChunk  = 1 << 20
	maxChunks = 100
)

type chunkHash struct {
	Hash []byte `candid:"hash"`
}

// chunkStore finds a canister whose chunks the caller may use: a controller's or
// its own.
func (n *Network) chunkStore(id, caller pid) (*canister, *reject) {
	if c := n.canisters[id]; c != nil && caller == id {
		return c, nil
	}
	return n.managed(id, caller, controllersOnly)
}

func (n *Network) uploadChunk(m *message) outcome {
	arg := struct {
		ID    principal.Principal `candid:"canister_id"`
		Chunk []byte              `candid:"chunk"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c, rej := n.chunkStore(pid{arg.ID}, m.From)
	if rej != nil {
		return failed(rej)
	}
	if len(arg.Chunk) > maxChunk {
		return failed(rejectf(canisterError, "IC0406", "The chunk has %d bytes: at most %d are allowed", len(arg.Chunk), maxChunk))
	}
	hash := sha256.Sum256(arg.Chunk)
	if c.chunks[hash] == nil {
		if len(c.chunks) >= maxChunks {
			return failed(rejectf(canisterError, "IC0406", "The chunk store of canister %v has %d chunks, which is all it can hold", c.ID, maxChunks))
		}
		c.chunks[hash] = orEmpty(arg.Chunk)
		c.newChunks[hash] = true
		c.dirty = true
	}
	return outcome{reply: chunkHash{hash[:]}}
}

func (n *Network) clearChunkStore(m *message) outcome {
	var arg canisterArg
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c, rej := n.chunkStore(pid{arg.ID}, m.From)
	if rej != nil {
		return failed(rej)
	}
	clear(c.chunks)
	clear(c.newChunks)
	c.void.Chunks, c.dirty = true, true
	return outcome{}
}

func (n *Network) storedChunks(m *message) outcome {
	var arg canisterArg
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c, rej := n.chunkStore(pid{arg.ID}, m.From)
	if rej != nil {
		return failed(rej)
	}
	list := []chunkHash{}
	for hash := range c.chunks {
		list = append(list, chunkHash{hash[:]})
	}
	slices.SortFunc(list, func(a, b chunkHash) int { return bytes.Compare(a.Hash, b.Hash) })
	return outcome{reply: list}
}

func (n *Network) installChunkedCode(ctx context.Context, m *message) outcome {
	arg := struct {
		Mode          wireMode             `candid:"mode"`
		Target        principal.Principal  `candid:"target_canister"`
		Store         *principal.Principal `candid:"store_canister"`
		Chunks        []chunkHash          `candid:"chunk_hashes_list"`
		Hash          []byte               `candid:"wasm_module_hash"`
		Arg           []byte               `candid:"arg"`
		SenderVersion *uint64              `candid:"sender_canister_version"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c, rej := n.managed(pid{arg.Target}, m.From, controllersOnly)
	if rej == nil {
		rej = m.checkSender(arg.SenderVersion)
	}
	if rej != nil {
		return failed(rej)
	}
	store := c
	if arg.Store != nil {
		if store, rej = n.chunkStore(pid{*arg.Store}, m.From); rej != nil {
			return failed(rej)
		}
	}
	wasm, rej := store.assemble(arg.Chunks, arg.Hash)
	if rej != nil {
		return failed(rej)
	}
	return failed(n.install(ctx, m, arg.Mode.installation(c, m.From, arg.Arg), wasm))
}

// assemble joins chunks to the module with the given hash.
func (c *canister) assemble(list []chunkHash, want []byte) ([]byte, *reject) {
	if len(list) > maxChunks {
		return nil, rejectf(canisterError, "IC0406", "%d chunks are given, at most %d are allowed", len(list), maxChunks)
	}
	var wasm []byte
	for _, h := range list {
		if len(h.Hash) != sha256.Size {
			return nil, rejectf(canisterError, "IC0406", "The hash of a chunk has %d bytes, not %d", len(h.Hash), sha256.Size)
		}
		chunk, ok := c.chunks[[32]byte(h.Hash)]
		if !ok {
			return nil, rejectf(canisterError, "IC0406", "Chunk %x is not in the chunk store of canister %v", h.Hash, c.ID)
		}
		wasm = append(wasm, chunk...)
	}
	if sum := sha256.Sum256(wasm); !bytes.Equal(sum[:], want) {
		return nil, rejectf(canisterError, "IC0406", "The chunks make a module with hash %x, not %x", sum, want)
	}
	return wasm, nil
}

package mgmt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

const (
	// maxMessageBytes is what one call may carry, and messageOverhead what it needs beside module and argument.
	maxMessageBytes = 2 << 20
	messageOverhead = 500
	// chunkBytes is the size of all chunks of a module but the last.
	chunkBytes = 1 << 20
)

// ErrNoMode means that an install request does not say how to install.
var ErrNoMode = errors.New("no install mode")

// ErrChunkHash means that the network stored another chunk than it was sent.
var ErrChunkHash = errors.New("hash of stored chunk differs")

// Mode is how a module replaces what a canister has. The zero value is none.
type Mode uint8

const (
	// ModeInstall fills an empty canister.
	ModeInstall Mode = iota + 1
	// ModeReinstall forgets all state first.
	ModeReinstall
	// ModeUpgrade keeps stable memory.
	ModeUpgrade
)

// Persistence is what an upgrade does with a canister's main memory, for modules that can go on with the old one.
type Persistence uint8

const (
	// PersistDefault leaves it to the network, which drops the memory, or refuses where the module expects a choice.
	PersistDefault Persistence = iota
	// PersistKeep keeps it.
	PersistKeep
	// PersistReplace drops it.
	PersistReplace
)

// InstallRequest says what to install where.
type InstallRequest struct {
	Canister principal.Principal
	Mode     Mode        // required
	Memory   Persistence // for ModeUpgrade
	Wasm     []byte      // the module, plain or gzipped
	Arg      []byte      // Candid; nil means the empty argument list
}

type wireMode struct {
	_         candid.OneOf
	Install   *candid.Null  `candid:"install"`
	Reinstall *candid.Null  `candid:"reinstall"`
	Upgrade   **wireUpgrade `candid:"upgrade"`
}

type wireUpgrade struct {
	Memory *wirePersistence `candid:"wasm_memory_persistence"`
}

type wirePersistence struct {
	_       candid.OneOf
	Keep    *candid.Null `candid:"keep"`
	Replace *candid.Null `candid:"replace"`
}

func (r InstallRequest) mode() (wireMode, error) {
	switch r.Mode {
	case ModeInstall:
		return wireMode{Install: &candid.Null{}}, nil
	case ModeReinstall:
		return wireMode{Reinstall: &candid.Null{}}, nil
	case ModeUpgrade:
		var options *wireUpgrade
		switch r.Memory {
		case PersistKeep:
			options = &wireUpgrade{Memory: &wirePersistence{Keep: &candid.Null{}}}
		case PersistReplace:
			options = &wireUpgrade{Memory: &wirePersistence{Replace: &candid.Null{}}}
		}
		return wireMode{Upgrade: &options}, nil
	}
	return wireMode{}, ErrNoMode
}

// Install installs a module: in one call if it fits, else in chunks of 1 MiB by way of the canister's chunk store,
// which is emptied before and after. It does not stop the canister.
func (m *Client) Install(ctx context.Context, r InstallRequest) error {
	if r.Arg == nil {
		r.Arg = []byte("DIDL\x00\x00")
	}
	mode, err := r.mode()
	if err == nil && len(r.Wasm)+len(r.Arg)+messageOverhead <= maxMessageBytes {
		err = m.installAtOnce(ctx, r, mode)
	} else if err == nil {
		err = m.installChunked(ctx, r, mode)
	}
	if err != nil {
		return fmt.Errorf("install code of canister %s: %w", r.Canister, err)
	}
	return nil
}

func (m *Client) installAtOnce(ctx context.Context, r InstallRequest, mode wireMode) error {
	arg := struct {
		Mode     wireMode            `candid:"mode"`
		Canister principal.Principal `candid:"canister_id"`
		Wasm     []byte              `candid:"wasm_module"`
		Arg      []byte              `candid:"arg"`
	}{mode, r.Canister, r.Wasm, r.Arg}
	return m.call(ctx, "install_code", r.Canister, arg, nil)
}

type chunkHash struct {
	Hash []byte `candid:"hash"`
}

func (m *Client) installChunked(ctx context.Context, r InstallRequest, mode wireMode) error {
	if err := m.clearChunks(ctx, r.Canister); err != nil {
		return err
	}
	hashes, err := m.uploadChunks(ctx, r.Canister, r.Wasm)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(r.Wasm)
	arg := struct {
		Mode   wireMode            `candid:"mode"`
		Target principal.Principal `candid:"target_canister"`
		Chunks []chunkHash         `candid:"chunk_hashes_list"`
		Hash   []byte              `candid:"wasm_module_hash"`
		Arg    []byte              `candid:"arg"`
	}{mode, r.Canister, hashes, hash[:], r.Arg}
	err = m.call(ctx, "install_chunked_code", r.Canister, arg, nil)
	if cleared := m.clearChunks(ctx, r.Canister); err == nil {
		err = cleared
	}
	return err
}

func (m *Client) clearChunks(ctx context.Context, canister principal.Principal) error {
	if err := m.call(ctx, "clear_chunk_store", canister, canisterArg{canister}, nil); err != nil {
		return fmt.Errorf("clear chunk store: %w", err)
	}
	return nil
}

// uploadChunks stores the module piece by piece and returns the pieces' hashes in order.
func (m *Client) uploadChunks(ctx context.Context, canister principal.Principal, wasm []byte) ([]chunkHash, error) {
	var hashes []chunkHash
	for start := 0; start < len(wasm); start += chunkBytes {
		chunk := wasm[start:min(start+chunkBytes, len(wasm))]
		arg := struct {
			Canister principal.Principal `candid:"canister_id"`
			Chunk    []byte              `candid:"chunk"`
		}{canister, chunk}
		var stored chunkHash
		err := m.call(ctx, "upload_chunk", canister, arg, &stored)
		if want := sha256.Sum256(chunk); err == nil && !bytes.Equal(stored.Hash, want[:]) {
			err = fmt.Errorf("%w: sent %x, stored %x", ErrChunkHash, want, stored.Hash)
		}
		if err != nil {
			return nil, fmt.Errorf("upload bytes %d to %d of module: %w", start, start+len(chunk), err)
		}
		hashes = append(hashes, stored)
	}
	return hashes, nil
}

package wazero

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// warm connects the authenticated cache with wazero's own, which reads and writes a
// folder and trusts it. That folder is a new one for each engine, and only verified
// entries are put there for wazero to find. What is not cached is compiled first in
// a runtime and folder of its own, so that the one file there is the module's.
//
// A payload is the length of a file name in wazero's folder (8 bytes, little
// endian), the name, and the file. wazero makes the name of what it compiles and of
// the processor's features, so it never takes one module's code for another's.
type warm struct {
	cache  *cache.Cache
	root   string // given to wazero
	dir    string // in root, which wazero made for its version
	config wazero.RuntimeConfig
	base   []string
}

// newWarm returns nil if there is no cache or no folder for it. rc is the
// configuration of the engine's runtime.
func newWarm(c Config, rc wazero.RuntimeConfig) (*warm, wazero.CompilationCache) {
	if c.Cache == nil || c.Interpreter {
		return nil, nil
	}
	root, dir, cc, err := newFolder()
	if err != nil {
		return nil, nil
	}
	return &warm{cache: c.Cache, root: root, dir: dir, config: rc, base: []string{
		"wazero", wazeroVersion(), runtime.GOOS, runtime.GOARCH,
		strconv.Itoa(rewrite.Version), strconv.FormatBool(c.UnsafeExceptions),
	}}, cc
}

// newFolder makes a folder for a cache of wazero.
func newFolder() (root, dir string, cc wazero.CompilationCache, err error) {
	if root, err = os.MkdirTemp(memoryDir, "berth-wazero-"); err != nil {
		root, err = os.MkdirTemp("", "berth-wazero-")
	}
	if err != nil {
		return "", "", nil, err
	}
	if cc, err = wazero.NewCompilationCacheWithDir(root); err == nil {
		dir, err = subfolder(root)
	}
	if err != nil {
		_ = os.RemoveAll(root)
	}
	return root, dir, cc, err
}

// memoryDir is a folder in memory where Linux has one: wazero syncs each file.
const memoryDir = "/dev/shm"

// calibrate takes the name of the one file there is, that of the probe module, into
// the key of every entry: it depends on the processor's features.
func (w *warm) calibrate() bool {
	payload, err := harvest(w.dir)
	name, _, ok := splitPayload(payload)
	if err != nil || !ok {
		return false
	}
	w.base = append(w.base, name)
	return true
}

// subfolder returns the one folder in root.
func subfolder(root string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 || !entries[0].IsDir() {
		return "", errors.New("unknown layout of wazero's cache")
	}
	return filepath.Join(root, entries[0].Name()), nil
}

func (w *warm) close() {
	if w != nil {
		_ = os.RemoveAll(w.root)
	}
}

// compile compiles rewritten bytes, of the module digest names, through the cache.
func (w *warm) compile(ctx context.Context, e *Engine, digest string, wasm []byte) (wazero.CompiledModule, error) {
	key := cache.KeyOf(append(w.base, digest)...)
	payload, ok := w.cache.Get(key)
	if !ok {
		var err error
		if payload, err = w.compileApart(ctx, e, wasm); err != nil {
			return nil, err
		}
		w.cache.Put(key, payload)
	}
	if name, ok := w.offer(payload); ok {
		defer os.Remove(filepath.Join(w.dir, name))
	}
	return e.compile(ctx, wasm)
}

// compileApart compiles wasm in a runtime of its own and returns the payload to
// keep, empty if there was a compiler but no disk to write on.
func (w *warm) compileApart(ctx context.Context, e *Engine, wasm []byte) ([]byte, error) {
	root, dir, cc, err := newFolder()
	if err != nil {
		return nil, nil
	}
	defer os.RemoveAll(root)
	r := wazero.NewRuntimeWithConfig(ctx, w.config.WithCompilationCache(cc))
	defer cc.Close(ctx)
	defer r.Close(ctx)
	_, err = compileIn(ctx, r, e.workers(), wasm)
	if _, disk := errors.AsType[*fs.PathError](err); err != nil && !disk {
		return nil, err
	}
	return harvest(dir)
}

// offer writes a payload's file for wazero to find.
func (w *warm) offer(payload []byte) (name string, ok bool) {
	name, code, ok := splitPayload(payload)
	if !ok {
		return "", false
	}
	file := filepath.Join(w.dir, name)
	if os.WriteFile(file, code, 0o600) != nil {
		_ = os.Remove(file) // half a file would be read, and refused
		return "", false
	}
	return name, true
}

func splitPayload(payload []byte) (name string, code []byte, ok bool) {
	if len(payload) < 8 {
		return "", nil, false
	}
	n := binary.LittleEndian.Uint64(payload)
	if n > uint64(len(payload)-8) {
		return "", nil, false
	}
	name = string(payload[8 : 8+n])
	return name, payload[8+n:], name != "" && name == filepath.Base(name)
}

// harvest returns the payload of the one file in dir, nothing if there is none.
func harvest(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		return nil, nil
	}
	name := entries[0].Name()
	code, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, nil
	}
	payload := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(name)+len(code)), uint64(len(name)))
	return append(append(payload, name...), code...), nil
}

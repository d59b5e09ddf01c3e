package wazero

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// codeCache connects the authenticated cache with wazero's own. wazero finds code only
// in its folder, which it trusts, and only after decoding and validating the module
// it belongs to. So a verified entry's code is put there for one moment, and what
// is decoded is not the module but its rewritten skeleton: the code is offered under
// the name wazero gives to that.
//
// What is not cached is compiled first in a runtime and folder of its own, so that
// the one file there is the module's, and then loaded like the others.
type codeCache struct {
	cache  *cache.Cache
	config wazero.RuntimeConfig
	base   []string // of the keys

	mu     sync.Mutex // of the folder
	folder *folder
	latest string // name of the file of the latest small module
}

// newCodeCache returns nil if there is no cache or no folder for it. rc is the
// configuration of the engine's runtime.
func newCodeCache(c Config, rc wazero.RuntimeConfig) (*codeCache, wazero.CompilationCache) {
	if c.Cache == nil || c.Interpreter {
		return nil, nil
	}
	f, err := newFolder()
	if err != nil {
		return nil, nil
	}
	sweep(filepath.Dir(f.root)) // it is locked by now
	return &codeCache{cache: c.Cache, config: rc, folder: f, base: []string{
		"wazero", wazeroVersion(), runtime.GOOS, runtime.GOARCH,
		strconv.Itoa(rewrite.Version), strconv.FormatBool(c.UnsafeExceptions),
	}}, f.cache
}

// calibrate takes the name of the latest small module's file, the probe's, into the
// key of every entry: it depends on the processor's features.
func (c *codeCache) calibrate() bool {
	c.base = append(c.base, c.latest)
	return c.latest != ""
}

func (c *codeCache) close() {
	if c != nil {
		c.folder.remove()
	}
}

func (c *codeCache) key(digest [sha256.Size]byte) cache.Key {
	return cache.KeyOf(append(c.base[:len(c.base):len(c.base)], string(digest[:]))...)
}

// find returns the module digest names if the cache has it.
func (c *codeCache) find(e *Engine, digest [sha256.Size]byte) (*rewrite.Module, wazero.CompiledModule) {
	kept, ok := c.cache.Find(c.key(digest))
	if !ok {
		return nil, nil
	}
	defer kept.Close()
	head, err := readHead(kept)
	if err != nil {
		return nil, nil
	}
	rw, err := rewrite.LoadSkeleton(head.skeleton, digest, e.rewriteOptions())
	if err != nil {
		return nil, nil
	}
	code, err := c.load(e, rw, head.name, kept)
	if err != nil {
		return nil, nil
	}
	return rw, code
}

var errNotTaken = errors.New("wazero did not take the compiled code")

// isDisk reports whether an error is that of a file: the disk is full, or somebody
// removed the folder.
func isDisk(err error) bool {
	_, disk := errors.AsType[*fs.PathError](err)
	return disk
}

// load has wazero load a file of that name for a rewritten skeleton. If wazero
// compiled the skeleton instead, that is an error: its functions only trap.
func (c *codeCache) load(e *Engine, rw *rewrite.Module, name string, file io.WriterTo) (code wazero.CompiledModule, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken, err := c.folder.lend(name, file, func() error {
		code, err = compileNow(e.context(), e.runtime, 1, rw.Wasm)
		if isDisk(err) {
			// wazero compiled the skeleton, and has it in memory from now on: it
			// must let go of that, or it would never look at a file again.
			code, _ = compileNow(e.context(), e.runtime, 1, rw.Wasm)
		}
		return err
	})
	if err == nil && !taken || isDisk(err) {
		err = errNotTaken
	}
	if err != nil && code != nil {
		_ = code.Close(e.context())
	}
	return code, err
}

// compile compiles a rewritten module, whose own bytes are wasm, and keeps it. It
// returns what of the module the code is to be used with.
func (c *codeCache) compile(
	ctx context.Context, e *Engine, rw *rewrite.Module, wasm []byte,
) (*rewrite.Module, wazero.CompiledModule, error) {
	file, err := c.compileApart(ctx, e.workers(), rw.Wasm)
	if err != nil {
		return nil, nil, err
	}
	head := entryHead{skeleton: rw.Skeleton(wasm)}
	stub, err := rewrite.LoadSkeleton(head.skeleton, rw.Digest, e.rewriteOptions())
	if err != nil {
		return nil, nil, err
	}
	named, err := c.compileApart(ctx, 1, stub.Wasm)
	if err != nil {
		return nil, nil, err
	}
	head.name = named.name
	code, err := c.load(e, stub, head.name, bytes.NewReader(file.code))
	if err == nil {
		c.cache.Put(c.key(rw.Digest), head.bytes(), file.code)
	}
	return stub, code, err
}

// compileApart compiles rewritten bytes in a runtime of its own and returns the file
// wazero makes of them.
func (c *codeCache) compileApart(ctx context.Context, workers int, wasm []byte) (codeFile, error) {
	return await(ctx, func() (codeFile, error) {
		f, err := newFolder()
		if err != nil {
			return codeFile{}, errNotTaken
		}
		defer f.remove()
		r := wazero.NewRuntimeWithConfig(ctx, c.config.WithCompilationCache(f.cache))
		defer f.cache.Close(ctx)
		defer r.Close(ctx)
		_, err = compileNow(ctx, r, workers, wasm)
		if isDisk(err) {
			return codeFile{}, errNotTaken
		}
		if err != nil {
			return codeFile{}, err
		}
		file, ok := f.take()
		if !ok {
			return codeFile{}, errNotTaken
		}
		return file, nil
	})
}

// compileSmall compiles a small module of our own, and keeps only its file's name.
func (c *codeCache) compileSmall(ctx context.Context, e *Engine, wasm []byte) (wazero.CompiledModule, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	code, err := e.compileHere(ctx, wasm)
	file, _ := c.folder.take()
	c.latest = file.name
	return code, err
}

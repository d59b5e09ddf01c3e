// Package cache keeps compiled modules in files, and gives back only what this user
// on this machine put there.
//
//	c, err := cache.Open(cache.Options{
//		Dir:        filepath.Join(cacheDir, "berth", "wasm"),
//		SecretFile: filepath.Join(configDir, "berth", "cache.key"),
//	})
//	...
//	eng, err := wazero.New(wazero.Config{Cache: c})
//
// Compiled code runs with the program's own rights, and an engine does not check it
// when it loads it. So each entry is authenticated with a secret that is not in the
// cache folder, and the folder must be this user's alone. A cache that came with a
// repository, a restored CI cache, a flipped bit or a swapped file is a miss, and
// the entry is deleted. It cannot protect from a process of the same user; nothing
// can.
//
// An entry is a file named by its key in hex:
//
//	magic    8 bytes  "berthwc2"
//	id      16 bytes  random
//	length   8 bytes  of the payload, little endian
//	chunks            at least one
//
// and a chunk, whose number is counted from 0:
//
//	nonce   12 bytes  random
//	tag     16 bytes  AES-256-GCM of no text, with all that is before the chunks, the
//	                  key, the chunk's number (8 bytes, little endian) and the rest
//	                  of the chunk as additional data, under the secret
//	payload           the next 256 KiB, or what is left
//
// So a large entry is verified as it is read, in little memory, and chunks cannot be
// swapped, left out or taken from another entry.
//
// # Hostile input
//
// Any bytes may be in the folder: they are read up to the cache's own size, a chunk
// at a time, and discarded unless they verify.
//
// # Concurrency
//
// A Cache is safe for concurrent use, also by several processes. Entries are never
// changed, only replaced and deleted.
package cache

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/berth-cli/berth/internal/atomicfile"
)

// Options configures a Cache.
type Options struct {
	// Dir is the folder of the entries. It is created, for this user only, if it
	// is absent, and holds nothing else. Never a folder of a project.
	Dir string

	// SecretFile is the file with the machine's secret, 32 random bytes, created
	// if absent. It must not be in Dir.
	SecretFile string

	// MaxBytes is the most bytes the entries may have together; the least recently
	// used are deleted. 0: 1 GiB.
	MaxBytes int64

	// Log gets what goes wrong and is not returned, at level debug. nil: nothing.
	Log *slog.Logger
}

// Cache is an authenticated cache of compiled modules. A nil *Cache is empty and
// keeps nothing.
type Cache struct {
	dir string
	max int64
	mac cipher.AEAD
	log *slog.Logger

	remote Remote // instead of all that
}

// Remote keeps entries somewhere else, such as in the process that started this
// one, and answers for what it gives back: that is run as it is. Both functions are
// called from several goroutines at once.
type Remote struct {
	Get func(Key) []byte  // the payload, which is the cache's from then on; nil if there is none
	Put func(Key, []byte) // keeps a payload, which is its own
}

// Of returns a Cache whose entries r keeps; both functions are required.
func Of(r Remote) *Cache { return &Cache{remote: r} }

// Key names an entry: see KeyOf.
type Key [sha256.Size]byte

// KeyOf returns the key of what depends on exactly these parts: the engine and its
// version and configuration, the platform, the module.
func KeyOf(parts ...string) Key {
	h := sha256.New()
	var n [8]byte
	for _, p := range append([]string{magic}, parts...) {
		binary.LittleEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		_, _ = io.WriteString(h, p)
	}
	var k Key
	h.Sum(k[:0])
	return k
}

const (
	magic      = "berthwc2"
	secretLen  = 32
	defaultMax = 1 << 30
	staleAfter = 24 * time.Hour
)

// Open opens a cache. The error is ErrUnsafe if the folder or the secret is not
// this user's alone. Whoever can do without a cache goes on with a nil one.
func Open(o Options) (*Cache, error) {
	secret, err := loadSecret(o.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("compile cache: secret: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("compile cache: %w", err)
	}
	if err := checkOwned(o.Dir, fs.ModeDir, 0o022); err != nil {
		return nil, fmt.Errorf("compile cache: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("compile cache: %w", err)
	}
	mac, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("compile cache: %w", err)
	}
	c := &Cache{dir: o.Dir, max: o.MaxBytes, mac: mac, log: o.Log}
	if c.max <= 0 {
		c.max = defaultMax
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func (c *Cache) path(k Key) string { return filepath.Join(c.dir, hex.EncodeToString(k[:])) }

// Find opens an entry, and returns whether there is one. One that cannot be is
// deleted, as is one that turns out later not to verify.
func (c *Cache) Find(k Key) (*Entry, bool) {
	if c == nil {
		return nil, false
	}
	if c.remote.Get != nil {
		payload := c.remote.Get(k)
		return &Entry{chunk: payload, err: io.EOF}, payload != nil
	}
	e, err := c.open(k)
	if err != nil {
		c.drop(k, err)
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(c.path(k), now, now) // the order of deletion; best effort
	return e, true
}

// Get returns the payload of an entry, which is the caller's, and whether there is
// one that verifies. One that does not is deleted.
func (c *Cache) Get(k Key) ([]byte, bool) {
	e, ok := c.Find(k)
	if !ok {
		return nil, false
	}
	defer e.Close()
	payload := bytes.NewBuffer(make([]byte, 0, e.Len()))
	_, err := e.WriteTo(payload)
	return payload.Bytes(), err == nil
}

// drop deletes an entry that did not verify.
func (c *Cache) drop(k Key, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		c.log.Debug("compile cache: entry dropped", "key", hex.EncodeToString(k[:8]), "err", err)
		c.remove(c.path(k))
	}
}

// Put keeps a payload, which is the parts in a row, unless it cannot: a full or
// read-only disk is no error.
func (c *Cache) Put(k Key, parts ...[]byte) {
	if c == nil {
		return
	}
	if c.remote.Put != nil {
		c.remote.Put(k, slices.Concat(parts...))
		return
	}
	if err := c.write(k, slices.Clone(parts)); err != nil {
		c.log.Debug("compile cache: entry not kept", "key", hex.EncodeToString(k[:8]), "bytes", payloadLen(parts), "err", err)
	}
}

func (c *Cache) write(k Key, parts [][]byte) error {
	size := fileLen(payloadLen(parts))
	if size > c.max {
		return fmt.Errorf("entry of %d bytes in a cache of %d", size, c.max)
	}
	c.evict(size)
	return atomicfile.Write(c.path(k), 0o600, func(w io.Writer) error { return writeEntry(w, c.mac, k, parts) })
}

func (c *Cache) remove(name string) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.log.Debug("compile cache: file not removed", "err", err)
	}
}

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
//	nonce  12 bytes  random
//	tag    16 bytes  AES-256-GCM of no text, with the rest of the file as
//	                 additional data, under the secret
//	magic   8 bytes  "berthwc1"
//	key    32 bytes
//	payload
//
// # Hostile input
//
// Any bytes may be in the folder: they are read up to the cache's own size, and
// discarded unless they verify.
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
	"crypto/rand"
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
}

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
	magic      = "berthwc1"
	nonceLen   = 12
	tagLen     = 16
	headerLen  = nonceLen + tagLen + len(magic) + sha256.Size
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

// Get returns the payload of an entry, which is the caller's, and whether there is
// one that verifies. One that does not is deleted.
func (c *Cache) Get(k Key) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	payload, err := c.read(k)
	switch {
	case err == nil:
		now := time.Now()
		_ = os.Chtimes(c.path(k), now, now) // the order of deletion; best effort
		return payload, true
	case !errors.Is(err, fs.ErrNotExist):
		c.log.Debug("compile cache: entry dropped", "key", hex.EncodeToString(k[:8]), "err", err)
		c.remove(c.path(k))
	}
	return nil, false
}

var errForged = errors.New("entry is damaged or of another machine")

func (c *Cache) read(k Key) ([]byte, error) {
	info, err := os.Lstat(c.path(k))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > c.max || info.Size() < int64(headerLen) {
		return nil, errForged
	}
	f, err := os.Open(c.path(k))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%w: %w", errForged, err)
	}
	return c.open(k, data)
}

// open verifies an entry and returns its payload, part of data.
func (c *Cache) open(k Key, data []byte) ([]byte, error) {
	if len(data) < headerLen {
		return nil, errForged
	}
	nonce, tag, rest := data[:nonceLen], data[nonceLen:nonceLen+tagLen], data[nonceLen+tagLen:]
	if !bytes.HasPrefix(rest, signedPrefix(k)) {
		return nil, errForged
	}
	if _, err := c.mac.Open(nil, nonce, tag, rest); err != nil {
		return nil, errForged
	}
	return data[headerLen:], nil
}

// signedPrefix is what the signed part of an entry begins with.
func signedPrefix(k Key) []byte { return append([]byte(magic), k[:]...) }

// Put keeps a payload, unless it cannot: a full or read-only disk is no error.
func (c *Cache) Put(k Key, payload []byte) {
	if c == nil {
		return
	}
	if err := c.write(k, payload); err != nil {
		c.log.Debug("compile cache: entry not kept", "key", hex.EncodeToString(k[:8]), "bytes", len(payload), "err", err)
	}
}

func (c *Cache) write(k Key, payload []byte) error {
	size := int64(headerLen + len(payload))
	if size > c.max {
		return fmt.Errorf("entry of %d bytes in a cache of %d", size, c.max)
	}
	entry := make([]byte, nonceLen+tagLen, size)
	entry = append(append(entry, signedPrefix(k)...), payload...)
	nonce := entry[:nonceLen]
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	c.mac.Seal(entry[nonceLen:nonceLen], nonce, nil, entry[nonceLen+tagLen:])
	c.evict(size)
	return atomicfile.WriteFile(c.path(k), entry, 0o600)
}

func (c *Cache) remove(name string) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.log.Debug("compile cache: file not removed", "err", err)
	}
}

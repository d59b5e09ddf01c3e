// Package fetch gets modules and components by path or URL, and verifies them.
//
//	cache := fetch.Cache{Dir: filepath.Join(home, "pkg")}
//	wasm, err := cache.Get(ctx, fetch.Source{URL: url, SHA256: digest})
//
// What is fetched is kept below Cache.Dir under its digest, in the layout of
// icp-cli's package cache, so that both tools share it: wasms/<digest>/module.wasm
// and an empty .atime beside it, which is touched at each use. Writers hold the
// lock file .lock.
//
// # Hostile input
//
// The cache, the server and everything between may be hostile. Bytes are hashed on
// every use, whether they come from the cache or the network, and the caller gets
// exactly the bytes that were hashed. A download is bounded in size and time; a
// redirect may not leave https but for loopback addresses. A digest is 32 bytes,
// never a text that could be a path.
//
// A Cache is safe for concurrent use, by several processes too.
package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/berth-cli/berth/internal/atomicfile"
	"github.com/gofrs/flock"
)

// Source says where bytes are. Path goes before URL.
type Source struct {
	Path   string             // of a local file
	URL    string             // http or https
	SHA256 *[sha256.Size]byte // what the bytes must hash to; nil for whatever they are
}

// Cache fetches and keeps. The zero value but Dir is ready to use.
type Cache struct {
	Dir      string // the package cache's folder; made if need be
	MaxBytes int64  // the most a file may have; 0: 256 MiB

	// Client makes the requests; its redirect policy is replaced. nil: a client
	// that gives up after five minutes.
	Client *http.Client

	// Progress is told what is being done, in a few words. nil: nobody is.
	Progress func(string)
}

// MismatchError says that bytes are not those that were asked for.
type MismatchError struct{ Expected, Actual [sha256.Size]byte }

func (e *MismatchError) Error() string {
	return fmt.Sprintf("checksum mismatch, expected: %x, actual: %x", e.Expected, e.Actual)
}

// StatusError says that a server did not answer with the file.
type StatusError struct {
	URL    string // without its query
	Status string
	Code   int
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("http request failed: %s (%s)", e.Status, e.URL)
}

// RequestError says that there was no answer from a server.
type RequestError struct {
	URL string // without its query
	Err error
}

func (e *RequestError) Error() string {
	return fmt.Sprintf("fetch wasm file: %v", e.Err)
}

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// FileError says why a local file cannot be read.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("read wasm file at '%s': %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// SizeError says that a file is larger than it may be.
type SizeError struct {
	Name string
	Max  int64
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s is larger than %d MiB", e.Name, e.Max>>20)
}

// Get returns the bytes of a source. The error may be *FileError, *RequestError,
// *StatusError, *SizeError or *MismatchError, and nothing is kept then.
func (c *Cache) Get(ctx context.Context, src Source) ([]byte, error) {
	if src.Path != "" {
		return c.local(src)
	}
	if src.SHA256 != nil {
		if b, ok := c.cached(*src.SHA256); ok {
			c.progress("Using cached file")
			return b, nil
		}
	}
	b, err := c.download(ctx, src.URL)
	if err != nil {
		return nil, err
	}
	if err := c.verify(b, src.SHA256); err != nil {
		return nil, err
	}
	// A cache that cannot be written is no reason not to go on.
	if err := c.keep(ctx, b); err != nil {
		c.progress("Not cached: " + err.Error())
	}
	return b, nil
}

func (c *Cache) local(src Source) ([]byte, error) {
	if src.SHA256 != nil {
		c.progress("Reading wasm: " + src.Path)
	}
	f, err := openRegular(src.Path)
	if err != nil {
		return nil, &FileError{Path: src.Path, Err: withoutPath(err)}
	}
	defer f.Close()
	b, err := c.readAll(f, src.Path)
	if err != nil {
		return nil, err
	}
	return b, c.verify(b, src.SHA256)
}

var errNotFile = errors.New("not a regular file")

// openRegular does not wait for a FIFO to be written.
func openRegular(name string) (*os.File, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, errNotFile
	}
	return os.Open(name)
}

// withoutPath is the error of a path that was told already.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func (c *Cache) verify(b []byte, want *[sha256.Size]byte) error {
	if want == nil {
		return nil
	}
	c.progress("Verifying checksum")
	if actual := sha256.Sum256(b); actual != *want {
		return &MismatchError{Expected: *want, Actual: actual}
	}
	return nil
}

func (c *Cache) readAll(r io.Reader, name string) ([]byte, error) {
	limit := c.MaxBytes
	if limit == 0 {
		limit = 256 << 20
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1)) //nolint:forbidigo // bounded by the reader
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, &SizeError{Name: name, Max: limit}
	}
	return b, nil
}

func (c *Cache) progress(text string) {
	if c.Progress != nil {
		c.Progress(text)
	}
}

func (c *Cache) entry(digest [sha256.Size]byte) string {
	return filepath.Join(c.Dir, "wasms", fmt.Sprintf("%x", digest))
}

// cached returns the kept bytes of a digest. Bytes that are not what their place
// says are as good as none: the next download replaces them.
func (c *Cache) cached(digest [sha256.Size]byte) ([]byte, bool) {
	f, err := os.Open(filepath.Join(c.entry(digest), "module.wasm"))
	if err != nil {
		return nil, false
	}
	defer f.Close()
	b, err := c.readAll(f, "module.wasm")
	if err != nil || sha256.Sum256(b) != digest {
		return nil, false
	}
	now := time.Now()
	// When it was last used is told for the sake of whoever cleans up.
	_ = os.Chtimes(filepath.Join(c.entry(digest), ".atime"), now, now)
	return b, true
}

const lockWait = 30 * time.Second

func (c *Cache) keep(ctx context.Context, b []byte) error {
	dir := c.entry(sha256.Sum256(b))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock := flock.New(filepath.Join(c.Dir, ".lock"))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("lock package cache: %w", err)
	}
	defer lock.Close()
	name := filepath.Join(dir, "module.wasm")
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, b) {
		return nil
	}
	if err := atomicfile.WriteFile(name, b, 0o644); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, ".atime"), nil, 0o644)
}

const (
	attempts       = 3
	requestTimeout = 5 * time.Minute
	maxRedirects   = 10
)

// download tries a few times: not again after an answer that would be the same.
func (c *Cache) download(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("parse wasm url: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("fetch wasm: %q is neither an http nor an https url", u.Redacted())
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	c.progress("Fetching wasm: " + shown.String())
	for attempt := 1; ; attempt++ {
		b, err := c.request(ctx, u, shown.String())
		if err == nil || attempt == attempts || !temporary(err) {
			return b, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Duration(attempt) * 250 * time.Millisecond):
		}
	}
}

func temporary(err error) bool {
	if status, ok := errors.AsType[*StatusError](err); ok {
		return status.Code == http.StatusTooManyRequests || status.Code >= 500
	}
	_, large := errors.AsType[*SizeError](err)
	return !large && !errors.Is(err, errRedirect) && !errors.Is(err, context.Canceled)
}

func (c *Cache) request(ctx context.Context, u *url.URL, shown string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", shown, err)
	}
	res, err := c.client().Do(req)
	if err != nil {
		return nil, &RequestError{URL: shown, Err: redacted(err)}
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return nil, &StatusError{URL: shown, Status: res.Status, Code: res.StatusCode}
	}
	return c.readAll(res.Body, shown)
}

// redacted takes the query, where tokens stand, out of what net/http says.
func redacted(err error) error {
	urlErr, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	if u, parseErr := url.Parse(urlErr.URL); parseErr == nil {
		u.RawQuery = ""
		return &url.Error{Op: urlErr.Op, URL: u.Redacted(), Err: urlErr.Err}
	}
	return urlErr.Err
}

var errRedirect = errors.New("redirect refused")

func (c *Cache) client() *http.Client {
	client := http.Client{Timeout: requestTimeout}
	if c.Client != nil {
		client = *c.Client
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return fmt.Errorf("%w: more than %d in a row", errRedirect, maxRedirects)
		}
		if req.URL.Scheme != "https" && !loopback(req.URL.Hostname()) {
			return fmt.Errorf("%w: %s is not https", errRedirect, req.URL.Host)
		}
		return nil
	}
	return &client
}

package fetch_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/fetch"
	"github.com/gofrs/flock"
)

var wasm = []byte("\x00asm, let us say")

// serve answers with wasm and counts the requests.
func serve(t *testing.T, handler http.HandlerFunc) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/p.wasm", requests
}

func serveWasm(w http.ResponseWriter, _ *http.Request) { w.Write(wasm) }

func digest(b []byte) *[32]byte {
	d := sha256.Sum256(b)
	return &d
}

func module(dir string) string {
	return filepath.Join(dir, "wasms", fmt.Sprintf("%x", sha256.Sum256(wasm)), "module.wasm")
}

func TestRemoteIsCached(t *testing.T) {
	url, requests := serve(t, serveWasm)
	var said []string
	c := fetch.Cache{Dir: t.TempDir(), Progress: func(s string) { said = append(said, s) }}
	src := fetch.Source{URL: url + "?token=secret", SHA256: digest(wasm)}
	for range 2 {
		if got, err := c.Get(t.Context(), src); err != nil || string(got) != string(wasm) {
			t.Fatalf("Get = %q, %v, want %q", got, err, wasm)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("the server was asked %d times, want once", n)
	}
	want := "Fetching wasm: " + url + "|Verifying checksum|Using cached file"
	if got := strings.Join(said, "|"); got != want {
		t.Errorf("progress = %q, want %q", got, want)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(module(c.Dir)), ".atime")); err != nil {
		t.Errorf("no .atime beside the module: %v", err)
	}
}

func TestCacheIsVerified(t *testing.T) {
	url, requests := serve(t, serveWasm)
	c := fetch.Cache{Dir: t.TempDir()}
	src := fetch.Source{URL: url, SHA256: digest(wasm)}
	if _, err := c.Get(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(module(c.Dir), []byte("swapped"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Get(t.Context(), src); err != nil || string(got) != string(wasm) {
		t.Errorf("Get after the cache was tampered with = %q, %v, want %q", got, err, wasm)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the server was asked %d times, want twice", n)
	}
	if b, _ := os.ReadFile(module(c.Dir)); string(b) != string(wasm) {
		t.Errorf("the cache holds %q, want it repaired", b)
	}
}

func TestMismatch(t *testing.T) {
	url, requests := serve(t, serveWasm)
	c := fetch.Cache{Dir: t.TempDir()}
	local := filepath.Join(t.TempDir(), "p.wasm")
	if err := os.WriteFile(local, wasm, 0o644); err != nil {
		t.Fatal(err)
	}
	other := digest([]byte("other"))
	for _, src := range []fetch.Source{{URL: url, SHA256: other}, {Path: local, SHA256: other}} {
		_, err := c.Get(t.Context(), src)
		want := fmt.Sprintf("checksum mismatch, expected: %x, actual: %x", *other, *digest(wasm))
		if _, ok := errors.AsType[*fetch.MismatchError](err); !ok || err.Error() != want {
			t.Errorf("Get(%+v) = %v, want %q", src, err, want)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("the server was asked %d times, want once: the answer would be the same", n)
	}
	if entries, _ := os.ReadDir(filepath.Join(c.Dir, "wasms")); len(entries) != 0 {
		t.Errorf("%d entries were kept, want none", len(entries))
	}
}

func TestLocal(t *testing.T) {
	dir := t.TempDir()
	local := filepath.Join(dir, "p.wasm")
	if err := os.WriteFile(local, wasm, 0o644); err != nil {
		t.Fatal(err)
	}
	var c fetch.Cache
	if got, err := c.Get(t.Context(), fetch.Source{Path: local}); err != nil || string(got) != string(wasm) {
		t.Errorf("Get = %q, %v", got, err)
	}
	if _, err := c.Get(t.Context(), fetch.Source{Path: dir}); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Get of a folder = %v", err)
	}
	if _, err := c.Get(t.Context(), fetch.Source{Path: local + "x"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Get of nothing = %v", err)
	}
}

func TestRefusals(t *testing.T) {
	big := fetch.Cache{Dir: t.TempDir(), MaxBytes: 4}
	url, _ := serve(t, serveWasm)
	if _, err := big.Get(t.Context(), fetch.Source{URL: url}); !isSize(err) {
		t.Errorf("Get of too large a file = %v, want *SizeError", err)
	}
	c := fetch.Cache{Dir: t.TempDir()}
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"not found", http.NotFound, "http request failed: 404 Not Found"},
		{"redirect to plain http", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://example.org/", http.StatusFound)
		}, "redirect refused: example.org is not https"},
		{"redirect to itself", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "redirect refused: more than 10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, _ := serve(t, tt.handler)
			_, err := c.Get(t.Context(), fetch.Source{URL: url + "?token=secret"})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Get = %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the query: %v", err)
			}
		})
	}
	for _, bad := range []string{"ftp://example.org/x", "file:///etc/passwd", "::"} {
		if _, err := c.Get(t.Context(), fetch.Source{URL: bad}); err == nil {
			t.Errorf("Get(%q) succeeded", bad)
		}
	}
}

func isSize(err error) bool { _, ok := errors.AsType[*fetch.SizeError](err); return ok }

func TestRetry(t *testing.T) {
	var failed atomic.Bool
	url, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if failed.CompareAndSwap(false, true) {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		serveWasm(w, r)
	})
	c := fetch.Cache{Dir: t.TempDir()}
	if got, err := c.Get(t.Context(), fetch.Source{URL: url}); err != nil || string(got) != string(wasm) {
		t.Errorf("Get = %q, %v", got, err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the server was asked %d times, want twice", n)
	}
}

func TestUnwritableCache(t *testing.T) {
	url, _ := serve(t, serveWasm)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := fetch.Cache{Dir: filepath.Join(file, "below")}
	if got, err := c.Get(t.Context(), fetch.Source{URL: url, SHA256: digest(wasm)}); err != nil || string(got) != string(wasm) {
		t.Errorf("Get = %q, %v, want the bytes all the same", got, err)
	}
}

func TestConcurrent(t *testing.T) {
	url, _ := serve(t, serveWasm)
	c := fetch.Cache{Dir: t.TempDir()}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Get(t.Context(), fetch.Source{URL: url, SHA256: digest(wasm)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, _ := serve(t, func(http.ResponseWriter, *http.Request) { cancel() })
	c := fetch.Cache{Dir: t.TempDir()}
	if _, err := c.Get(ctx, fetch.Source{URL: url, SHA256: digest([]byte("x"))}); err == nil {
		t.Error("Get succeeded though its context ended")
	}
}

// TestLock checks that the cache is written under its lock, which other programs
// hold, too; without it the file is had all the same.
func TestLock(t *testing.T) {
	url, requests := serve(t, serveWasm)
	c := fetch.Cache{Dir: t.TempDir()}
	lock := flock.New(filepath.Join(c.Dir, ".lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	src := fetch.Source{URL: url, SHA256: digest(wasm)}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if got, err := c.Get(ctx, src); err != nil || string(got) != string(wasm) {
		t.Errorf("Get = %q, %v, want the bytes", got, err)
	}
	if _, err := os.Stat(module(c.Dir)); err == nil {
		t.Error("the cache was written though another process has its lock")
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Get(t.Context(), src); err != nil {
			t.Fatal(err)
		}
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the server was asked %d times, want twice: before and after the lock", n)
	}
}

func TestRedirectIsFollowed(t *testing.T) {
	url, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/p.wasm" {
			http.Redirect(w, r, "/moved", http.StatusFound)
			return
		}
		serveWasm(w, r)
	})
	c := fetch.Cache{Dir: t.TempDir()}
	if got, err := c.Get(t.Context(), fetch.Source{URL: url, SHA256: digest(wasm)}); err != nil || string(got) != string(wasm) {
		t.Errorf("Get = %q, %v", got, err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("the server was asked %d times, want twice", n)
	}
}

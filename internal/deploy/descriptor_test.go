package deploy_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/gofrs/flock"
)

const goodDescriptor = `{"v":"1","network":"local","gateway":{"host":"localhost","port":8000},` +
	`"child-locator":{"type":"pid","pid":7,"start-time":1},"root-key":"abcd","ii":false}`

func TestDescriptor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "descriptor.json")
	if r, err := deploy.ReadDescriptor(file); r != nil || err != nil {
		t.Errorf("ReadDescriptor of nothing = %v, %v", r, err)
	}
	write(t, file, goodDescriptor)
	r, err := deploy.ReadDescriptor(file)
	if err != nil || r.URL != "http://localhost:8000" || r.PID != 7 || hex.EncodeToString(r.RootKey) != "abcd" {
		t.Errorf("ReadDescriptor = %+v, %v", r, err)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestBadDescriptors(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"no JSON", "{", "unexpected end of JSON input"},
		{"public address", strings.Replace(goodDescriptor, "localhost", "192.0.2.1", 1), "not a loopback address"},
		{"name of a host", strings.Replace(goodDescriptor, "localhost", "example.org", 1), "not a loopback address"},
		{"host with a path", strings.Replace(goodDescriptor, "localhost", "127.0.0.1/@example.org", 1), "not a loopback address"},
		{"no port", strings.Replace(goodDescriptor, "8000", "0", 1), "port 0 is out of range"},
		{"port", strings.Replace(goodDescriptor, "8000", "65536", 1), "port 65536 is out of range"},
		{"root key", strings.Replace(goodDescriptor, "abcd", "xyz", 1), "root key: "},
		{"too large", strings.Repeat(" ", 64<<10) + goodDescriptor, "too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "descriptor.json")
			write(t, file, tt.content)
			_, err := deploy.ReadDescriptor(file)
			bad, ok := errors.AsType[*deploy.DescriptorError](err)
			if !ok || bad.File != file || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ReadDescriptor = %v, want *DescriptorError with %q", err, tt.want)
			}
		})
	}
	t.Run("link", func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "real.json"), goodDescriptor)
		if err := os.Symlink("real.json", filepath.Join(dir, "descriptor.json")); err != nil {
			t.Skip("no symbolic links here:", err)
		}
		if _, err := deploy.ReadDescriptor(filepath.Join(dir, "descriptor.json")); err == nil {
			t.Error("a descriptor was read through a symbolic link")
		}
	})
}

// TestLeftOverDescriptor checks that a descriptor of ours counts for nothing while
// no process has the network open.
func TestLeftOverDescriptor(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(deploy.NetworkDir(dir, "local"), "descriptor.json"), goodDescriptor)
	if r, err := deploy.FindRunning(dir, "local"); r != nil || err != nil {
		t.Errorf("FindRunning = %+v, %v, want none", r, err)
	}
}

// TestForgedDescriptor ships a whole network in a clone: its lock is a link to a
// file that some other program holds.
func TestForgedDescriptor(t *testing.T) {
	dir := t.TempDir()
	other := flock.New(filepath.Join(t.TempDir(), "other.lock"))
	if ok, err := other.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer other.Close()
	network := deploy.NetworkDir(dir, "local")
	write(t, filepath.Join(network, "descriptor.json"), goodDescriptor)
	write(t, filepath.Join(network, "state", "owner"), "7")
	if err := os.Symlink(other.Path(), filepath.Join(network, "state", "lock")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if r, err := deploy.FindRunning(dir, "local"); r != nil || err != nil {
		t.Errorf("FindRunning = %+v, %v, want none", r, err)
	}
}

// TestDescriptorOfAnotherProcess checks that a descriptor of ours counts only if it
// names the process that has the network open.
func TestDescriptorOfAnotherProcess(t *testing.T) {
	p := lay(t, one(""))
	d, _ := newDeployer(t, p, "local")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(deploy.NetworkDir(p.Dir, "local"), "descriptor.json"), goodDescriptor)
	if r, err := deploy.FindRunning(p.Dir, "local"); r != nil || err != nil {
		t.Errorf("FindRunning = %+v, %v, want none: process 7 does not have the network open", r, err)
	}
}

// TestForeignDescriptor checks that the network that icp-cli runs is found.
func TestForeignDescriptor(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".icp", "cache", "networks", "local", "descriptor.json"), goodDescriptor)
	if r, err := deploy.FindRunning(dir, "local"); err != nil || r == nil || !r.Foreign {
		t.Errorf("FindRunning = %+v, %v, want icp-cli's", r, err)
	}
}

func FuzzDescriptor(f *testing.F) {
	f.Add([]byte(goodDescriptor))
	f.Add([]byte(`{"gateway":{"host":"::1","port":1},"root-key":""}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := filepath.Join(t.TempDir(), "descriptor.json")
		if err := os.WriteFile(file, content, 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := deploy.ReadDescriptor(file)
		if err != nil {
			if !isA[*deploy.DescriptorError](err) {
				t.Errorf("ReadDescriptor = %T %v", err, err)
			}
			return
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(r.URL, "http://"), "]")
		if !strings.HasPrefix(host, "localhost:") && !strings.HasPrefix(host, "127.") && !strings.HasPrefix(host, "[") {
			t.Errorf("URL = %q, want a loopback address", r.URL)
		}
	})
}

package cli_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/berth-cli/berth/internal/cli"
)

// TestChain checks that each cause stands once, and what the system says in one
// piece.
func TestChain(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	hidden := errors.New("symbolic link")
	for _, tt := range []struct {
		name string
		err  error
		want []string
	}{
		{"one", errors.New("alone"), []string{"alone"}},
		{"chain", fmt.Errorf("run: %w", fmt.Errorf("load: %w", errors.New("cut short"))), []string{"run", "load", "cut short"}},
		{"file", fmt.Errorf("read: %w", missing), []string{"read", "open /x: no such file or directory"}},
		{"network", fmt.Errorf("call: %w", refused), []string{"call", "dial tcp: connect: connection refused"}},
		{"cause within the text", fmt.Errorf("a %w on the way", hidden), []string{"a symbolic link on the way"}},
		{"cause not told", &quiet{hidden}, []string{"no", "symbolic link"}},
		{"nothing", nil, []string{"unknown failure"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cli.Chain(tt.err); !slices.Equal(got, tt.want) {
				t.Errorf("Chain(%v) = %q, want %q", tt.err, got, tt.want)
			}
		})
	}
}

// quiet does not tell its cause.
type quiet struct{ err error }

func (*quiet) Error() string   { return "no" }
func (q *quiet) Unwrap() error { return q.err }

// TestEveryFailureHasAKind checks the exit code and the kind of errors that need no
// network.
func TestEveryFailureHasAKind(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name, manifest string
		args           []string
		code           int
		kind           string
	}{
		{"no project", "", []string{"canister", "list"}, 1, "project"},
		{"manifest", "canister: []", []string{"canister", "list"}, 1, "project"},
		{"environment", "canisters: []", []string{"canister", "list", "-e", "x"}, 1, "project"},
		{"flag", "canisters: []", []string{"canister", "list", "--json", "--frobnicate"}, 2, "usage"},
		{"component", "canisters: []", []string{"plugin", "inspect", "icp.yaml"}, 1, "component"},
		{"identity", "canisters: []", []string{"canister", "status", "aaaaa-aa", "--identity", "nobody"}, 1, "identity"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := dir + "/icp.yaml"
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if tt.manifest != "" {
				if err := os.WriteFile(file, []byte(tt.manifest), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			code, stdout, stderr := berth(t, dir, append(tt.args, "--json")...)
			if want := `{"error":{"kind":"` + tt.kind + `","message":"`; code != tt.code || !strings.HasPrefix(stdout, want) {
				t.Errorf("code %d, stdout %s, want %d and %s", code, stdout, tt.code, want)
			}
			if !strings.HasPrefix(stderr, "Error: ") {
				t.Errorf("stderr = %s", stderr)
			}
		})
	}
}

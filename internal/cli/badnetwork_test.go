package cli_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/internal/cli"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/localnet"
)

// farNetwork is a network that a test serves, and lies about if it wants to.
type farNetwork struct {
	*localnet.Network
	url string
	now func() time.Time

	// tamper changes an answer on its way, if not nil.
	tamper func(path string, body []byte) []byte
}

func serveFar(t *testing.T, now func() time.Time) *farNetwork {
	t.Helper()
	eng, err := wazero.New(wazero.Config{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := localnet.Open(t.Context(), localnet.Config{Engine: eng, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	far := &farNetwork{Network: n, now: now}
	srv := httptest.NewServer(far)
	far.url = srv.URL
	far.create(t)
	t.Cleanup(func() {
		srv.Close()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		if err := eng.Close(); err != nil {
			t.Error(err)
		}
	})
	return far
}

// create makes an empty canister, which has the network's first id.
func (f *farNetwork) create(t *testing.T) {
	t.Helper()
	key, err := agent.NewRootKey(f.RootKey(), agent.Local)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{URL: f.url, RootKey: key, Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mgmt.New(a).ProvisionalCreate(t.Context(), mgmt.CreateRequest{EffectiveCanister: f.EffectiveCanisterID()}); err != nil {
		t.Fatal(err)
	}
}

func (f *farNetwork) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	f.Handler().ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	if f.tamper != nil {
		body = f.tamper(r.URL.Path, body)
	}
	w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// project lays a project with a canister that is said to be on the network.
func (f *farNetwork) project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"icp.yaml": `
canisters: [{name: c, build: {steps: [{type: script, command: "true"}]}, sync: {steps: [{type: script, command: "true"}]}}]
networks: [{name: far, mode: connected, url: "` + f.url + `", root-key: ` + hex.EncodeToString(f.RootKey()) + `}]
environments: [{name: far, network: far}]
`,
		".icp/data/mappings/far.ids.json": `{"c": "` + f.EffectiveCanisterID().String() + `"}`,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// berth runs a command line in this process.
func berth(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return berthIn(t, dir, nil, args...)
}

// berthWith runs a command line with more variables.
func berthWith(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return berthIn(t, dir, environ, args...)
}

func berthIn(t *testing.T, dir string, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	home := t.TempDir()
	var out, errs bytes.Buffer
	code = cli.Main(context.WithoutCancel(t.Context()), args, cli.Streams{
		In: strings.NewReader(""), Out: &out, Err: &errs, Dir: dir,
		Environ: append([]string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home, "ICP_HOME=" + home,
			"BERTH_CONFIG_DIR=" + home + "/config", "BERTH_CACHE_DIR=" + home + "/cache",
		}, environ...),
	})
	return code, out.String(), errs.String()
}

// TestClockIsWrong has a network whose time is an hour off, either way.
func TestClockIsWrong(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		far := serveFar(t, func() time.Time { return time.Now().Add(off) })
		code, _, stderr := berth(t, far.project(t), "sync", "-e", "far")
		if code != 1 || !strings.Contains(stderr, "check this computer's clock: it says ") ||
			!strings.Contains(stderr, "\nnext: set this computer's clock right\n") {
			t.Errorf("%v off: code %d,\n%s", off, code, stderr)
		}
	}
}

// TestForgedCertificates has answers changed on their way: in the certificate, in
// the tree it is about, or cut short.
func TestForgedCertificates(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper func(body []byte) []byte
		want   string
		next   bool // there is a hint about trust
	}{
		{"signature", flipAfter("signature"), "certificate refused: signature does not verify", true},
		{"tree", flipAfter("status"), "certificate refused: ", true},
		{"cut short", func(b []byte) []byte { return b[:len(b)-3] }, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			far := serveFar(t, nil)
			far.tamper = func(path string, body []byte) []byte {
				if !strings.HasSuffix(path, "/call") && !strings.HasSuffix(path, "/read_state") {
					return body
				}
				return tt.tamper(bytes.Clone(body))
			}
			code, _, stderr := berth(t, far.project(t), "canister", "status", "-e", "far", "c")
			if code != 1 || !strings.Contains(stderr, tt.want) {
				t.Errorf("code %d, want %q in\n%s", code, tt.want, stderr)
			}
			if hint := "next: do not trust what this network answers"; tt.next && !strings.Contains(stderr, hint) {
				t.Errorf("no %q in\n%s", hint, stderr)
			}
		})
	}
}

// flipAfter changes the byte some way after the last place of a text.
func flipAfter(text string) func([]byte) []byte {
	return func(b []byte) []byte {
		if at := bytes.LastIndex(b, []byte(text)); at >= 0 && at+len(text)+6 < len(b) {
			b[at+len(text)+6] ^= 1
		}
		return b
	}
}

// TestAnswersOfNoNetwork has a server that is none.
func TestAnswersOfNoNetwork(t *testing.T) {
	far := serveFar(t, nil)
	for _, tt := range []struct {
		name, body string
	}{
		{"a page", "<html>hello</html>"},
		{"nothing", ""},
		{"endless", strings.Repeat("\x9f", 1<<20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, tt.body)
			}))
			t.Cleanup(srv.Close)
			other := &farNetwork{Network: far.Network, url: srv.URL}
			code, _, stderr := berth(t, other.project(t), "canister", "status", "-e", "far", "c")
			if code != 1 || !strings.HasPrefix(stderr, "Error: ") {
				t.Errorf("code %d,\n%s", code, stderr)
			}
		})
	}
}

package cli_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/rogpeppe/go-internal/testscript"
)

// await FILE waits until a file exists.
func await(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}

// descriptor DIR waits until the local network of the project in DIR is served, and
// sets $URL and $ROOTKEY.
func descriptor(ts *testscript.TestScript, _ bool, args []string) {
	file := filepath.Join(args[0], ".berth", "networks", "local", "descriptor.json")
	await(ts, false, []string{file})
	var d struct {
		Gateway struct{ Port int }
		RootKey string `json:"root-key"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &d))
	ts.Setenv("URL", fmt.Sprintf("http://127.0.0.1:%d", d.Gateway.Port))
	ts.Setenv("ROOTKEY", d.RootKey)
}

// identity NAME ed25519|prime256v1 adds an identity with a new key to $ICP_HOME and
// sets $NAME to its principal.
func makeIdentity(ts *testscript.TestScript, _ bool, args []string) {
	name, algorithm := args[0], args[1]
	var key any
	var err error
	if algorithm == "ed25519" {
		_, key, err = ed25519.GenerateKey(rand.Reader)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	id, err := identity.ParsePEM(text)
	ts.Check(err)
	ts.Setenv(name, id.Principal().String())
	dir := filepath.Join(ts.Getenv("ICP_HOME"), "identity")
	ts.Check(os.MkdirAll(filepath.Join(dir, "keys"), 0o700))
	ts.Check(os.WriteFile(filepath.Join(dir, "keys", name+".pem"), text, 0o600))
	list := map[string]any{"v": 1, "identities": map[string]any{name: map[string]string{
		"kind": "pem", "format": "plaintext", "algorithm": algorithm, "principal": id.Principal().String(),
	}}}
	b, err := json.Marshal(list)
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(dir, "identity_list.json"), b, 0o600))
}

// patch FROM TO OLD NEW copies a file, with every OLD made NEW; patch FROM TO SIZE
// copies the beginning of one.
func patch(ts *testscript.TestScript, _ bool, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	var size int
	if len(args) == 3 {
		_, err := fmt.Sscan(args[2], &size)
		ts.Check(err)
		b = b[:size]
	} else {
		if !bytes.Contains(b, []byte(args[2])) {
			ts.Fatalf("%s does not contain %q", args[0], args[2])
		}
		b = bytes.ReplaceAll(b, []byte(args[2]), []byte(args[3]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
}

// serve DIR serves a folder by HTTP and sets $SERVER.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	srv := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(args[0]))))
	ts.Defer(srv.Close)
	ts.Setenv("SERVER", srv.URL)
}

// steps STEP... gives the canister of seed-data other sync steps.
func steps(ts *testscript.TestScript, _ bool, args []string) {
	manifest := "canisters:\n  - name: seeding\n    build: {steps: [{type: pre-built, path: seeding.wasm}]}\n    sync:\n      steps:\n"
	for _, step := range args {
		manifest += "        - {" + step + "}\n"
	}
	ts.Check(os.WriteFile(ts.MkAbs("seed-data/icp.yaml"), []byte(manifest), 0o666))
}

// unprivileged is the beginning of a command line that runs the rest of it without
// the right to write where permissions forbid it; "" if there is none, and
// "env" if that is so anyway.
func unprivileged() string {
	if os.Geteuid() != 0 {
		return "env"
	}
	drop := []string{"setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"}
	if exec.Command(drop[0], append(drop[1:], "true")...).Run() != nil {
		return ""
	}
	return strings.Join(drop, " ")
}

// digest is the SHA-256 of a file in hexadecimal, "" if it cannot be read.
func digest(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

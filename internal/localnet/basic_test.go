package localnet_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
)

// Row N59: the status says what this is.
func TestStatus(t *testing.T) {
	n := open(t)
	f := n.do(t, httptest.NewRequest(http.MethodGet, "http://localhost/api/v2/status", nil)).fields(t)
	if root, _ := f["root_key"].([]byte); !bytes.Equal(root, n.RootKey()) || len(root) != 133 {
		t.Errorf("root_key = %x, want %x", root, n.RootKey())
	}
	if f["replica_health_status"] != "healthy" {
		t.Errorf("replica_health_status = %v", f["replica_health_status"])
	}
	if v, _ := f["impl_version"].(string); v != "berth (embedded development network)" {
		t.Errorf("impl_version = %q", v)
	}
	if bytes.Equal(n.RootKey(), cert.MainnetRootKey()) {
		t.Error("the root key is the main network's")
	}
}

// Row N59: the README says what is different from the main network.
func TestReadmeStatesDifferences(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(b)), " ")
	for _, want := range []string{"nothing costs any", "one node", "no HTTPS outcalls", "threshold signatures", "Bitcoin", "instruction limits"} {
		if !strings.Contains(text, want) {
			t.Errorf("README.md does not say %q", want)
		}
	}
}

func TestCreateInstallCallQuery(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	if c.String() != "bnz7o-iuaaa-aaaaa-qaaaa-cai" {
		t.Errorf("first canister is %v", c)
	}
	wantReply(t, n.run(t, c, prog(nil).text("kept").do(opSetGlobal).text("hello").reply()), []byte("hello"))
	wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal).reply()), []byte("kept"))
	wantReply(t, n.run(t, c, prog(nil).do(opGetGlobal).reply()), []byte("kept"))
	st := n.readState(t, identity.Anonymous(), c, [][]byte{[]byte("canister"), c.Bytes(), []byte("module_hash")})
	if h, _ := st.Lookup(cert.NewPath("canister", string(c.Bytes()), "module_hash")); !bytes.Equal(h, digest(universalWasm(t))) {
		t.Errorf("module_hash = %x", h)
	}
}

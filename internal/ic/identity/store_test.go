package identity_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/identity"
)

// writeStore makes a home folder with the given files below identity/.
func writeStore(t *testing.T, files map[string]string) *identity.Store {
	t.Helper()
	home := t.TempDir()
	for name, content := range files {
		path := filepath.Join(home, "identity", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return identity.OpenStore(home)
}

// aList is an identity_list.json as icp-cli writes it, with every kind. The principals are of the keys in pem_test.go.
func aList(t *testing.T) map[string]string {
	t.Helper()
	alice, err := identity.ParsePEM([]byte(block(t, "PRIVATE KEY", k256PKCS8)))
	if err != nil {
		t.Fatal(err)
	}
	principal := alice.Principal().String()
	return map[string]string{
		"identity_defaults.json": `{"v":1,"default":"alice"}`,
		"identity_list.json": `{"v":1,"identities":{
			"anonymous":{"kind":"anonymous"},
			"alice":{"kind":"pem","format":"plaintext","algorithm":"secp256k1","principal":"` + principal + `"},
			"ed":{"kind":"pem","format":"plaintext","algorithm":"ed25519"},
			"aliased":{"kind":"pem","format":"plaintext","algorithm":"k256"},
			"swapped":{"kind":"pem","format":"plaintext","algorithm":"secp256k1","principal":"535yc-uxytb-gfk7h-tny7p-vjkoe-i4krp-3qmcl-uqfgr-cpgej-yqtjq-rqe"},
			"othercurve":{"kind":"pem","format":"plaintext","algorithm":"p256"},
			"lost":{"kind":"pem","format":"plaintext","algorithm":"ed25519"},
			"../alice":{"kind":"pem","format":"plaintext","algorithm":"secp256k1"},
			"locked":{"kind":"pem","format":"pbes2","algorithm":"ed25519","principal":"x"},
			"ring":{"kind":"keyring","algorithm":"secp256k1","principal":"x"},
			"stick":{"kind":"hsm","principal":"x","module":"m","slot":0,"key-id":"01"},
			"web":{"kind":"internet-identity","algorithm":"ed25519","principal":"x"},
			"pending":{"kind":"pending-delegation","algorithm":"ed25519"},
			"delegated":{"kind":"delegation","algorithm":"ed25519"},
			"novel":{"kind":"quantum"}}}`,
		"keys/alice.pem":      block(t, "PRIVATE KEY", k256PKCS8),
		"keys/aliased.pem":    block(t, "EC PRIVATE KEY", k256SEC1),
		"keys/ed.pem":         block(t, "PRIVATE KEY", pkcs8V2),
		"keys/swapped.pem":    block(t, "PRIVATE KEY", k256PKCS8),
		"keys/othercurve.pem": block(t, "PRIVATE KEY", k256PKCS8),
		"alice.pem":           block(t, "PRIVATE KEY", k256PKCS8),
	}
}

func TestStoreLoads(t *testing.T) {
	s := writeStore(t, aList(t))
	if name, err := s.Default(); err != nil || name != "alice" {
		t.Errorf("Default() = %q, %v", name, err)
	}
	for name, want := range map[string]identity.Algorithm{
		"alice": identity.Secp256k1, "aliased": identity.Secp256k1, "ed": identity.Ed25519,
	} {
		id, err := s.Load(name)
		if err != nil {
			t.Errorf("Load(%s): %v", name, err)
			continue
		}
		if k, ok := id.(*identity.Key); !ok || k.Algorithm() != want {
			t.Errorf("Load(%s) = %v, want a key of %s", name, id, want)
		}
	}
	if id, err := s.Load("anonymous"); err != nil || !id.Principal().IsAnonymous() {
		t.Errorf("Load(anonymous) = %v, %v", id, err)
	}
}

func TestStoreLists(t *testing.T) {
	s := writeStore(t, aList(t))
	list, err := s.List()
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	if len(list) != 15 || list[0].Name != "../alice" || list[1].Name != "aliased" {
		t.Errorf("List() gives %d entries in order %v", len(list), list)
	}
	for _, e := range list {
		if e.Name == "web" && e.Kind != identity.KindWebAuth {
			t.Errorf("internet-identity is listed as %q", e.Kind)
		}
	}
}

func TestStoreNamesUnsupportedKinds(t *testing.T) {
	s := writeStore(t, aList(t))
	for name, kind := range map[string]string{
		"locked": "password-protected identity", "ring": "keyring identity", "stick": "hsm identity", "web": "web-auth identity",
		"pending": "pending-delegation identity", "delegated": "delegation identity", "novel": "quantum identity",
	} {
		_, err := s.Load(name)
		e, ok := errors.AsType[*identity.UnsupportedError](err)
		if !ok || e.Kind != kind || e.Advice == "" || !strings.Contains(err.Error(), name) {
			t.Errorf("Load(%s): %v, want an *UnsupportedError of kind %q", name, err, kind)
		}
	}
}

func TestStoreRefuses(t *testing.T) {
	s := writeStore(t, aList(t))
	if _, err := s.Load("nobody"); !isType[*identity.NotFoundError](err) {
		t.Errorf("Load(nobody): %v, want *NotFoundError", err)
	}
	if _, err := s.Load("swapped"); !isType[*identity.MismatchError](err) {
		t.Errorf("Load(swapped): %v, want *MismatchError", err)
	}
	if _, err := s.Load("othercurve"); !isType[*identity.CurveError](err) {
		t.Errorf("Load(othercurve): %v, want *CurveError", err)
	}
	if _, err := s.Load("lost"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "lost.pem") {
		t.Errorf("Load(lost): %v, want fs.ErrNotExist with the path", err)
	}
	if _, err := s.Load("../alice"); err == nil || !strings.Contains(err.Error(), "file name") {
		t.Errorf("Load(../alice): %v, want it refused", err)
	}
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func TestStoreWithoutFiles(t *testing.T) {
	s := identity.OpenStore(filepath.Join(t.TempDir(), "nothing", "here"))
	if name, err := s.Default(); err != nil || name != identity.AnonymousName {
		t.Errorf("Default() = %q, %v", name, err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 || list[0].Kind != identity.KindAnonymous {
		t.Errorf("List() = %v, %v", list, err)
	}
	if _, err := s.Load(identity.AnonymousName); err != nil {
		t.Errorf("Load(anonymous): %v", err)
	}
}

func TestStoreRefusesBrokenFiles(t *testing.T) {
	tests := []struct{ name, file, content, want string }{
		{"list of another version", "identity_list.json", `{"v":2}`, "incompatible new version"},
		{"list without version", "identity_list.json", `{}`, "incompatible new version"},
		{"list that is not JSON", "identity_list.json", `{"v":1,`, "unexpected end"},
		{"list of another shape", "identity_list.json", `{"v":1,"identities":[]}`, "cannot unmarshal"},
		{"defaults of another version", "identity_defaults.json", `{"v":2}`, "incompatible new version"},
		{"list too large", "identity_list.json", strings.Repeat(" ", 64<<10+1), "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := writeStore(t, map[string]string{tt.file: tt.content})
			_, err := s.List()
			if tt.file == "identity_defaults.json" {
				_, err = s.Default()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.file) {
				t.Errorf("got %v, want an error with %q and %q", err, tt.want, tt.file)
			}
			if strings.Contains(tt.name, "version") && !errors.Is(err, identity.ErrVersion) {
				t.Errorf("got %v, want ErrVersion", err)
			}
		})
	}
}

func TestStoreRefusesFolders(t *testing.T) {
	s := writeStore(t, map[string]string{"identity_list.json/x": ""})
	if _, err := s.List(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("List(): %v, want it refused", err)
	}
}

func TestDefaultHome(t *testing.T) {
	tests := []struct {
		name, goos, home string
		env              map[string]string
		want             string
	}{
		{"ICP_HOME", "linux", "/home/a", map[string]string{"ICP_HOME": "/x/icp"}, "/x/icp"},
		{"linux", "linux", "/home/a", nil, "/home/a/.local/share/icp-cli"},
		{"linux with XDG", "linux", "/home/a", map[string]string{"XDG_DATA_HOME": "/data"}, "/data/icp-cli"},
		{"linux with XDG and no home", "linux", "", map[string]string{"XDG_DATA_HOME": "/data"}, "/data/icp-cli"},
		{"linux with relative XDG", "linux", "/home/a", map[string]string{"XDG_DATA_HOME": "data"}, "/home/a/.local/share/icp-cli"},
		{"mac", "darwin", "/Users/a", nil, "/Users/a/Library/Application Support/org.dfinity.icp-cli"},
		{"windows", "windows", "/a", map[string]string{"APPDATA": "/roaming"}, "/roaming/icp-cli/data"},
		{"windows without APPDATA", "windows", "/a", nil, "/a/AppData/Roaming/icp-cli/data"},
		{"nothing known", "linux", "", nil, ""},
	}
	for _, tt := range tests {
		if runtime.GOOS == "windows" && strings.Contains(tt.name, "XDG") {
			continue // "/data" is no absolute path there
		}
		got := identity.DefaultHome(func(k string) string { return tt.env[k] }, tt.goos, filepath.FromSlash(tt.home))
		if filepath.ToSlash(got) != tt.want {
			t.Errorf("%s: DefaultHome = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestErrorsOfZeroValues(t *testing.T) {
	for _, err := range []error{
		&identity.UnsupportedError{}, &identity.KeyError{}, &identity.CurveError{}, &identity.NotFoundError{},
		&identity.LoadError{}, &identity.MismatchError{},
	} {
		if err.Error() == "" {
			t.Errorf("zero %T has no text", err)
		}
	}
}

package deploy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/principal"
)

func TestIDFile(t *testing.T) {
	dir := t.TempDir()
	ids := deploy.ConnectedIDs(dir, "staging")
	if known, err := ids.Load(); err != nil || len(known) != 0 {
		t.Errorf("Load without a file = %v, %v, want none", known, err)
	}
	for _, name := range []string{"web", "api"} {
		if err := ids.Set(name, principal.Management()); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, ".icp", "data", "mappings", "staging.ids.json"))
	want := "{\n  \"api\": \"aaaaa-aa\",\n  \"web\": \"aaaaa-aa\"\n}\n"
	if err != nil || string(b) != want {
		t.Errorf("file = %q, %v, want %q: readable, and sorted", b, err, want)
	}
	if known, err := ids.Load(); err != nil || len(known) != 2 {
		t.Errorf("Load = %v, %v, want both", known, err)
	}
}

func TestIDFilesByNetwork(t *testing.T) {
	for _, tt := range []struct {
		name string
		ids  deploy.IDs
		want string
	}{
		{"connected", deploy.ConnectedIDs("p", "e"), "p/.icp/data/mappings/e.ids.json"},
		{"icp-cli's own", deploy.ManagedIDs("p", "e"), "p/.icp/cache/mappings/e.ids.json"},
		{"ours", deploy.OwnIDs(deploy.NetworkDir("p", "local"), "e"), "p/.berth/networks/local/e.ids.json"},
	} {
		if got := filepath.ToSlash(tt.ids.File); got != tt.want {
			t.Errorf("file of ids, %s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestBadIDFiles(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"no JSON", "c: aaaaa-aa", "invalid character"},
		{"no object", `["aaaaa-aa"]`, "cannot unmarshal array"},
		{"no principal", `{"c": "aaaaa-ab"}`, "aaaaa-ab"},
		{"too large", strings.Repeat(" ", 1<<20+1), "larger than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ids := deploy.IDs{File: filepath.Join(t.TempDir(), "e.ids.json")}
			if err := os.WriteFile(ids.File, []byte(tt.content), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := ids.Load()
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), ids.File) {
				t.Errorf("Load = %v, want %q and the file", err, tt.want)
			}
			if err := ids.Set("d", principal.Management()); err == nil {
				t.Error("Set wrote over a file it could not read")
			}
			if b, _ := os.ReadFile(ids.File); string(b) != tt.content {
				t.Errorf("the file was changed to %q", b)
			}
		})
	}
}

// TestIDFileWithoutEnd gives a link to a device, which a clone can have.
func TestIDFileWithoutEnd(t *testing.T) {
	ids := deploy.IDs{File: filepath.Join(t.TempDir(), "e.ids.json")}
	if err := os.Symlink(os.DevNull, ids.File); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := ids.Load(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Load = %v, want a device refused", err)
	}
}

func FuzzIDs(f *testing.F) {
	f.Add([]byte(`{"c":"aaaaa-aa","d":"2vxsx-fae"}`))
	f.Add([]byte(`{"c":null}`))
	f.Add([]byte(`{"c":"bnz7o-iuaaa-aaaaa-qaaaa-cai","c":"aaaaa-aa"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		ids := deploy.IDs{File: filepath.Join(t.TempDir(), "e.ids.json")}
		if err := os.WriteFile(ids.File, content, 0o666); err != nil {
			t.Fatal(err)
		}
		known, err := ids.Load()
		if err != nil {
			return
		}
		if err := ids.Set("added", principal.Anonymous()); err != nil {
			t.Fatalf("Set = %v after Load = %v", err, known)
		}
		again, err := ids.Load()
		if err != nil || again["added"] != principal.Anonymous() {
			t.Fatalf("Load after Set = %v, %v", again, err)
		}
		for name, id := range known {
			if name != "added" && again[name] != id {
				t.Errorf("%q became %v, want %v", name, again[name], id)
			}
		}
	})
}

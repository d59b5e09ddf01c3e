package mgmt_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/candid"
)

// storeChunk answers upload_chunk with the hash of what it got.
func (m *management) storeChunk(args []candid.Value) ([]byte, error) {
	chunk, ok := args[0].(candid.Record).Field("chunk")
	if !ok {
		return nil, errors.New("no chunk")
	}
	hash := sha256.Sum256(chunk.(candid.Blob))
	return candid.Marshal(struct {
		Hash []byte `candid:"hash"`
	}{hash[:]})
}

func blob(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, "\\%02x", c)
	}
	return `blob "` + s.String() + `"`
}

func TestInstallAtOnce(t *testing.T) {
	tests := []struct {
		name    string
		request mgmt.InstallRequest
		mode    string
		arg     string
	}{
		{"install", mgmt.InstallRequest{Mode: mgmt.ModeInstall}, "install", `DIDL\00\00`},
		{"reinstall with argument", mgmt.InstallRequest{Mode: mgmt.ModeReinstall, Arg: []byte("x")}, "reinstall", "x"},
		{"upgrade", mgmt.InstallRequest{Mode: mgmt.ModeUpgrade}, "upgrade = null", `DIDL\00\00`},
		{"upgrade keeping memory", mgmt.InstallRequest{Mode: mgmt.ModeUpgrade, Memory: mgmt.PersistKeep},
			"upgrade = opt record { wasm_memory_persistence = opt variant { keep } }", `DIDL\00\00`},
		{"upgrade replacing memory", mgmt.InstallRequest{Mode: mgmt.ModeUpgrade, Memory: mgmt.PersistReplace},
			"upgrade = opt record { wasm_memory_persistence = opt variant { replace } }", `DIDL\00\00`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newManagement(t, interfaceOfToday)
			tt.request.Canister, tt.request.Wasm = canister(t), []byte("wasm")
			if err := mgmt.New(m).Install(t.Context(), tt.request); err != nil {
				t.Errorf("Install: %v", err)
			}
			m.expect(canister(t), "install_code", `(record { mode = variant { `+tt.mode+` }; canister_id = principal "`+canisterText+
				`"; wasm_module = blob "wasm"; arg = blob "`+tt.arg+`" })`)
		})
	}
}

func TestInstallNeedsMode(t *testing.T) {
	m := newManagement(t, interfaceOfToday)
	if err := mgmt.New(m).Install(t.Context(), mgmt.InstallRequest{Canister: canister(t)}); !errors.Is(err, mgmt.ErrNoMode) || len(m.calls) != 0 {
		t.Errorf("Install: %v after %d calls, want ErrNoMode", err, len(m.calls))
	}
}

// One byte decides between one call and chunks.
func TestInstallChoosesTheWay(t *testing.T) {
	limit := 2<<20 - 500 - len("DIDL\x00\x00")
	for size, first := range map[int]string{limit: "install_code", limit + 1: "clear_chunk_store"} {
		m := newManagement(t, interfaceOfToday)
		err := mgmt.New(m).Install(t.Context(), mgmt.InstallRequest{Canister: canister(t), Mode: mgmt.ModeInstall, Wasm: make([]byte, size)})
		if err != nil || m.calls[0].method != first {
			t.Errorf("Install of %d bytes: %v, first call %s, want %s", size, err, m.calls[0].method, first)
		}
	}
}

func TestInstallChunked(t *testing.T) {
	m := newManagement(t, interfaceOfToday)
	wasm := bytes.Repeat([]byte{1, 2, 3}, 1<<20) // 3 MiB: chunks of 1 MiB each, and none more
	wasm = append(wasm, 9)                       // and one of a byte
	if err := mgmt.New(m).Install(t.Context(), mgmt.InstallRequest{Canister: canister(t), Mode: mgmt.ModeInstall, Wasm: wasm}); err != nil {
		t.Fatalf("Install: %v", err)
	}
	var methods []string
	for _, c := range m.calls {
		methods = append(methods, c.method)
	}
	want := "clear_chunk_store upload_chunk upload_chunk upload_chunk upload_chunk install_chunked_code clear_chunk_store"
	if got := strings.Join(methods, " "); got != want {
		t.Fatalf("called %s, want %s", got, want)
	}
	var hashes []string
	for _, part := range [][]byte{wasm[:1<<20], wasm[1<<20 : 2<<20], wasm[2<<20 : 3<<20], wasm[3<<20:]} {
		h := sha256.Sum256(part)
		hashes = append(hashes, "record { hash = "+blob(h[:])+" }")
	}
	whole := sha256.Sum256(wasm)
	m.calls = m.calls[5:6]
	m.expect(canister(t), "install_chunked_code", `(record { mode = variant { install }; target_canister = principal "`+canisterText+
		`"; chunk_hashes_list = vec { `+strings.Join(hashes, "; ")+` }; wasm_module_hash = `+blob(whole[:])+`; arg = blob "DIDL\00\00" })`)
}

func TestInstallChunkedFails(t *testing.T) {
	why := errors.New("no")
	tests := []struct {
		name  string
		spoil func(m *management)
		want  error
		calls int
	}{
		{"clearing", func(m *management) { m.fails["clear_chunk_store"] = why }, why, 1},
		{"uploading", func(m *management) { m.fails["upload_chunk"] = why }, why, 2},
		{"another hash", func(m *management) { m.replies["upload_chunk"] = `(record { hash = blob "x" })` }, mgmt.ErrChunkHash, 2},
		{"installing", func(m *management) { m.fails["install_chunked_code"] = why }, why, 6}, // the store is cleared all the same
	}
	for _, tt := range tests {
		m := newManagement(t, interfaceOfToday)
		tt.spoil(m)
		err := mgmt.New(m).Install(t.Context(), mgmt.InstallRequest{Canister: canister(t), Mode: mgmt.ModeInstall, Wasm: make([]byte, 3<<20)})
		if !errors.Is(err, tt.want) || len(m.calls) != tt.calls {
			t.Errorf("%s: Install: %v after %d calls, want %v after %d", tt.name, err, len(m.calls), tt.want, tt.calls)
		}
	}
}

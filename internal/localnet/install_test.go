package localnet_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
)

func pack(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestInstallPacked(t *testing.T) {
	n := open(t)
	packed := pack(t, universalWasm(t))
	c := n.install(t, alice(t), packed, nil)
	wantReply(t, n.ask(t, c, replyWith("x")), []byte("x"))
	if s := n.status(t, alice(t), c); s.ModuleHash == nil || !bytes.Equal(*s.ModuleHash, digest(packed)) {
		t.Error("module_hash is not that of the bytes that were sent")
	}
}

// Row N14: modules that are refused change nothing.
func TestInstallRefuses(t *testing.T) {
	n := open(t)
	wasm := universalWasm(t)
	tests := []struct {
		name string
		wasm []byte
		says string
	}{
		{"nothing", nil, "magic"},
		{"text", []byte("hello"), "magic"},
		{"cut", wasm[:len(wasm)-100], "end"},
		{"bad code", append(bytes.Clone(wasm[:len(wasm)-300]), bytes.Repeat([]byte{0xff}, 300)...), ""},
		{"unknown section", append(bytes.Clone(wasm), 77, 0), "section 77"},
		{"broken gzip", pack(t, wasm)[:500], "gzip"},
	}
	if eng := newEngine(t); !eng.Features().Memory64 {
		tests = append(tests, struct {
			name string
			wasm []byte
			says string
		}{"64-bit memory", []byte("\x00asm\x01\x00\x00\x00\x05\x03\x01\x04\x01"), "build berth with -tags wasmtime"})
	}
	c, full := n.create(t, alice(t)), n.universal(t)
	n.run(t, full, prog(nil).text("kept").do(opSetGlobal).then(replyWith("")))
	before := n.hash(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []result{
				n.installMode(t, alice(t), c, "install", tt.wasm, nil),
				n.installMode(t, alice(t), full, "upgrade", tt.wasm, nil),
				n.installMode(t, alice(t), full, "reinstall", tt.wasm, nil),
			} {
				if r.code != 5 || r.errorCode != "IC0505" || !strings.Contains(r.message, tt.says) {
					t.Errorf("got %v, want reject 5 IC0505 with %q", r, tt.says)
				}
			}
			if n.hash(t) != before {
				t.Error("the state changed")
			}
			wantReply(t, n.ask(t, full, prog(nil).do(opGetGlobal).reply()), []byte("kept"))
		})
	}
	wantReject(t, n.installMode(t, alice(t), full, "install", wasm, nil), 5, "IC0514")
	wantReject(t, n.installMode(t, alice(t), c, "upgrade", wasm, nil), 5, "IC0537")
	wantReject(t, n.installMode(t, bob(t), c, "install", wasm, nil), 5, "IC0512")
}

// Row N17: init that traps leaves the canister empty.
func TestInitTraps(t *testing.T) {
	n := open(t)
	c := n.create(t, alice(t))
	before := n.hash(t)
	wantReject(t, n.installMode(t, alice(t), c, "install", universalWasm(t), touchAll().text("init").do(opTrap)), 5, "IC0503")
	if n.hash(t) != before {
		t.Error("the state changed")
	}
	if s := n.status(t, alice(t), c); s.ModuleHash != nil {
		t.Errorf("module_hash = %x", *s.ModuleHash)
	}
	st := n.readState(t, alice(t), c, [][]byte{[]byte("canister"), c.Bytes(), []byte("module_hash")})
	if _, got := st.Lookup(cert.NewPath("canister", string(c.Bytes()), "module_hash")); got != cert.Absent {
		t.Errorf("certified module_hash is %v", got)
	}
}

// Row N18: upgrades.
func TestUpgrade(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	// pre_upgrade writes the version it sees to stable memory, post_upgrade another
	// and its argument.
	pre := prog(nil).num(0).do(opVersion, opBytes8, opStableWrite)
	setup := prog(nil).num(1).do(opStableGrow, opDrop).text("heap").do(opSetGlobal).blob(pre).do(opSetPreUpgrade)
	if r := n.run(t, c, setup.then(replyWith(""))); r.code != 0 {
		t.Fatal(r)
	}
	version := n.status(t, alice(t), c).Version
	post := prog(nil).num(8).do(opVersion, opBytes8, opStableWrite).num(16).do(opCaller, opStableWrite)
	if r := n.installMode(t, alice(t), c, "upgrade", universalWasm(t), post); r.code != 0 {
		t.Fatal(r)
	}
	read := n.ask(t, c, prog(nil).num(0).num(16).do(opStableRead).reply()).data
	want := append(le64(version), le64(version+1)...)
	if !bytes.Equal(read, want) {
		t.Errorf("versions seen = %x, want %x", read, want)
	}
	wantReply(t, n.ask(t, c, prog(nil).num(16).num(29).do(opStableRead).reply()), alice(t).Principal().Bytes())
	wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal).reply()), nil)
}

func le64(v uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return b
}

// Rows N17, N18: an upgrade or reinstallation that traps changes nothing at all.
func TestUpgradeTraps(t *testing.T) {
	trap := prog(nil).text("stop").do(opTrap)
	tests := []struct {
		name, mode string
		pre, arg   prog
	}{
		{"in pre_upgrade", "upgrade", touchAll().then(trap), nil},
		{"in post_upgrade", "upgrade", nil, touchAll().then(trap)},
		{"in post_upgrade after pre_upgrade", "upgrade", touchAll(), touchAll().then(trap)},
		{"out of instructions", "upgrade", touchAll(), touchAll().do(opLoop)},
		{"in init", "reinstall", nil, touchAll().then(trap)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := open(t)
			c := n.universal(t)
			setup := prog(nil).num(1).do(opStableGrow, opDrop).num(0).text("stable").do(opStableWrite).text("heap").do(opSetGlobal).
				num(1<<63).do(opTimerSet, opDrop).text("data").do(opCertifiedData).blob(tt.pre).do(opSetPreUpgrade)
			if r := n.run(t, c, setup.then(replyWith(""))); r.code != 0 {
				t.Fatal(r)
			}
			before := n.hash(t)
			if r := n.installMode(t, alice(t), c, tt.mode, universalWasm(t), tt.arg); r.code != 5 {
				t.Errorf("%s: %v", tt.mode, r)
			}
			if n.hash(t) != before {
				t.Error("the state changed")
			}
			read := prog(nil).num(0).num(6).do(opStableRead, opGetGlobal, opConcat).reply()
			wantReply(t, n.run(t, c, read), []byte("stableheap"))
		})
	}
}

// Row N21: installing in chunks.
func TestChunks(t *testing.T) {
	n := open(t)
	c, store := n.create(t, alice(t)), n.create(t, alice(t))
	wasm := universalWasm(t)
	type uploadArg struct {
		ID    principal.Principal `candid:"canister_id"`
		Chunk []byte              `candid:"chunk"`
	}
	type hashArg struct {
		Hash []byte `candid:"hash"`
	}
	type chunkedArg struct {
		Mode   modeArg              `candid:"mode"`
		Target principal.Principal  `candid:"target_canister"`
		Store  *principal.Principal `candid:"store_canister"`
		Chunks []hashArg            `candid:"chunk_hashes_list"`
		Hash   []byte               `candid:"wasm_module_hash"`
		Arg    []byte               `candid:"arg"`
	}
	var list []hashArg
	for _, chunk := range [][]byte{wasm[:5000], wasm[5000:9000], wasm[9000:]} {
		r := n.manage(t, alice(t), store, "upload_chunk", uploadArg{store, chunk})
		var h hashArg
		if err := candid.Unmarshal(r.data, &h); err != nil || !bytes.Equal(h.Hash, digest(chunk)) {
			t.Fatalf("upload_chunk: %v: %v", r, err)
		}
		list = append(list, h)
	}
	wantReject(t, n.manage(t, alice(t), store, "upload_chunk", uploadArg{store, make([]byte, 1<<20+1)}), 5, "IC0406")
	wantReject(t, n.manage(t, bob(t), store, "upload_chunk", uploadArg{store, []byte("x")}), 5, "IC0512")
	var stored []hashArg
	if err := candid.Unmarshal(n.manage(t, alice(t), store, "stored_chunks", idArg{store}).data, &stored); err != nil || len(stored) != 3 {
		t.Errorf("stored_chunks: %v, %v", stored, err)
	}
	good := chunkedArg{Mode: modeArg{Install: &candid.Null{}}, Target: c, Store: &store, Chunks: list, Hash: digest(wasm)}
	try := func(change func(*chunkedArg)) result {
		a := good
		change(&a)
		return n.manage(t, alice(t), c, "install_chunked_code", a)
	}
	wantReject(t, try(func(a *chunkedArg) { a.Hash = digest(nil) }), 5, "IC0406")
	wantReject(t, try(func(a *chunkedArg) { a.Chunks = []hashArg{list[1], list[0], list[2]} }), 5, "IC0406")
	wantReject(t, try(func(a *chunkedArg) { a.Chunks = []hashArg{{digest(nil)}} }), 5, "IC0406")
	wantReject(t, try(func(a *chunkedArg) { a.Store = nil }), 5, "IC0406")
	wantReply(t, try(func(*chunkedArg) {}), []byte("DIDL\x00\x00"))
	wantReply(t, n.ask(t, c, replyWith("x")), []byte("x"))
	n.manage(t, alice(t), store, "clear_chunk_store", idArg{store})
	wantReject(t, try(func(a *chunkedArg) { a.Mode = modeArg{Reinstall: &candid.Null{}} }), 5, "IC0406")
}

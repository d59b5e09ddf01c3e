package localnet_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

func inDir(dir string) func(*localnet.Config) {
	return func(c *localnet.Config) { c.StateDir = dir }
}

// append adds text to the global of a universal canister.
func appendGlobal(s string) prog {
	return prog(nil).do(opGetGlobal).text(s).do(opConcat, opSetGlobal, opGetGlobal).reply()
}

// Row N54: everything is there again.
func TestStateSurvives(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	c, empty := n.universal(t), n.create(t, bob(t))
	far := prog(nil).num(100_000).do(opStableGrow, opDrop).num(5 << 30).text("far").do(opStableWrite)
	n.run(t, c, far.text("data").do(opCertifiedData).num(1<<63).do(opTimerSet, opDrop).num(20).do(opMemoryGrow, opDrop).then(appendGlobal("a")))
	n.manage(t, bob(t), empty, "stop_canister", idArg{empty})
	chunk := struct {
		ID    principal.Principal `candid:"canister_id"`
		Chunk []byte              `candid:"chunk"`
	}{empty, []byte("chunk")}
	n.manage(t, bob(t), empty, "upload_chunk", chunk)
	req := n.callContent(alice(t), c, "update", appendGlobal("b"))
	body := encodeCBOR(t, envelope(t, alice(t), req))
	n.post(t, "/api/v4/canister/"+c.String()+"/call", body)
	hash, root := n.hash(t), n.RootKey()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}

	m := open(t, inDir(dir), func(c *localnet.Config) { c.Seed = nil })
	if m.hash(t) != hash {
		t.Error("the state is another one")
	}
	if !bytes.Equal(m.RootKey(), root) {
		t.Error("the root key is another one")
	}
	wantReply(t, m.ask(t, c, prog(nil).do(opGetGlobal).reply()), []byte("ab"))
	wantReply(t, m.ask(t, c, prog(nil).num(5<<30).num(3).do(opStableRead).reply()), []byte("far"))
	if got := m.status(t, bob(t), empty).word(); got != "stopped" {
		t.Errorf("stopped canister is %s", got)
	}
	// A call that was answered before is not run again.
	a := m.post(t, "/api/v4/canister/"+c.String()+"/call", body)
	wantReply(t, m.callResult(t, c, requestID(t, req), a), []byte("ab"))
	id := requestID(t, req)
	st := m.readState(t, alice(t), c, [][]byte{[]byte("request_status"), id[:]})
	if v, _ := st.Lookup(cert.NewPath("request_status", string(id[:]), "reply")); string(v) != "ab" {
		t.Errorf("reply = %q", v)
	}
	m.nonce.Store(1000)
	if another := m.create(t, alice(t)); another == c || another == empty {
		t.Error("an id was given out again")
	}
}

func TestUpgradeAndReinstallSurvive(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	c := n.universal(t)
	n.run(t, c, prog(nil).num(50).do(opMemoryGrow, opDrop).num(3).do(opStableGrow, opDrop).num(9).text("s").do(opStableWrite).then(appendGlobal("a")))
	n.installMode(t, alice(t), c, "upgrade", universalWasm(t), nil)
	hash := n.hash(t)
	n.Close()
	n = open(t, inDir(dir))
	n.nonce.Store(1000)
	if n.hash(t) != hash {
		t.Error("after upgrade the state is another one")
	}
	n.installMode(t, alice(t), c, "reinstall", universalWasm(t), nil)
	n.run(t, c, prog(nil).num(3).do(opStableGrow, opDrop).num(60).do(opMemoryGrow, opDrop).then(replyWith("")))
	hash = n.hash(t)
	n.Close()
	n = open(t, inDir(dir))
	if n.hash(t) != hash {
		t.Error("after reinstall the state is another one")
	}
	wantReply(t, n.ask(t, c, prog(nil).num(9).num(1).do(opStableRead).reply()), []byte{0})
}

// stateFile is the state file of a folder.
func stateFile(dir string) string {
	return filepath.Join(dir, "state")
}

// Row N54: a state file cut anywhere is a state that was committed.
func TestCutStateIsACommittedOne(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	first := n.hash(t)
	start := size(t, stateFile(dir))
	hashes := [][32]byte{first}
	c := n.universal(t)
	hashes = append(hashes, n.hash(t))
	sizes := []int64{start, size(t, stateFile(dir))}
	for range 5 {
		n.run(t, c, appendGlobal("x"))
		hashes = append(hashes, n.hash(t))
		sizes = append(sizes, size(t, stateFile(dir)))
	}
	n.Close()
	whole, err := os.ReadFile(stateFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	eng := newEngine(t)
	step := max(1, (len(whole)-int(start))/60)
	for cut := int(start); cut <= len(whole); cut += step {
		at := t.TempDir()
		for _, tail := range [][]byte{nil, make([]byte, 1000)} {
			if err := os.WriteFile(filepath.Join(at, "state"), append(slices.Clone(whole[:cut]), tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := tryOpen(t, inDir(at), func(c *localnet.Config) { c.Engine = eng })
			if tail != nil && err != nil {
				continue // zero bytes in the middle of a record are damage
			}
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			got := slices.Index(hashes, m.hash(t))
			want := 0
			for i, s := range sizes {
				if s <= int64(cut) {
					want = i
				}
			}
			// Between the making of the canister and its installation no hash was taken.
			if got != want && want > 1 {
				t.Errorf("cut at %d of %d: state %d, want %d", cut, len(whole), got, want)
			}
			m.nonce.Store(1000) // not a call made before
			if r := m.manage(t, alice(t), m.EffectiveCanisterID(), "provisional_create_canister_with_cycles", createArg{}); r.code != 0 {
				t.Errorf("cut at %d: not usable: %v", cut, r)
			}
			m.Close()
			if again := open(t, inDir(at), func(c *localnet.Config) { c.Engine = eng }); again.hash(t) == hashes[want] {
				t.Errorf("cut at %d: what was written after is lost", cut)
			} else {
				again.Close()
			}
		}
	}
}

func size(t testing.TB, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestDamagedState(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	n.universal(t)
	n.Close()
	name := stateFile(dir)
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) error {
		t.Helper()
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := tryOpen(t, inDir(dir))
		return err
	}
	at := []int{17, 18, 20, 21} // in the head of the first record
	for i := range 40 {
		at = append(at, 30+i*(len(good)-30)/40)
	}
	for _, at := range at {
		bad := slices.Clone(good)
		bad[at] ^= 1
		err := write(bad)
		if e, ok := errors.AsType[*localnet.StateError](err); !ok || e.File != name {
			t.Errorf("bit flipped at %d of %d: %v, want a StateError", at, len(good), err)
		}
	}
	future := slices.Clone(good)
	future[15] = 9
	if e, ok := errors.AsType[*localnet.VersionError](write(future)); !ok || e.Found != 9 || e.Want != 1 {
		t.Errorf("format 9: %v", e)
	}
	if _, ok := errors.AsType[*localnet.StateError](write([]byte("hello, this is no state at all"))); !ok {
		t.Error("another file is accepted")
	}
	if err := write(good); err != nil {
		t.Errorf("the good file: %v", err)
	}
}

// A file that was being written when its writer was killed is of no account.
func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	hash := n.hash(t)
	n.Close()
	left := filepath.Join(dir, ".tmp-1234")
	if err := os.WriteFile(left, []byte("half a state"), 0o600); err != nil {
		t.Fatal(err)
	}
	n = open(t, inDir(dir))
	if n.hash(t) != hash {
		t.Error("the state is another one")
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("leftover: %v", err)
	}
}

// Two processes: the second waits, then names the first.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	eng := newEngine(t)
	n := open(t, inDir(dir))
	_, err := tryOpen(t, inDir(dir))
	e, ok := errors.AsType[*localnet.LockedError](err)
	if !ok || e.PID != os.Getpid() || !strings.Contains(err.Error(), "in use by process") {
		t.Fatalf("second Open: %v, want a LockedError naming %d", err, os.Getpid())
	}
	opened := make(chan error, 1)
	go func() {
		m, err := localnet.Open(t.Context(), localnet.Config{Engine: eng, StateDir: dir, LockWait: 30 * time.Second})
		if err == nil {
			err = m.Close()
		}
		opened <- err
	}()
	n.Close()
	if err := <-opened; err != nil {
		t.Errorf("Open that waits: %v", err)
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	n := open(t, inDir(dir))
	for _, name := range []string{dir, stateFile(dir), filepath.Join(dir, "lock")} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	n.Close()
}

// FuzzOpenState: any bytes as a state give an error or a network.
func FuzzOpenState(f *testing.F) {
	dir := f.TempDir()
	n := open(f, inDir(dir))
	c := n.create(f, alice(f))
	n.manage(f, alice(f), c, "stop_canister", idArg{c})
	n.Close()
	good, err := os.ReadFile(stateFile(dir))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("berth localnet\n\x01"))
	eng := newEngine(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		at := t.TempDir()
		if err := os.WriteFile(filepath.Join(at, "state"), localnet.FixChecksums(b), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := localnet.Open(t.Context(), localnet.Config{Engine: eng, StateDir: at, HeartbeatInterval: -1})
		if err != nil {
			return
		}
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// A state file that grew long is replaced by a short one.
func TestStateFileIsCompacted(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 80 MB")
	}
	const bytes = 30 << 16
	m := w.New()
	grow, write, reply := importIC0(m, "stable64_grow", "l:l"), importIC0(m, "stable64_write", "lll:"), importIC0(m, "msg_reply", ":")
	m.Memory(w.Limits{Min: 30})
	value := m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(1))
	m.Export("canister_init", engine.KindFunc, plain(m, w.I64Const(30), w.Call(grow), w.Op(0x1a)))
	// Fill memory with the next value and copy it to stable memory.
	m.Export("canister_update fill", engine.KindFunc, plain(m,
		w.GlobalGet(value), w.I32Const(1), w.Op(0x6a), w.GlobalSet(value),
		w.I32Const(0), w.GlobalGet(value), w.I32Const(bytes), w.MemoryFill(),
		w.I64Const(0), w.I64Const(0), w.I64Const(bytes), w.Call(write), w.Call(reply)))
	dir := t.TempDir()
	n := open(t, inDir(dir))
	c := n.install(t, alice(t), m.Bytes(), nil)
	shrank, last := false, int64(0)
	for range 20 {
		wantReply(t, n.update(t, alice(t), c, "fill", nil), nil)
		now := size(t, stateFile(dir))
		shrank = shrank || now < last
		last = now
	}
	if !shrank {
		t.Errorf("the state file has %d bytes and never shrank", last)
	}
	hash := n.hash(t)
	n.Close()
	if n := open(t, inDir(dir)); n.hash(t) != hash {
		t.Error("the state is another one")
	}
}

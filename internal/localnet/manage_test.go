package localnet_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// status is what tests read of canister_status.
type status struct {
	Status struct {
		_        candid.OneOf
		Running  *candid.Null `candid:"running"`
		Stopping *candid.Null `candid:"stopping"`
		Stopped  *candid.Null `candid:"stopped"`
	} `candid:"status"`
	Version    uint64     `candid:"version"`
	ModuleHash *[]byte    `candid:"module_hash"`
	Cycles     candid.Nat `candid:"cycles"`
	Settings   struct {
		Controllers []principal.Principal `candid:"controllers"`
	} `candid:"settings"`
}

func (n *network) status(t testing.TB, id identity.Identity, c principal.Principal) status {
	t.Helper()
	r := n.manage(t, id, c, "canister_status", idArg{c})
	var s status
	if err := candid.Unmarshal(r.data, &s); err != nil {
		t.Fatalf("canister_status: %v: %v", r, err)
	}
	return s
}

func (s status) word() string {
	switch {
	case s.Status.Running != nil:
		return "running"
	case s.Status.Stopping != nil:
		return "stopping"
	}
	return "stopped"
}

// Row N13: making canisters.
func TestProvisionalCreate(t *testing.T) {
	n := open(t)
	specified := lastID(t)
	outside, err := principal.Parse("ryjl3-tyaaa-aaaaa-aaaba-cai")
	if err != nil {
		t.Fatal(err)
	}
	five, proxy := candid.NatOf(5), n.ProxyID()
	c := n.create(t, alice(t))
	s := n.status(t, alice(t), c)
	if s.Cycles.String() != "100000000000000" || s.word() != "running" || s.ModuleHash != nil || len(s.Settings.Controllers) != 1 || s.Settings.Controllers[0] != alice(t).Principal() {
		t.Errorf("default canister: %+v", s)
	}
	two := []principal.Principal{alice(t).Principal(), bob(t).Principal()}
	c = n.createWith(t, identity.Anonymous(), createArg{Amount: &five, Settings: &settingsArg{&two}, SpecifiedID: &specified})
	if c != specified {
		t.Errorf("specified %v, got %v", specified, c)
	}
	if s := n.status(t, bob(t), c); s.Cycles.String() != "5" || len(s.Settings.Controllers) != 2 {
		t.Errorf("canister with settings: %+v", s)
	}
	var eleven []principal.Principal
	for i := range 11 {
		eleven = append(eleven, key(t, identity.Ed25519, byte(i)).Principal())
	}
	tests := []struct {
		name string
		arg  createArg
		says string
	}{
		{"id taken", createArg{SpecifiedID: &specified}, "is taken"},
		{"id of the proxy", createArg{SpecifiedID: &proxy}, "is taken"},
		{"id out of range", createArg{SpecifiedID: &outside}, "not in this network's range"},
		{"11 controllers", createArg{Settings: &settingsArg{&eleven}}, "at most 10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := n.manage(t, alice(t), n.EffectiveCanisterID(), "provisional_create_canister_with_cycles", tt.arg)
			if r.code != 4 || !strings.Contains(r.message, tt.says) {
				t.Errorf("got %v, want reject 4 with %q", r, tt.says)
			}
		})
	}
	wantReject(t, n.manage(t, alice(t), n.EffectiveCanisterID(), "create_canister", createArg{}), 4, "IC0406")
}

func TestCreateFromCanister(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	before := n.balance(t, c)
	r := n.run(t, c, prog(nil).call(outcall{to: principal.Management(), method: "create_canister", arg: marshal(t, createArg{}), cycles: 5000}))
	made := createdID(t, r)
	if got := n.balance(t, c); got != before-5000 {
		t.Errorf("the maker has %d cycles, want %d", got, before-5000)
	}
	install := marshal(t, installArg{Mode: modeArg{Install: &candid.Null{}}, ID: made, Wasm: universalWasm(t)})
	wantReply(t, n.run(t, c, prog(nil).call(outcall{to: principal.Management(), method: "install_code", arg: install})), []byte("DIDL\x00\x00"))
	if got := n.balance(t, made); got != 5000 {
		t.Errorf("the new canister has %d cycles, want 5000", got)
	}
	wantReply(t, n.run(t, c, prog(nil).call(outcall{to: principal.Management(), method: "deposit_cycles", arg: marshal(t, idArg{made}), cycles: 7})), []byte("DIDL\x00\x00"))
	if got := n.balance(t, made); got != 5007 {
		t.Errorf("after the deposit it has %d cycles, want 5007", got)
	}
}

// A canister that says its version must say the one it sees.
func TestSenderVersion(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	arg := marshal(t, struct {
		Version *uint64 `candid:"sender_canister_version"`
	}{new(uint64)}) // which ends with the number
	create := func(version prog) prog {
		p := prog(nil).call(outcall{to: principal.Management(), method: "create_canister", dontPerform: true})
		return p.blob(arg[:len(arg)-8]).then(version).do(opBytes8, opConcat, opCallData, opCallPerform, opDrop)
	}
	createdID(t, n.run(t, c, create(prog(nil).do(opVersion))))
	r := n.run(t, c, create(prog(nil).num(1<<40)))
	if r.code != 0 || !bytes.Contains(r.data, []byte("sender_canister_version is 1099511627776")) {
		t.Errorf("create_canister with another version: %v %q", r, r.data)
	}
}

// Row N22: starting and stopping.
func TestStartStop(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	if got := n.status(t, alice(t), c).word(); got != "running" {
		t.Errorf("new canister is %s", got)
	}
	for range 2 {
		if r := n.manage(t, alice(t), c, "stop_canister", idArg{c}); r.code != 0 {
			t.Fatal(r)
		}
	}
	if got := n.status(t, alice(t), c).word(); got != "stopped" {
		t.Errorf("canister is %s", got)
	}
	wantReject(t, n.run(t, c, replyWith("x")), 5, "IC0508")
	wantReject(t, n.ask(t, c, replyWith("x")), 5, "IC0508")
	wantReject(t, n.manage(t, bob(t), c, "start_canister", idArg{c}), 5, "IC0512")
	if r := n.manage(t, alice(t), c, "start_canister", idArg{c}); r.code != 0 {
		t.Fatal(r)
	}
	wantReply(t, n.run(t, c, prog(nil).do(opStatus, opBytes4).reply()), []byte{1, 0, 0, 0})
}

// Row N22: a canister with open calls stops when they are answered; start cancels
// the stopping.
func TestStoppingWaitsForOpenCalls(t *testing.T) {
	n := open(t)
	c, helper := n.universal(t), n.universal(t)
	addController(t, n, c, helper)
	addController(t, n, c, c)
	mgmt := func(method string, o outcall) prog {
		o.to, o.method, o.arg = principal.Management(), method, marshal(t, idArg{c})
		return prog(nil).call(o)
	}
	// c calls helper, and helper stops c, which has the first call still open:
	// while it waits, c is stopping and new calls are refused.
	seen := prog(nil).call(outcall{to: c, method: "update", arg: replyWith("in time")})
	stop := prog(nil).
		call(outcall{to: principal.Management(), method: "stop_canister", arg: marshal(t, idArg{c}), onReply: prog(nil).text("stopped").do(opSetGlobal), onReject: prog(nil).do(opRejectMsg, opSetGlobal)}).
		then(seen)
	r := n.run(t, c, prog(nil).call(outcall{to: helper, method: "update", arg: stop}))
	if r.code != 0 || !bytes.Contains(r.data, []byte("is stopping")) {
		t.Errorf("call to a stopping canister: %v %q", r, r.data)
	}
	if got := n.status(t, alice(t), c).word(); got != "stopped" {
		t.Errorf("when its calls were answered the canister was %s", got)
	}
	wantReply(t, n.ask(t, helper, prog(nil).do(opGetGlobal).reply()), []byte("stopped"))

	// c stops itself, which can never be answered; then start cancels it.
	n.manage(t, alice(t), c, "start_canister", idArg{c})
	start := prog(nil).then(mgmt("start_canister", outcall{}))
	both := mgmt("stop_canister", outcall{onReply: replyWith("?"), onReject: showReject()}).
		call(outcall{to: helper, method: "update", arg: start, onReply: prog(nil).do(opArg, opDrop)})
	r = n.run(t, c, both)
	if r.code != 0 || !bytes.Contains(r.data, []byte("was started before it had stopped")) {
		t.Errorf("stop that was cancelled: %v %q", r, r.data)
	}
	if got := n.status(t, alice(t), c).word(); got != "running" {
		t.Errorf("canister is %s", got)
	}
}

type updateSettingsArg struct {
	ID       principal.Principal `candid:"canister_id"`
	Settings settingsArg         `candid:"settings"`
}

func addController(t testing.TB, n *network, c, controller principal.Principal) {
	t.Helper()
	list := append(n.status(t, alice(t), c).Settings.Controllers, controller)
	if r := n.manage(t, alice(t), c, "update_settings", updateSettingsArg{c, settingsArg{&list}}); r.code != 0 {
		t.Fatal(r)
	}
}

// Row N23: settings.
func TestUpdateSettings(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	nobody := []principal.Principal{bob(t).Principal()}
	wantReject(t, n.manage(t, bob(t), c, "update_settings", updateSettingsArg{c, settingsArg{&nobody}}), 5, "IC0512")
	wantReply(t, n.run(t, c, prog(nil).blob(bob(t).Principal().Bytes()).do(opIsController, opBytes4).reply()), make([]byte, 4))
	addController(t, n, c, bob(t).Principal())
	wantReply(t, n.run(t, c, prog(nil).blob(bob(t).Principal().Bytes()).do(opIsController, opBytes4).reply()), []byte{1, 0, 0, 0})
	type wide struct {
		ID       principal.Principal `candid:"canister_id"`
		Settings struct {
			Compute   *candid.Nat `candid:"compute_allocation"`
			Freezing  *candid.Nat `candid:"freezing_threshold"`
			Threshold *candid.Nat `candid:"wasm_memory_threshold"`
			Env       *[]envArg   `candid:"environment_variables"`
		} `candid:"settings"`
	}
	set := func(f func(*wide)) result {
		a := wide{ID: c}
		f(&a)
		return n.manage(t, alice(t), c, "update_settings", a)
	}
	big, ok, one := candid.NatOf(101), candid.NatOf(100), candid.NatOf(1)
	wantReject(t, set(func(a *wide) { a.Settings.Compute = &big }), 4, "IC0406")
	wantReply(t, set(func(a *wide) { a.Settings.Compute = &ok }), []byte("DIDL\x00\x00"))
	wantReject(t, set(func(a *wide) { a.Settings.Threshold = &one }), 4, "IC0406")
	wantReply(t, set(func(a *wide) { a.Settings.Env = &[]envArg{{"A", "1"}, {"B", "two"}} }), []byte("DIDL\x00\x00"))
	wantReply(t, n.ask(t, c, prog(nil).text("B").do(opEnvVar).reply()), []byte("two"))
	wantReject(t, n.ask(t, c, prog(nil).text("C").do(opEnvVar).reply()), 5, "IC0502")
	wantReject(t, set(func(a *wide) { a.Settings.Env = &[]envArg{{"A", "1"}, {"A", "2"}} }), 4, "IC0406")
	wantReject(t, set(func(a *wide) { a.Settings.Env = &[]envArg{{strings.Repeat("A", 129), "1"}} }), 4, "IC0406")
	many := make([]envArg, 21)
	for i := range many {
		many[i].Name = strings.Repeat("x", i)
	}
	wantReject(t, set(func(a *wide) { a.Settings.Env = &many }), 4, "IC0406")
}

type envArg struct {
	Name  string `candid:"name"`
	Value string `candid:"value"`
}

// Row N24: deleting.
func TestDelete(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	wantReject(t, n.manage(t, alice(t), c, "delete_canister", idArg{c}), 5, "IC0510")
	n.manage(t, alice(t), c, "stop_canister", idArg{c})
	if r := n.manage(t, alice(t), c, "delete_canister", idArg{c}); r.code != 0 {
		t.Fatal(r)
	}
	wantReject(t, n.ask(t, c, replyWith("x")), 3, "IC0301")
	if again := n.create(t, alice(t)); again == c {
		t.Error("the id was given out again")
	}
	r := n.manage(t, alice(t), n.EffectiveCanisterID(), "provisional_create_canister_with_cycles", createArg{SpecifiedID: &c})
	wantReject(t, r, 4, "IC0406")
}

// Row N20: uninstalling rejects open calls and clears the chunk store.
func TestUninstall(t *testing.T) {
	n := open(t)
	c, helper := n.universal(t), n.universal(t)
	addController(t, n, c, helper)
	chunk := struct {
		ID    principal.Principal `candid:"canister_id"`
		Chunk []byte              `candid:"chunk"`
	}{c, []byte("chunk")}
	none := n.manage(t, alice(t), c, "stored_chunks", idArg{c}).data
	n.manage(t, alice(t), c, "upload_chunk", chunk)
	uninstall := prog(nil).call(outcall{to: principal.Management(), method: "uninstall_code", arg: marshal(t, idArg{c})})
	r := n.run(t, c, prog(nil).call(outcall{to: helper, method: "update", arg: uninstall}))
	if r.code != 4 || !strings.Contains(r.message, "was uninstalled") {
		t.Errorf("open call: %v", r)
	}
	wantReject(t, n.ask(t, c, replyWith("x")), 5, "IC0537")
	wantReply(t, n.manage(t, alice(t), c, "stored_chunks", idArg{c}), none)
	if r := n.installMode(t, alice(t), c, "install", universalWasm(t), nil); r.code != 0 {
		t.Error(r)
	}
}

// Row N26: randomness.
func TestRawRand(t *testing.T) {
	rand := func(n *network) []byte {
		c := n.universal(t)
		r := n.run(t, c, prog(nil).call(outcall{to: principal.Management(), method: "raw_rand", arg: []byte("DIDL\x00\x00")}))
		var out []byte
		if err := candid.Unmarshal(r.data, &out); err != nil || len(out) != 32 {
			t.Fatalf("raw_rand: %v: %v", r, err)
		}
		wantReject(t, n.manage(t, alice(t), c, "raw_rand", idArg{c}), 4, "IC0406")
		return out
	}
	n := open(t)
	first, second, again := rand(n), rand(n), rand(open(t))
	if bytes.Equal(first, second) || !bytes.Equal(first, again) {
		t.Errorf("raw_rand = %x, %x; with the same seed %x", first, second, again)
	}
}

// Row N52: what is not available says so.
func TestUnavailableMethods(t *testing.T) {
	n := open(t)
	c := n.create(t, alice(t))
	for _, method := range []string{"http_request", "sign_with_ecdsa", "schnorr_public_key", "vetkd_derive_key", "bitcoin_get_balance", "take_canister_snapshot", "node_metrics_history", "anything"} {
		r := n.manage(t, alice(t), c, method, idArg{c})
		wantReject(t, r, 4, "IC0407")
		if !strings.Contains(r.message, "not available in the embedded development network") || !strings.Contains(r.message, method) {
			t.Errorf("%s: %q", method, r.message)
		}
	}
}

// Row N51: logs.
func TestLogs(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	n.run(t, c, prog(nil).text("first").do(opPrint).then(replyWith("")))
	n.run(t, c, prog(nil).text("second").do(opPrint).text("boom").do(opTrap))
	n.ask(t, c, prog(nil).text("from a query").do(opPrint).then(replyWith("")))
	var logs struct {
		Records []struct {
			Index   uint64 `candid:"idx"`
			Content []byte `candid:"content"`
		} `candid:"canister_log_records"`
	}
	r := n.queryAt(t, alice(t), c, principal.Management(), "fetch_canister_logs", marshal(t, idArg{c}))
	if err := candid.Unmarshal(r.data, &logs); err != nil {
		t.Fatalf("%v: %v", r, err)
	}
	if len(logs.Records) != 3 || string(logs.Records[0].Content) != "first" || string(logs.Records[1].Content) != "second" || !strings.Contains(string(logs.Records[2].Content), "boom") {
		t.Errorf("logs = %v", logs.Records)
	}
	wantReject(t, n.queryAt(t, bob(t), c, principal.Management(), "fetch_canister_logs", marshal(t, idArg{c})), 5, "IC0406")
}

func TestStatusAsQuery(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	if r := n.queryAt(t, alice(t), c, principal.Management(), "canister_status", marshal(t, idArg{c})); r.code != 0 {
		t.Error(r)
	}
	wantReject(t, n.queryAt(t, bob(t), c, principal.Management(), "canister_status", marshal(t, idArg{c})), 5, "IC0512")
	wantReply(t, n.run(t, c, prog(nil).call(outcall{to: principal.Management(), method: "canister_status", arg: marshal(t, idArg{c}), onReply: replyWith("itself")})), []byte("itself"))
}

package mgmt_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// interfaceOfToday is the part of the management canister that this package calls, as of specification 0.66, written
// down from the specification and with fields the package does not know.
const interfaceOfToday = `
type log_visibility = variant { controllers; public; allowed_viewers : vec principal };
type variable = record { name : text; value : text };
type canister_settings = record {
  controllers : opt vec principal; compute_allocation : opt nat; memory_allocation : opt nat;
  freezing_threshold : opt nat; reserved_cycles_limit : opt nat; log_visibility : opt log_visibility;
  wasm_memory_limit : opt nat; wasm_memory_threshold : opt nat; environment_variables : opt vec variable;
  minimum_incoming_canister_call_cycles : opt nat; snapshot_visibility : opt log_visibility;
};
type definite_canister_settings = record {
  controllers : vec principal; compute_allocation : nat; memory_allocation : nat; freezing_threshold : nat;
  reserved_cycles_limit : nat; log_visibility : log_visibility; wasm_memory_limit : nat; wasm_memory_threshold : nat;
  environment_variables : vec variable; snapshot_visibility : log_visibility; status_visibility : log_visibility;
};
type mode = variant {
  install; reinstall;
  upgrade : opt record { skip_pre_upgrade : opt bool; wasm_memory_persistence : opt variant { keep; replace } };
};
type chunk_hash = record { hash : blob };
service ic : {
  start_canister : (record { canister_id : principal }) -> ();
  stop_canister : (record { canister_id : principal }) -> ();
  delete_canister : (record { canister_id : principal }) -> ();
  canister_status : (record { canister_id : principal }) -> (record {
    status : variant { running; stopping; stopped }; ready_for_migration : bool; version : nat64;
    settings : definite_canister_settings; module_hash : opt blob; memory_size : nat; cycles : nat;
    reserved_cycles : nat; idle_cycles_burned_per_day : nat; query_stats : record { num_calls_total : nat };
  });
  provisional_create_canister_with_cycles : (record {
    amount : opt nat; settings : opt canister_settings; specified_id : opt principal; sender_canister_version : opt nat64;
  }) -> (record { canister_id : principal });
  update_settings : (record { canister_id : principal; settings : canister_settings; sender_canister_version : opt nat64 }) -> ();
  install_code : (record {
    mode : mode; canister_id : principal; wasm_module : blob; arg : blob; sender_canister_version : opt nat64;
  }) -> ();
  clear_chunk_store : (record { canister_id : principal }) -> ();
  upload_chunk : (record { canister_id : principal; chunk : blob }) -> (chunk_hash);
  install_chunked_code : (record {
    mode : mode; target_canister : principal; store_canister : opt principal; chunk_hashes_list : vec chunk_hash;
    wasm_module_hash : blob; arg : blob; sender_canister_version : opt nat64;
  }) -> ();
}`

// management is a Caller that answers from texts and checks arguments against the interface.
type management struct {
	t       *testing.T
	program *candid.Program
	replies map[string]string // method to Candid text; missing means ()
	fails   map[string]error
	calls   []call
}

type call struct {
	method    string
	effective principal.Principal
	args      []candid.Value
}

func newManagement(t *testing.T, did string) *management {
	t.Helper()
	p, err := candid.ParseDID(did)
	if err != nil {
		t.Fatalf("ParseDID: %v", err)
	}
	return &management{t: t, program: p, replies: map[string]string{}, fails: map[string]error{}}
}

func (m *management) Call(_ context.Context, r agent.CallRequest) ([]byte, error) {
	if !r.Canister.IsManagement() {
		m.t.Errorf("called %s", r.Canister)
	}
	method, ok := m.program.Method(r.Method)
	if !ok {
		m.t.Fatalf("no method %s", r.Method)
	}
	args, err := candid.Decode(r.Arg, method.Args, candid.Quota{})
	if err != nil {
		m.t.Errorf("argument of %s: %v", r.Method, err)
	}
	m.calls = append(m.calls, call{r.Method, r.EffectiveCanister, args})
	if err := m.fails[r.Method]; err != nil {
		return nil, err
	}
	if r.Method == "upload_chunk" && m.replies[r.Method] == "" {
		return m.storeChunk(args)
	}
	text := m.replies[r.Method]
	if text == "" {
		text = "()"
	}
	values, err := candid.ParseArgsAs(text, method.Results)
	if err != nil {
		m.t.Fatalf("reply of %s: %v", r.Method, err)
	}
	return candid.Encode(method.Results, values)
}

// expect checks the calls that were made, given as method and argument in Candid text, all to the same canister.
func (m *management) expect(effective principal.Principal, want ...string) {
	m.t.Helper()
	if len(m.calls)*2 != len(want) {
		m.t.Fatalf("%d calls, want %d", len(m.calls), len(want)/2)
	}
	for i, c := range m.calls {
		if c.method != want[2*i] || c.effective != effective {
			m.t.Errorf("call %d is %s on %s, want %s on %s", i, c.method, c.effective, want[2*i], effective)
			continue
		}
		method, _ := m.program.Method(c.method)
		values, err := candid.ParseArgsAs(want[2*i+1], method.Args)
		if err != nil {
			m.t.Fatalf("bad text in test: %v", err)
		}
		if got := candid.Format(c.args); got != candid.Format(values) {
			m.t.Errorf("%s got %s, want %s", c.method, got, candid.Format(values))
		}
	}
}

const canisterText = "bnz7o-iuaaa-aaaaa-qaaaa-cai"

func canister(t *testing.T) principal.Principal {
	t.Helper()
	p, err := principal.Parse(canisterText)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSimpleMethods(t *testing.T) {
	arg := `(record { canister_id = principal "` + canisterText + `" })`
	for method, f := range map[string]func(*mgmt.Client, context.Context, principal.Principal) error{
		"start_canister": (*mgmt.Client).Start, "stop_canister": (*mgmt.Client).Stop, "delete_canister": (*mgmt.Client).Delete,
	} {
		m := newManagement(t, interfaceOfToday)
		if err := f(mgmt.New(m), t.Context(), canister(t)); err != nil {
			t.Errorf("%s: %v", method, err)
		}
		m.expect(canister(t), method, arg)

		why := errors.New("no")
		m.fails[method] = why
		if err := f(mgmt.New(m), t.Context(), canister(t)); !errors.Is(err, why) {
			t.Errorf("%s: %v, want the caller's error", method, err)
		}
	}
}

func TestProvisionalCreate(t *testing.T) {
	m := newManagement(t, interfaceOfToday)
	method := "provisional_create_canister_with_cycles"
	m.replies[method] = `(record { canister_id = principal "` + canisterText + `" })`
	cycles, id := candid.NatOf(5_000_000_000_000), canister(t)
	controllers := []principal.Principal{principal.Anonymous()}
	got, err := mgmt.New(m).ProvisionalCreate(t.Context(), mgmt.CreateRequest{
		EffectiveCanister: canister(t), Cycles: &cycles, Settings: mgmt.Settings{Controllers: &controllers}, ID: &id,
	})
	if err != nil || got != canister(t) {
		t.Errorf("ProvisionalCreate = %v, %v", got, err)
	}
	m.expect(canister(t), method, `(record { amount = opt 5_000_000_000_000; settings = opt record {
		controllers = opt vec { principal "2vxsx-fae" } }; specified_id = opt principal "`+canisterText+`" })`)
}

func TestUpdateSettings(t *testing.T) {
	m := newManagement(t, interfaceOfToday)
	threshold := candid.NatOf(2_592_000)
	err := mgmt.New(m).UpdateSettings(t.Context(), canister(t), mgmt.Settings{
		FreezingThreshold: &threshold,
		LogVisibility:     &mgmt.Visibility{Public: &candid.Null{}},
		Environment:       &[]mgmt.Variable{{Name: "PUBLIC_CANISTER_ID:a", Value: "x"}},
	})
	if err != nil {
		t.Errorf("UpdateSettings: %v", err)
	}
	m.expect(canister(t), "update_settings", `(record { canister_id = principal "`+canisterText+`"; settings = record {
		freezing_threshold = opt 2_592_000; log_visibility = opt variant { public };
		environment_variables = opt vec { record { name = "PUBLIC_CANISTER_ID:a"; value = "x" } } } })`)
}

const fullStatus = `(record { status = variant { stopping }; ready_for_migration = false; version = 7;
	settings = record { controllers = vec { principal "2vxsx-fae" }; compute_allocation = 1; memory_allocation = 2;
		freezing_threshold = 3; reserved_cycles_limit = 4; log_visibility = variant { controllers }; wasm_memory_limit = 5;
		wasm_memory_threshold = 6; environment_variables = vec { record { name = "a"; value = "b" } };
		snapshot_visibility = variant { public }; status_visibility = variant { public } };
	module_hash = opt blob "\01\02"; memory_size = 10; cycles = 100_000_000_000_000_000_000_000; reserved_cycles = 8;
	idle_cycles_burned_per_day = 9; query_stats = record { num_calls_total = 1 } })`

func TestCanisterStatus(t *testing.T) {
	m := newManagement(t, interfaceOfToday)
	m.replies["canister_status"] = fullStatus
	s, err := mgmt.New(m).CanisterStatus(t.Context(), canister(t))
	if err != nil {
		t.Fatalf("CanisterStatus: %v", err)
	}
	if s.State != mgmt.Stopping || string(s.ModuleHash) != "\x01\x02" || s.Cycles.String() != "100000000000000000000000" || *s.Version != 7 {
		t.Errorf("CanisterStatus = %+v", s)
	}
	if len(s.Settings.Controllers) != 1 || s.Settings.LogVisibility.Controllers == nil || (*s.Settings.Environment)[0].Value != "b" ||
		s.Settings.WasmMemoryLimit.String() != "5" {
		t.Errorf("CanisterStatus: settings %+v", s.Settings)
	}
	m.expect(canister(t), "canister_status", `(record { canister_id = principal "`+canisterText+`" })`)
}

// An older network has fewer fields, a newer one more, and another kind of visibility.
func TestCanisterStatusOfOtherVersions(t *testing.T) {
	const head = `service : { canister_status : (record { canister_id : principal }) -> (record {
		status : variant { running; stopped }; module_hash : opt blob; memory_size : nat; cycles : nat;`
	settings := func(more string) string {
		return `settings : record { controllers : vec principal; compute_allocation : nat; memory_allocation : nat; freezing_threshold : nat; ` + more + `}`
	}
	const values = `status = variant { running }; module_hash = null; memory_size = 1; cycles = 2;
		settings = record { controllers = vec {}; compute_allocation = 0; memory_allocation = 0; freezing_threshold = 0; `
	tests := []struct{ name, did, reply string }{
		{"older", head + settings("") + "}) }", "(record {" + values + "} })"},
		{"newer", head + settings("log_visibility : variant { friends : vec principal }; moon : text;") + "; sun : record { a : int } }) }",
			"(record {" + values + `log_visibility = variant { friends = vec {} }; moon = "x" }; sun = record { a = 1 } })`},
	}
	for _, tt := range tests {
		m := newManagement(t, tt.did)
		m.replies["canister_status"] = tt.reply
		s, err := mgmt.New(m).CanisterStatus(t.Context(), canister(t))
		if err != nil || s.State != mgmt.Running || s.ModuleHash != nil || s.Settings.LogVisibility != nil || s.Version != nil {
			t.Errorf("%s: CanisterStatus = %+v, %v", tt.name, s, err)
		}
	}
}

func TestBrokenReply(t *testing.T) {
	m := newManagement(t, `service : { canister_status : (record { canister_id : principal }) -> (text) }`)
	m.replies["canister_status"] = `("x")`
	_, err := mgmt.New(m).CanisterStatus(t.Context(), canister(t))
	if _, ok := errors.AsType[*candid.DecodeError](err); !ok {
		t.Errorf("CanisterStatus: %v, want a *candid.DecodeError", err)
	}
}

type metadata struct {
	t   *testing.T
	err error
}

func (m metadata) Metadata(_ context.Context, _ principal.Principal, name string) ([]byte, error) {
	if name != "enhanced-orthogonal-persistence" {
		m.t.Errorf("asked for %q", name)
	}
	return nil, m.err
}

func TestKeepsMemory(t *testing.T) {
	other := errors.New("no network")
	for _, tt := range []struct {
		in   error
		want bool
		err  error
	}{
		{nil, true, nil}, {agent.ErrAbsent, false, nil}, {fmt.Errorf("x: %w", agent.ErrDenied), false, nil}, {other, false, other},
	} {
		got, err := mgmt.KeepsMemory(t.Context(), metadata{t, tt.in}, canister(t))
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("KeepsMemory after %v = %t, %v", tt.in, got, err)
		}
	}
}

package interop_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// recorder is a caller that keeps what it is given and answers from replies, with
// no values where there is none.
type recorder struct {
	calls   []agent.CallRequest
	replies map[string][]byte // by method
}

func (r *recorder) Call(_ context.Context, c agent.CallRequest) ([]byte, error) {
	r.calls = append(r.calls, c)
	if c.Method == "upload_chunk" {
		return storeChunk(c.Arg)
	}
	if reply, ok := r.replies[c.Method]; ok {
		return reply, nil
	}
	return []byte("DIDL\x00\x00"), nil
}

// storeChunk answers with the digest of the chunk.
func storeChunk(arg []byte) ([]byte, error) {
	var a struct {
		Chunk []byte `candid:"chunk"`
	}
	if err := candid.Unmarshal(arg, &a); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(a.Chunk)
	return candid.Marshal(struct {
		Hash []byte `candid:"hash"`
	}{hash[:]})
}

func parsePrincipal(t *testing.T, text string) principal.Principal {
	t.Helper()
	p, err := principal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// operation is something to do with the management canister, and the calls as the
// JavaScript library reads them: method and argument as JSON.
type operation struct {
	name string
	do   func(context.Context, *mgmt.Client) error
	want []string
}

type object = map[string]any

func settingsJSON(given object) object {
	all := object{}
	for _, name := range strings.Fields(`controllers compute_allocation memory_allocation freezing_threshold reserved_cycles_limit
		log_visibility log_memory_limit snapshot_visibility wasm_memory_limit wasm_memory_threshold environment_variables`) {
		all[name] = []any{}
		if v, ok := given[name]; ok {
			all[name] = []any{v}
		}
	}
	return all
}

func callJSON(method string, arg object) string { return quote(object{"method": method, "arg": arg}) }

func noVersion(o object) object {
	o["sender_canister_version"] = []any{}
	return o
}

// digestOf is how the scripts show long bytes.
func digestOf(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}

func hashJSON(b []byte) object {
	return object{"hash": strings.TrimPrefix(digestOf(b), "sha256:")}
}

// operations is everything our client can do.
func operations(id principal.Principal) []operation {
	about := object{"canister_id": id}
	return append(append(creations(id), installations(id)...), []operation{
		{"start", func(ctx context.Context, m *mgmt.Client) error { return m.Start(ctx, id) }, []string{callJSON("start_canister", about)}},
		{"stop", func(ctx context.Context, m *mgmt.Client) error { return m.Stop(ctx, id) }, []string{callJSON("stop_canister", about)}},
		{"delete", func(ctx context.Context, m *mgmt.Client) error { return m.Delete(ctx, id) }, []string{callJSON("delete_canister", about)}},
		{"status", func(ctx context.Context, m *mgmt.Client) error {
			_, err := m.CanisterStatus(ctx, id)
			return err
		}, []string{callJSON("canister_status", about)}},
	}...)
}

func creations(id principal.Principal) []operation {
	cycles := candid.NatOf(5_000_000_000_000)
	all := allSettings(id)
	create := func(amount, settings, specified []any) string {
		return callJSON("provisional_create_canister_with_cycles", noVersion(object{
			"amount": amount, "settings": settings, "specified_id": specified,
		}))
	}
	return []operation{
		{"create", func(ctx context.Context, m *mgmt.Client) error {
			_, err := m.ProvisionalCreate(ctx, mgmt.CreateRequest{EffectiveCanister: id})
			return err
		}, []string{create([]any{}, []any{settingsJSON(nil)}, []any{})}},
		{"create with everything", func(ctx context.Context, m *mgmt.Client) error {
			_, err := m.ProvisionalCreate(ctx, mgmt.CreateRequest{EffectiveCanister: id, Cycles: &cycles, Settings: all, ID: &id})
			return err
		}, []string{create([]any{"5000000000000"}, []any{settingsJSON(allSettingsJSON(id))}, []any{id})}},
		{"update settings", func(ctx context.Context, m *mgmt.Client) error { return m.UpdateSettings(ctx, id, all) },
			[]string{callJSON("update_settings", noVersion(object{"canister_id": id, "settings": settingsJSON(allSettingsJSON(id))}))}},
		{"update no settings", func(ctx context.Context, m *mgmt.Client) error { return m.UpdateSettings(ctx, id, mgmt.Settings{}) },
			[]string{callJSON("update_settings", noVersion(object{"canister_id": id, "settings": settingsJSON(nil)}))}},
	}
}

func allSettings(id principal.Principal) mgmt.Settings {
	nat := func(v uint64) *candid.Nat { n := candid.NatOf(v); return &n }
	controllers := []principal.Principal{id, principal.Anonymous()}
	return mgmt.Settings{
		Controllers: &controllers, ComputeAllocation: nat(1), MemoryAllocation: nat(2), FreezingThreshold: nat(3),
		ReservedCyclesLimit: nat(1 << 62), LogVisibility: &mgmt.Visibility{AllowedViewers: &controllers},
		WasmMemoryLimit: nat(4), WasmMemoryThreshold: nat(5), Environment: &[]mgmt.Variable{{Name: "FRUIT", Value: "äpple"}},
	}
}

func allSettingsJSON(id principal.Principal) object {
	controllers := []principal.Principal{id, principal.Anonymous()}
	return object{
		"controllers": controllers, "compute_allocation": "1", "memory_allocation": "2", "freezing_threshold": "3",
		"reserved_cycles_limit": "4611686018427387904", "log_visibility": object{"allowed_viewers": controllers},
		"wasm_memory_limit": "4", "wasm_memory_threshold": "5", "environment_variables": []object{{"name": "FRUIT", "value": "äpple"}},
	}
}

func installations(id principal.Principal) []operation {
	small, large, arg := []byte("\x00asm"), make([]byte, 2<<20+1), []byte("DIDL\x00\x01\x7f")
	install := func(name string, mode mgmt.Mode, memory mgmt.Persistence, modeJSON object) operation {
		return operation{name, func(ctx context.Context, m *mgmt.Client) error {
			return m.Install(ctx, mgmt.InstallRequest{Canister: id, Mode: mode, Memory: memory, Wasm: small, Arg: arg})
		}, []string{callJSON("install_code", noVersion(object{
			"mode": modeJSON, "canister_id": id, "wasm_module": hex.EncodeToString(small), "arg": hex.EncodeToString(arg),
		}))}}
	}
	upgrade := func(memory string) object {
		return object{"upgrade": []any{object{"skip_pre_upgrade": []any{}, "wasm_memory_persistence": []any{object{memory: nil}}}}}
	}
	chunk := func(b []byte) string {
		text := digestOf(b)
		if len(b) == 1 {
			text = hex.EncodeToString(b)
		}
		return callJSON("upload_chunk", object{"canister_id": id, "chunk": text})
	}
	clearing := callJSON("clear_chunk_store", object{"canister_id": id})
	mib := large[:1<<20]
	return []operation{
		install("install", mgmt.ModeInstall, 0, object{"install": nil}),
		install("reinstall", mgmt.ModeReinstall, 0, object{"reinstall": nil}),
		install("upgrade", mgmt.ModeUpgrade, mgmt.PersistDefault, object{"upgrade": []any{}}),
		install("upgrade and keep", mgmt.ModeUpgrade, mgmt.PersistKeep, upgrade("keep")),
		install("upgrade and replace", mgmt.ModeUpgrade, mgmt.PersistReplace, upgrade("replace")),
		{"install in chunks", func(ctx context.Context, m *mgmt.Client) error {
			return m.Install(ctx, mgmt.InstallRequest{Canister: id, Mode: mgmt.ModeInstall, Wasm: large})
		}, []string{clearing, chunk(mib), chunk(mib), chunk(large[:1]), callJSON("install_chunked_code", noVersion(object{
			"mode": object{"install": nil}, "target_canister": id, "store_canister": []any{},
			"chunk_hashes_list": []object{hashJSON(mib), hashJSON(mib), hashJSON(large[:1])},
			"wasm_module_hash":  hashJSON(large)["hash"], "arg": hex.EncodeToString([]byte("DIDL\x00\x00")),
		})), clearing}},
	}
}

// scriptCall is a call for the script to read.
type scriptCall struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	Arg    []byte `json:"arg"`
}

// TestManagementCanister checks that the JavaScript library reads our arguments as
// they are meant, by the interface of the specification, and that we read replies
// that it writes, of this version of the interface, a later and an earlier one.
func TestManagementCanister(t *testing.T) {
	id := parsePrincipal(t, firstCanister)
	created, err := candid.Marshal(struct {
		ID principal.Principal `candid:"canister_id"`
	}{id})
	if err != nil {
		t.Fatal(err)
	}
	var calls []scriptCall
	var steps []step
	for _, op := range operations(id) {
		r := &recorder{replies: map[string][]byte{"provisional_create_canister_with_cycles": created}}
		// The status is answered with no values, which is an error after the call.
		if err := op.do(t.Context(), mgmt.New(r)); err != nil && op.name != "status" {
			t.Errorf("%s: %v", op.name, err)
		}
		if len(r.calls) != len(op.want) {
			t.Fatalf("%s made %d calls, want %d", op.name, len(r.calls), len(op.want))
		}
		for i, c := range r.calls {
			name := fmt.Sprintf("call %d to %s", i, op.name)
			calls = append(calls, scriptCall{name, c.Method, c.Arg})
			steps = append(steps, step{name: name, want: op.want[i]})
		}
	}
	results := runScript(t, "arguments.mjs", map[string]any{"calls": calls, "canister": id})
	for _, s := range steps {
		t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) { s.check(t, results) })
	}
	checkReplies(t, id, results)
}

// written is the bytes that a step of a script reports.
func written(t *testing.T, results map[string]result, name string) []byte {
	t.Helper()
	r, ok := results[name]
	if !ok || r.Error != nil {
		t.Fatalf("step %q: %v, ran %v", name, r.Error, ok)
	}
	var text string
	if err := json.Unmarshal(r.Value, &text); err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkReplies(t *testing.T, id principal.Principal, results map[string]result) {
	full := statusOfToday(t, id)
	tests := []struct {
		name   string
		change func(*mgmt.Status)
	}{
		{"status", func(*mgmt.Status) {}},
		{"status of a later version", func(*mgmt.Status) {}},
		{"status of an earlier version", func(s *mgmt.Status) {
			s.Version, s.ReservedTotal, s.IdlePerDay = nil, nil, nil
			s.Settings = mgmt.CurrentSettings{
				Controllers: s.Settings.Controllers, ComputeAllocation: s.Settings.ComputeAllocation,
				MemoryAllocation: s.Settings.MemoryAllocation, FreezingThreshold: s.Settings.FreezingThreshold,
			}
		}},
		{"status with a later visibility", func(s *mgmt.Status) { s.Settings.LogVisibility = nil }},
		{"status without module", func(s *mgmt.Status) { s.State, s.ModuleHash = mgmt.Stopped, nil }},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll("read "+tt.name, " ", "_"), func(t *testing.T) {
			want := full
			tt.change(&want)
			r := &recorder{replies: map[string][]byte{"canister_status": written(t, results, tt.name)}}
			got, err := mgmt.New(r).CanisterStatus(t.Context(), id)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("CanisterStatus = %s, %v\nwant %s", show(got), err, show(want))
			}
		})
	}
	r := &recorder{replies: map[string][]byte{"provisional_create_canister_with_cycles": written(t, results, "created")}}
	if got, err := mgmt.New(r).ProvisionalCreate(t.Context(), mgmt.CreateRequest{EffectiveCanister: id}); err != nil || got != id {
		t.Errorf("ProvisionalCreate of a later version = %v, %v, want %v", got, err, id)
	}
}

func show(v any) string { return fmt.Sprintf("%+v", v) }

// statusOfToday is the status that the script writes.
func statusOfToday(t *testing.T, id principal.Principal) mgmt.Status {
	t.Helper()
	memory, err := candid.NatFromBig(new(big.Int).Lsh(big.NewInt(1), 70))
	if err != nil {
		t.Fatal(err)
	}
	nat := func(v uint64) *candid.Nat { n := candid.NatOf(v); return &n }
	version := uint64(7)
	viewers := []principal.Principal{id}
	return mgmt.Status{
		State: mgmt.Stopping, ModuleHash: seedOf(0xab), MemorySize: memory, Cycles: candid.NatOf(5_000_000_000_000),
		IdlePerDay: nat(9), Version: &version, ReservedTotal: nat(8),
		Settings: mgmt.CurrentSettings{
			Controllers:       []principal.Principal{id, principal.Anonymous()},
			ComputeAllocation: candid.NatOf(1), MemoryAllocation: candid.NatOf(2), FreezingThreshold: candid.NatOf(3),
			ReservedCyclesLimit: nat(4), LogVisibility: &mgmt.Visibility{AllowedViewers: &viewers},
			WasmMemoryLimit: nat(6), WasmMemoryThreshold: nat(7), Environment: &[]mgmt.Variable{{Name: "a", Value: "b"}},
		},
	}
}

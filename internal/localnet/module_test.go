package localnet_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/internal/localnet"
)

// importIC0 imports a function of ic0 with parameters and results by letter: i is
// i32, l is i64.
func importIC0(m *w.Module, name, sig string) uint32 {
	params, results, _ := strings.Cut(sig, ":")
	return m.ImportFunc("ic0", name, m.Type(w.Signature{Params: letters(params), Results: letters(results)}))
}

func letters(s string) []engine.ValType {
	var out []engine.ValType
	for _, l := range s {
		if l == 'l' {
			out = append(out, engine.I64)
		} else {
			out = append(out, engine.I32)
		}
	}
	return out
}

func plain(m *w.Module, code ...[]byte) uint32 { return m.Func(m.Type(w.Func()), nil, code...) }

// Row N16: start runs once per installation, and never to restore a state.
func TestStartRunsOncePerInstallation(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	m := w.New()
	grow, read, write := importIC0(m, "stable_grow", "i:i"), importIC0(m, "stable_read", "iii:"), importIC0(m, "stable_write", "iii:")
	appendData, reply := importIC0(m, "msg_reply_data_append", "ii:"), importIC0(m, "msg_reply", ":")
	m.Memory(w.Limits{Min: 1})
	count := m.Global(w.Global{Type: w.I32, Mutable: true}, w.I32Const(0))
	call := func(f uint32, args ...int32) []byte {
		var code []byte
		for _, a := range args {
			code = append(code, w.I32Const(a)...)
		}
		return append(code, w.Call(f)...)
	}
	// The first page of stable memory counts the starts, the global counts since
	// the last.
	start := plain(m,
		call(grow, 1), w.Op(0x1a),
		call(read, 0, 0, 4),
		w.I32Const(0), w.I32Const(0), w.I32Load(0), w.I32Const(1), w.Op(0x6a), w.I32Store(0),
		call(write, 0, 0, 4),
		w.GlobalGet(count), w.I32Const(1), w.Op(0x6a), w.GlobalSet(count))
	m.Start(start)
	show := [][]byte{
		call(read, 0, 0, 4), call(appendData, 0, 4),
		w.I32Const(0), w.GlobalGet(count), w.I32Store(0), call(appendData, 0, 4), call(reply),
	}
	m.Export("canister_query show", engine.KindFunc, plain(m, show...))
	m.Export("canister_update trap", engine.KindFunc, plain(m, w.I32Const(99), w.GlobalSet(count), w.Op(0x00)))
	wasm := m.Bytes()

	c := n.install(t, alice(t), wasm, nil)
	starts := func(n *network, want uint32) {
		t.Helper()
		b := binary.LittleEndian.AppendUint32(nil, want)
		wantReply(t, n.query(t, alice(t), c, "show", nil), append(b, 1, 0, 0, 0))
	}
	starts(n, 1)
	starts(n, 1)
	wantReject(t, n.update(t, alice(t), c, "trap", nil), 5, "IC0502")
	starts(n, 1)
	if r := n.installMode(t, alice(t), c, "upgrade", wasm, nil); r.code != 0 {
		t.Fatal(r)
	}
	starts(n, 2)
	n.Close()
	n = open(t, inDir(dir))
	starts(n, 2)
}

// Row N16: start runs in mode s.
func TestStartMayNotCallEverything(t *testing.T) {
	n := open(t)
	m := w.New()
	time := importIC0(m, "time", ":l")
	m.Start(plain(m, w.Call(time), w.Op(0x1a)))
	c := n.create(t, alice(t))
	r := n.installMode(t, alice(t), c, "install", m.Bytes(), nil)
	wantReject(t, r, 5, "IC0504")
	if !strings.Contains(r.message, `"ic0.time" cannot be executed in start mode`) {
		t.Errorf("message: %q", r.message)
	}
}

// systemAPI is the list of the specification, 0.66, "Overview of imports", written
// down again: I pointer, i i32, l i64.
func systemAPI() string {
	return `msg_arg_data_size :I; msg_arg_data_copy III:; msg_caller_size :I; msg_caller_copy III:;
msg_caller_info_data_size :I; msg_caller_info_data_copy III:; msg_caller_info_signer_size :I; msg_caller_info_signer_copy III:;
msg_reject_code :i; msg_reject_msg_size :I; msg_reject_msg_copy III:; msg_deadline :l;
msg_reply_data_append II:; msg_reply :; msg_reject II:;
msg_cycles_available128 I:; msg_cycles_refunded128 I:; msg_cycles_accept128 llI:; cycles_burn128 llI:;
canister_self_size :I; canister_self_copy III:; canister_cycle_balance128 I:; canister_liquid_cycle_balance128 I:;
canister_status :i; canister_version :l; subnet_self_size :I; subnet_self_copy III:; subnet_self_node_count :i;
msg_method_name_size :I; msg_method_name_copy III:; accept_message :;
call_new IIIIIIII:; call_on_cleanup II:; call_data_append II:; call_with_best_effort_response i:; call_cycles_add128 ll:; call_perform :i;
stable64_size :l; stable64_grow l:l; stable64_write lll:; stable64_read lll:;
root_key_size :I; root_key_copy III:; certified_data_set II:; data_certificate_present :i; data_certificate_size :I; data_certificate_copy III:;
time :l; global_timer_set l:l; performance_counter i:l; is_controller II:i; in_replicated_execution :i;
cost_call llI:; cost_create_canister I:; cost_http_request llI:; cost_http_request_v2 III:;
cost_sign_with_ecdsa IIiI:i; cost_sign_with_schnorr IIiI:i; cost_vetkd_derive_key IIiI:i;
env_var_count :I; env_var_name_size I:I; env_var_name_copy IIII:; env_var_name_exists II:i; env_var_value_size II:I; env_var_value_copy IIIII:;
debug_print II:; trap II:;
msg_cycles_available :l; msg_cycles_refunded :l; msg_cycles_accept l:l; canister_cycle_balance :l; call_cycles_add l:;
stable_size :i; stable_grow i:i; stable_write iii:; stable_read iii:`
}

// Row N27: every function links, and with no other type.
func TestSystemAPILinks(t *testing.T) {
	n := open(t)
	c := n.create(t, alice(t))
	all := strings.Split(systemAPI(), ";")
	if len(all) != 76 {
		t.Errorf("%d functions", len(all))
	}
	every := w.New()
	for _, f := range all {
		name, sig, _ := strings.Cut(strings.TrimSpace(f), " ")
		importIC0(every, name, strings.ReplaceAll(sig, "I", "i"))
		wrong := w.New()
		importIC0(wrong, name, "i"+strings.ReplaceAll(sig, "I", "i"))
		r := n.installMode(t, alice(t), c, "install", wrong.Bytes(), nil)
		if r.errorCode != "IC0505" || !strings.Contains(r.message, `"ic0.`+name+`" as (i32`) {
			t.Errorf("%s with another type: %v", name, r)
		}
	}
	if r := n.installMode(t, alice(t), c, "install", every.Bytes(), nil); r.code != 0 {
		t.Errorf("all functions: %v", r)
	}
	names := localnet.SystemAPI()
	for _, f := range all {
		name, _, _ := strings.Cut(strings.TrimSpace(f), " ")
		if i := slices.Index(names, name); i >= 0 {
			names = slices.Delete(names, i, i+1)
		}
	}
	if len(names) != 0 {
		t.Errorf("there are functions the specification has not: %v", names)
	}
}

// Row N27: for a 64-bit memory pointers are i64, and the old functions are absent.
func TestSystemAPIOf64BitMemories(t *testing.T) {
	for _, f := range strings.Split(systemAPI(), ";") {
		name, sig, _ := strings.Cut(strings.TrimSpace(f), " ")
		got, ok := localnet.Signature(name, true)
		if old := strings.HasPrefix(name, "stable_") || slices.Contains([]string{"msg_cycles_available", "msg_cycles_refunded", "msg_cycles_accept", "canister_cycle_balance", "call_cycles_add"}, name); old {
			if ok {
				t.Errorf("%s is there for 64-bit memories", name)
			}
			continue
		}
		params, results, _ := strings.Cut(strings.ReplaceAll(sig, "I", "l"), ":")
		want := engine.FuncType{Params: letters(params), Results: letters(results)}
		if !ok || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", name, got, ok, want)
		}
	}
}

// contexts is where each function may be called, as the specification lists it.
func contexts() map[string]string {
	const star, starS = "*", "* s"
	m := map[string]string{
		"msg_arg_data_size": "I U RQ NRQ F", "msg_reject_code": "", "msg_reject_msg_size": "", "msg_deadline": "U RQ NRQ",
		"msg_reply": "U RQ NRQ", "msg_cycles_available": "U RQ", "msg_cycles_refunded": "", "msg_method_name_size": "F", "accept_message": "F",
		"call_perform": "U T", "root_key_size": "I G U RQ T", "data_certificate_size": "NRQ", "msg_caller_info_data_size": "U RQ NRQ F",
	}
	for _, f := range []string{"msg_caller_size", "canister_self_size", "canister_cycle_balance", "canister_status", "canister_version",
		"subnet_self_size", "subnet_self_node_count", "data_certificate_present", "time", "env_var_count"} {
		m[f] = star
	}
	for _, f := range []string{"stable_size", "stable64_size", "in_replicated_execution"} {
		m[f] = starS
	}
	return m
}

// Row N28, the functions without parameters in the modes that one call reaches:
// each may be called where the specification says, and traps elsewhere.
func TestContexts(t *testing.T) {
	n := open(t)
	for name, allowed := range contexts() {
		sig := signatureOf(t, name)
		m := w.New()
		f := importIC0(m, name, strings.ReplaceAll(sig, "I", "i"))
		code := w.Call(f)
		if !strings.HasSuffix(sig, ":") {
			code = append(code, 0x1a) // drop
		}
		body := plain(m, code)
		m.Export("canister_update u", engine.KindFunc, body)
		m.Export("canister_query q", engine.KindFunc, body)
		m.Export("canister_pre_upgrade", engine.KindFunc, body)
		check := func(mode, text string, r result) {
			t.Helper()
			ok := strings.Contains(" "+allowed+" ", " "+mode+" ") || strings.Contains(allowed, "*") && mode != "s"
			refused := strings.Contains(r.message, fmt.Sprintf("%q cannot be executed in %s mode", "ic0."+name, text))
			if refused == ok {
				t.Errorf("%s in %s: %v, allowed %v", name, mode, r, ok)
			}
		}
		c := n.install(t, alice(t), m.Bytes(), nil)
		check("U", "update", n.update(t, alice(t), c, "u", nil))
		check("RQ", "replicated query", n.update(t, alice(t), c, "q", nil))
		check("NRQ", "non-replicated query", n.query(t, alice(t), c, "q", nil))
		check("G", "pre upgrade", n.installMode(t, alice(t), c, "upgrade", m.Bytes(), nil))
		for hook, mode := range map[string][2]string{"canister_init": {"I", "init"}, "canister_inspect_message": {"F", "inspect message"}} {
			h := w.New()
			f := importIC0(h, name, strings.ReplaceAll(sig, "I", "i"))
			code := slices.Concat(w.Call(f), code[len(w.Call(f)):])
			h.Export(hook, engine.KindFunc, plain(h, code))
			h.Export("canister_update u", engine.KindFunc, plain(h))
			c := n.create(t, alice(t))
			r := n.installMode(t, alice(t), c, "install", h.Bytes(), nil)
			if mode[0] == "F" {
				r = n.update(t, alice(t), c, "u", nil)
			}
			check(mode[0], mode[1], r)
		}
		s := w.New()
		f = importIC0(s, name, strings.ReplaceAll(sig, "I", "i"))
		s.Start(plain(s, w.Call(f), code[len(w.Call(f)):]))
		ok := strings.Contains(allowed, "s")
		r := n.installMode(t, alice(t), n.create(t, alice(t)), "install", s.Bytes(), nil)
		if refused := strings.Contains(r.message, "in start mode"); refused == ok {
			t.Errorf("%s in s: %v, allowed %v", name, r, ok)
		}
	}
}

func signatureOf(t testing.TB, name string) string {
	t.Helper()
	for _, f := range strings.Split(systemAPI(), ";") {
		n, sig, _ := strings.Cut(strings.TrimSpace(f), " ")
		if n == name {
			return sig
		}
	}
	t.Fatalf("there is no function %q", name)
	return ""
}

// Row N29: pointers out of bounds trap, and only trap.
func TestPointersAreChecked(t *testing.T) {
	n := open(t)
	edges := []uint64{0, 1, 65536, 1<<32 - 1, 1<<64 - 1}
	for _, f := range strings.Split(systemAPI(), ";") {
		name, sig, _ := strings.Cut(strings.TrimSpace(f), " ")
		params, results, _ := strings.Cut(sig, ":")
		if params == "" || name == "stable64_grow" || name == "stable_grow" || name == "msg_reject" {
			continue
		}
		m := w.New()
		fn := importIC0(m, name, strings.ReplaceAll(sig, "I", "i"))
		var before []byte // so that stable memory has bounds to check
		if strings.HasPrefix(name, "stable64_") {
			before = slices.Concat(w.I64Const(1), w.Call(importIC0(m, "stable64_grow", "l:l")), w.Op(0x1a))
		}
		m.Memory(w.Limits{Min: 1})
		for i, edge := range edges {
			for j, other := range edges {
				code := slices.Clone(before)
				for k, l := range params {
					v := edge
					if k%2 == 1 {
						v = other
					}
					if l == 'l' {
						code = append(code, w.I64Const(int64(v))...)
					} else {
						code = append(code, w.I32Const(int32(uint32(v)))...)
					}
				}
				code = append(code, w.Call(fn)...)
				for range results {
					code = append(code, 0x1a)
				}
				m.Export(fmt.Sprintf("canister_update %d %d", i, j), engine.KindFunc, plain(m, code))
			}
		}
		c := n.install(t, alice(t), m.Bytes(), nil)
		for i := range edges {
			for j := range edges {
				r := n.update(t, alice(t), c, fmt.Sprintf("%d %d", i, j), nil)
				if !slices.Contains([]string{"IC0502", "IC0503", "IC0504", "IC0506"}, r.errorCode) {
					t.Errorf("%s at %d, %d: %v", name, edges[i], edges[j], r)
				}
			}
		}
	}
}

// Row N50: what is too much is refused, and the network lives on.
func TestTooMuch(t *testing.T) {
	n := open(t, func(c *localnet.Config) { c.MaxHeapBytes = 16 << 20 })
	c := n.universal(t)
	grow := prog(nil).num(10_000).do(opMemoryGrow, opBytes4).reply()
	wantReply(t, n.run(t, c, grow), []byte{0xff, 0xff, 0xff, 0xff})
	big := w.New()
	big.Memory(w.Limits{Min: 1000})
	r := n.installMode(t, alice(t), n.create(t, alice(t)), "install", big.Bytes(), nil)
	wantReject(t, r, 5, "IC0402")
	wantReply(t, n.run(t, c, replyWith("alive")), []byte("alive"))
}

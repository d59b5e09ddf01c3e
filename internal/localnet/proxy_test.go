package localnet_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/berth-cli/berth/guests"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

type proxyArgs struct {
	ID     principal.Principal `candid:"canister_id"`
	Method string              `candid:"method"`
	Args   []byte              `candid:"args"`
	Cycles candid.Nat          `candid:"cycles"`
}

type proxyResult struct {
	_  candid.OneOf
	Ok *struct {
		Result []byte `candid:"result"`
	} `candid:"Ok"`
	Err *struct {
		_            candid.OneOf
		Insufficient *struct {
			Available candid.Nat `candid:"available"`
			Required  candid.Nat `candid:"required"`
		} `candid:"InsufficientCycles"`
		Failed *struct {
			Reason string `candid:"reason"`
		} `candid:"CallFailed"`
		Unauthorized *candid.Null `candid:"UnauthorizedUser"`
	} `candid:"Err"`
}

func (n *network) viaProxy(t testing.TB, id identity.Identity, a proxyArgs) proxyResult {
	t.Helper()
	r := n.update(t, id, n.ProxyID(), "proxy", marshal(t, a))
	var out proxyResult
	if err := candid.Unmarshal(r.data, &out); err != nil {
		t.Fatalf("proxy: %v: %v", r, err)
	}
	return out
}

// Row N43: the proxy canister.
func TestProxy(t *testing.T) {
	n := open(t)
	for range 2 { // the second time it is there already
		id, err := n.InstallProxy(t.Context(), guests.ProxyCanister(), []principal.Principal{alice(t).Principal()})
		if err != nil {
			t.Fatal(err)
		}
		if id != n.ProxyID() {
			t.Errorf("InstallProxy = %v, want %v", id, n.ProxyID())
		}
	}
	target := n.universal(t)
	before := n.balance(t, target)
	a := proxyArgs{ID: target, Method: "update", Args: prog(nil).num(1000).do(opAcceptCycles, opDrop, opCaller).reply(), Cycles: candid.NatOf(1000)}
	out := n.viaProxy(t, alice(t), a)
	if out.Ok == nil || !bytes.Equal(out.Ok.Result, n.ProxyID().Bytes()) {
		t.Fatalf("proxy: %+v", out)
	}
	if got := n.balance(t, target); got != before+1000 {
		t.Errorf("the target has %d cycles, want %d", got, before+1000)
	}
	if s := n.status(t, alice(t), n.ProxyID()); s.Cycles.String() != "9999999999000" {
		t.Errorf("the proxy has %v cycles", s.Cycles)
	}
	// Others are refused: users when their calls arrive, canisters by an answer.
	for _, id := range []identity.Identity{identity.Anonymous(), bob(t)} {
		if r := n.update(t, id, n.ProxyID(), "proxy", marshal(t, a)); r.code != 4 || r.certified {
			t.Errorf("call by %v: %v, want it refused", id.Principal(), r)
		}
	}
	r := n.run(t, target, prog(nil).call(outcall{to: n.ProxyID(), method: "proxy", arg: marshal(t, a)}))
	if err := candid.Unmarshal(r.data, &out); err != nil || out.Err == nil || out.Err.Unauthorized == nil {
		t.Errorf("call by a canister: %v %+v, want UnauthorizedUser", r, out)
	}
	a.Cycles = candid.NatOf(10_000_000_000_000)
	if out := n.viaProxy(t, alice(t), a); out.Err == nil || out.Err.Insufficient == nil ||
		out.Err.Insufficient.Available.String() != "9999999999000" || out.Err.Insufficient.Required.String() != "10000000000000" {
		t.Errorf("too many cycles: %+v, want InsufficientCycles", out)
	}
	a.Cycles, a.Args = candid.NatOf(0), prog(nil).text("because").do(opReject)
	if out := n.viaProxy(t, alice(t), a); out.Err == nil || out.Err.Failed == nil || !strings.Contains(out.Err.Failed.Reason, "because") {
		t.Errorf("rejected: %+v, want CallFailed", out)
	}
}

// The goldens of a real proxy canister's argument and reply.
func TestProxyGolden(t *testing.T) {
	n := open(t)
	if _, err := n.InstallProxy(t.Context(), guests.ProxyCanister(), []principal.Principal{alice(t).Principal()}); err != nil {
		t.Fatal(err)
	}
	// The golden's canister 00000000000000020101 is not of this network.
	arg, err := hex.DecodeString("4449444c026c04e1edeb4a71dd9ad2830401b3c4b1f204688daacd94087d6d7b01000c7365745f75706c6f616465720a4449444c000168010104010a0000000000000002010100")
	if err != nil {
		t.Fatal(err)
	}
	r := n.update(t, alice(t), n.ProxyID(), "proxy", arg)
	var out proxyResult
	if err := candid.Unmarshal(r.data, &out); err != nil || out.Err == nil || out.Err.Failed == nil {
		t.Errorf("proxy: %v: %+v, %v", r, out, err)
	}
}

// Row N57: create a canister, manage it and call it, all through the proxy.
func TestManagementThroughProxy(t *testing.T) {
	n := open(t)
	if _, err := n.InstallProxy(t.Context(), guests.ProxyCanister(), []principal.Principal{alice(t).Principal()}); err != nil {
		t.Fatal(err)
	}
	manage := func(method string, arg any, cycles uint64) []byte {
		t.Helper()
		out := n.viaProxy(t, alice(t), proxyArgs{ID: principal.Management(), Method: method, Args: marshal(t, arg), Cycles: candid.NatOf(cycles)})
		if out.Ok == nil {
			t.Fatalf("%s: %+v", method, out.Err)
		}
		return out.Ok.Result
	}
	var made idArg
	if err := candid.Unmarshal(manage("create_canister", createArg{}, 1_000_000), &made); err != nil {
		t.Fatal(err)
	}
	manage("install_code", installArg{Mode: modeArg{Install: &candid.Null{}}, ID: made.ID, Wasm: universalWasm(t)}, 0)
	var s status
	if err := candid.Unmarshal(manage("canister_status", made, 0), &s); err != nil || s.word() != "running" || s.Cycles.String() != "1000000" {
		t.Errorf("canister_status: %+v, %v", s, err)
	}
	wantReply(t, n.ask(t, made.ID, replyWith("x")), []byte("x"))
}

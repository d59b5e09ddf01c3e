package localnet_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// Row N34: building a call.
func TestCallBuilder(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	start := prog(nil).call(outcall{to: other, method: "update", arg: replyWith("x"), dontPerform: true})
	tests := []struct {
		name      string
		prog      prog
		errorCode string
		says      string
	}{
		{"data without new", prog(nil).text("x").do(opCallData), "IC0504", "call_data_append"},
		{"cycles without new", prog(nil).num(1).do(opCallCycles), "IC0504", "call_cycles_add128"},
		{"cleanup without new", prog(nil).text("x").do(opCallCleanup), "IC0504", "call_on_cleanup"},
		{"perform without new", prog(nil).do(opCallPerform), "IC0504", "call_perform"},
		{"timeout without new", prog(nil).num(1).do(opCallBounded), "IC0504", "call_with_best_effort_response"},
		{"cleanup twice", start.text("a").do(opCallCleanup).text("a").do(opCallCleanup), "IC0504", "twice"},
		{"timeout twice", start.num(1).do(opCallBounded).num(1).do(opCallBounded), "IC0504", "twice"},
		{"data after perform", start.do(opCallPerform, opDrop).text("x").do(opCallData), "IC0504", "call_data_append"},
		{"more cycles than there are", start.num(1 << 62).do(opCallCycles), "IC0502", "out of cycles"},
		{"callee of 30 bytes", prog(nil).blob(make([]byte, 30)).text("m").text("").text("").do(opCallNew), "IC0502", "30 bytes"},
		{"method name not UTF-8", prog(nil).blob(other.Bytes()).blob([]byte{0xc0}).text("").text("").do(opCallNew), "IC0504", "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := n.run(t, c, tt.prog)
			if r.code != 5 || r.errorCode != tt.errorCode || !strings.Contains(r.message, tt.says) {
				t.Errorf("got %v, want reject 5 %s with %q", r, tt.errorCode, tt.says)
			}
		})
	}
}

func TestCallNewDropsTheCallBefore(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	balance := n.run(t, c, prog(nil).do(opBalance).reply()).data
	p := prog(nil).
		call(outcall{to: other, method: "update", arg: replyWith("dropped"), cycles: 1000, dontPerform: true}).
		call(outcall{to: other, method: "update", arg: replyWith("made"), keepPerformValue: true, onReply: prog(nil).do(opArg, opBalance, opConcat).reply()}).
		do(opDrop)
	wantReply(t, n.run(t, c, p), append([]byte("made"), balance...))
	unfinished := prog(nil).call(outcall{to: other, method: "update", cycles: 1000, dontPerform: true}).then(replyWith("x"))
	wantReply(t, n.run(t, c, unfinished), []byte("x"))
	wantReply(t, n.run(t, c, prog(nil).do(opBalance).reply()), balance)
}

// Row N35: where calls go and what comes back.
func TestInterCanisterCalls(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	empty, stopped := n.create(t, alice(t)), n.universal(t)
	if r := n.manage(t, alice(t), stopped, "stop_canister", idArg{stopped}); r.code != 0 {
		t.Fatal(r)
	}
	missing, err := principal.Parse("qsgjb-riaaa-aaaaa-aaaga-cai")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		call outcall
		code uint32 // 0: the reply is "ok"
		says string
	}{
		{"update", outcall{to: other, method: "update", arg: replyWith("ok")}, 0, ""},
		{"query", outcall{to: other, method: "query", arg: replyWith("ok")}, 0, ""},
		{"self", outcall{to: c, method: "update", arg: replyWith("ok")}, 0, ""},
		{"composite query", outcall{to: other, method: "composite", arg: replyWith("ok")}, 5, "no update method"},
		{"callee rejects", outcall{to: other, method: "update", arg: prog(nil).text("no").do(opReject)}, 4, "no"},
		{"callee traps", outcall{to: other, method: "update", arg: prog(nil).text("no").do(opTrap)}, 5, "no"},
		{"callee is silent", outcall{to: other, method: "update"}, 5, "did not reply"},
		{"missing canister", outcall{to: missing, method: "update"}, 3, "not found"},
		{"a user", outcall{to: alice(t).Principal(), method: "update"}, 3, "not found"},
		{"missing method", outcall{to: other, method: "nothing"}, 5, "no update method 'nothing'"},
		{"empty canister", outcall{to: empty, method: "update"}, 5, "no Wasm module"},
		{"stopped canister", outcall{to: stopped, method: "update"}, 5, "is stopped"},
		{"management, unknown method", outcall{to: principal.Management(), method: "sign_with_ecdsa"}, 4, "not available in the embedded development network"},
		{"management, bad argument", outcall{to: principal.Management(), method: "start_canister", arg: []byte("x")}, 4, "candid"},
		{"management, not a controller", outcall{to: principal.Management(), method: "start_canister", arg: marshal(t, idArg{other})}, 5, "Only the controllers"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := n.run(t, c, prog(nil).call(tt.call))
			if tt.code == 0 {
				wantReply(t, r, []byte("ok"))
				return
			}
			if r.code != 0 || len(r.data) < 4 || binary.LittleEndian.Uint32(r.data) != tt.code || !strings.Contains(string(r.data[4:]), tt.says) {
				t.Errorf("got %v %q, want reject code %d with %q", r, r.data, tt.code, tt.says)
			}
		})
	}
}

func TestCallerOfAnInterCanisterCall(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	wantReply(t, n.run(t, c, prog(nil).call(outcall{to: other, method: "update", arg: prog(nil).do(opCaller).reply()})), c.Bytes())
	wantReply(t, n.update(t, bob(t), c, "update", prog(nil).do(opCaller).reply()), bob(t).Principal().Bytes())
	// The caller of a callback is that of the call it belongs to.
	p := prog(nil).call(outcall{to: other, method: "update", arg: replyWith("x"), onReply: prog(nil).do(opCaller).reply()})
	wantReply(t, n.update(t, bob(t), c, "update", p), bob(t).Principal().Bytes())
}

// Row N37: callbacks.
func TestCallbacks(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	global := func() []byte { return n.ask(t, c, prog(nil).do(opGetGlobal).reply()).data }
	call := func(o outcall) prog {
		o.to, o.method = other, "update"
		return prog(nil).call(o)
	}
	trap := prog(nil).text("callback").do(opTrap)

	t.Run("reject code in a reply callback is 0", func(t *testing.T) {
		p := call(outcall{arg: replyWith("x"), onReply: prog(nil).do(opRejectCode, opBytes4).reply()})
		wantReply(t, n.run(t, c, p), make([]byte, 4))
	})
	t.Run("argument in a reject callback traps", func(t *testing.T) {
		p := call(outcall{arg: prog(nil).text("no").do(opReject), onReject: prog(nil).do(opArg).reply()})
		wantReject(t, n.run(t, c, p), 5, "IC0504")
	})
	t.Run("trap in the callback", func(t *testing.T) {
		p := prog(nil).text("before").do(opSetGlobal).then(call(outcall{
			arg: replyWith("x"), onReply: prog(nil).text("callback").do(opSetGlobal).then(trap), cleanup: prog(nil).text("cleaned").do(opSetGlobal),
		}))
		r := n.run(t, c, p)
		wantReject(t, r, 5, "IC0503")
		if !strings.Contains(r.message, "callback") {
			t.Errorf("the reject does not carry the trap: %v", r)
		}
		if g := global(); !bytes.Equal(g, []byte("cleaned")) {
			t.Errorf("global = %q, want what cleanup set", g)
		}
	})
	t.Run("trap in the callback and in cleanup", func(t *testing.T) {
		p := prog(nil).text("before").do(opSetGlobal).then(call(outcall{
			arg: replyWith("x"), onReply: trap, cleanup: prog(nil).text("cleaned").do(opSetGlobal).text("cleanup").do(opTrap),
		}))
		r := n.run(t, c, p)
		if !strings.Contains(r.message, "'callback'") {
			t.Errorf("got %v, want the trap of the callback", r)
		}
		if g := global(); !bytes.Equal(g, []byte("before")) {
			t.Errorf("global = %q, want what the first message set", g)
		}
	})
	t.Run("no cleanup without a trap", func(t *testing.T) {
		p := call(outcall{arg: replyWith("x"), cleanup: prog(nil).text("cleaned twice").do(opSetGlobal)})
		wantReply(t, n.run(t, c, p), []byte("x"))
		if g := global(); bytes.Equal(g, []byte("cleaned twice")) {
			t.Error("cleanup ran")
		}
	})
	t.Run("cleanup may not call", func(t *testing.T) {
		p := call(outcall{arg: replyWith("x"), onReply: trap, cleanup: call(outcall{arg: replyWith("y")})})
		wantReject(t, n.run(t, c, p), 5, "IC0503")
	})
	t.Run("answer before the callback", func(t *testing.T) {
		p := call(outcall{arg: replyWith("x"), onReply: prog(nil).text("called back").do(opSetGlobal)}).then(replyWith("early"))
		wantReply(t, n.run(t, c, p), []byte("early"))
		if g := global(); !bytes.Equal(g, []byte("called back")) {
			t.Errorf("global = %q, want what the callback set", g)
		}
	})
	t.Run("second answer in the callback", func(t *testing.T) {
		p := call(outcall{arg: replyWith("x"), onReply: prog(nil).text("lost").do(opSetGlobal).then(replyWith("late"))}).then(replyWith("early"))
		wantReply(t, n.run(t, c, p), []byte("early"))
		if g := global(); bytes.Equal(g, []byte("lost")) {
			t.Error("the callback that answered twice was committed")
		}
	})
	t.Run("callback without an answer", func(t *testing.T) {
		wantReject(t, n.run(t, c, call(outcall{arg: replyWith("x"), onReply: prog(nil).do(opArg, opDrop)})), 5, "IC0506")
	})
	t.Run("two calls, one answer", func(t *testing.T) {
		p := call(outcall{arg: replyWith("x"), onReply: prog(nil).do(opArg, opDrop)}).then(call(outcall{arg: replyWith("second")}))
		wantReply(t, n.run(t, c, p), []byte("second"))
	})
}

// Row N38: a callback that is no function.
func TestCallbackIndexIsChecked(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	for _, index := range []uint64{0, 1 << 20, 1<<32 - 1} {
		p := prog(nil).blob(other.Bytes()).text("update").num(index).num(0).do(opCallRaw).blob(replyWith("x")).do(opCallData, opCallPerform, opDrop)
		wantReject(t, n.run(t, c, p), 5, "IC0502")
	}
	wantReply(t, n.run(t, c, replyWith("alive")), []byte("alive"))
}

// Row N36: calls from one canister to another start in order.
func TestCallsStayInOrder(t *testing.T) {
	n := open(t)
	c, other := n.universal(t), n.universal(t)
	add := func(s string) prog {
		return prog(nil).do(opGetGlobal).text(s).do(opConcat, opSetGlobal).then(replyWith(s))
	}
	p := prog(nil)
	for _, s := range []string{"1", "2", "3", "4"} {
		p = p.call(outcall{to: other, method: "update", arg: add(s), onReply: prog(nil).do(opArg, opDrop)})
	}
	wantReply(t, n.run(t, c, p.then(replyWith("sent"))), []byte("sent"))
	wantReply(t, n.ask(t, other, prog(nil).do(opGetGlobal).reply()), []byte("1234"))
}

// Composite queries run, calls from them are refused by name.
func TestCompositeQueryMayNotCall(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	wantReply(t, n.query(t, identity.Anonymous(), c, "composite", replyWith("x")), []byte("x"))
	r := n.query(t, identity.Anonymous(), c, "composite", prog(nil).call(outcall{to: c, method: "query", arg: replyWith("x")}))
	if r.code != 5 || !strings.Contains(r.message, "calls from composite queries are not available") {
		t.Errorf("got %v", r)
	}
}

package localnet_test

import (
	"bytes"
	"strings"
	"testing"
)

// Row N30: the rules for replying.
func TestReplyRules(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	tests := []struct {
		name      string
		prog      prog
		code      uint64
		errorCode string
		says      string
	}{
		{"reply twice", replyWith("a").do(opReply), 5, "IC0504", "msg_reply"},
		{"append after reply", replyWith("a").text("b").do(opReplyAppend), 5, "IC0504", "msg_reply_data_append"},
		{"reject after reply", replyWith("a").text("b").do(opReject), 5, "IC0504", "msg_reject"},
		{"reply after reject", prog(nil).text("a").do(opReject, opReply), 5, "IC0504", "msg_reply"},
		{"reject", prog(nil).text("no").do(opReject), 4, "IC0406", "no"},
		{"reject that is not UTF-8", prog(nil).blob([]byte{0xff}).do(opReject), 5, "IC0504", "UTF-8"},
		{"no answer", prog(nil).text("x").do(opReplyAppend), 5, "IC0506", "did not reply"},
		{"reply of more than 2 MiB", prog(nil).num(2<<20+1).do(opReplyZeroes, opReply), 5, "IC0504", "2097152"},
		{"trap", prog(nil).text("oh no").do(opTrap), 5, "IC0503", "'oh no'"},
		{"unreachable", prog(nil).do(opUnreachable), 5, "IC0502", "unreachable"},
		{"endless loop", prog(nil).do(opLoop), 5, "IC0522", "50000000 instructions"},
		{"endless recursion", prog(nil).do(opRecurse), 5, "", ""},
		{"copy out of bounds", prog(nil).num(0xfffffff0).num(1).do(opRawArgCopy), 5, "IC0502", "out of bounds"},
		{"reject code outside a callback", prog(nil).do(opRejectCode), 5, "IC0504", `"ic0.msg_reject_code" cannot be executed in update mode`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := n.run(t, c, tt.prog)
			if r.code != tt.code || tt.errorCode != "" && r.errorCode != tt.errorCode || !strings.Contains(r.message, tt.says) || !r.certified {
				t.Errorf("got %v, want reject %d %s with %q", r, tt.code, tt.errorCode, tt.says)
			}
			wantReply(t, n.run(t, c, replyWith("alive")), []byte("alive"))
		})
	}
}

func TestRepliesOfTheLargestSize(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	wantReply(t, n.run(t, c, prog(nil).num(2<<20).do(opReplyZeroes, opReply)), make([]byte, 2<<20))
	wantReply(t, n.ask(t, c, prog(nil).num(3<<20).do(opReplyZeroes, opReply)), make([]byte, 3<<20))
	wantReject(t, n.ask(t, c, prog(nil).num(3<<20+1).do(opReplyZeroes, opReply)), 5, "IC0504")
}

// Row N30: a message that answers nothing still counts.
func TestNoAnswerKeepsState(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	wantReject(t, n.run(t, c, prog(nil).text("kept").do(opSetGlobal)), 5, "IC0506")
	wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal).reply()), []byte("kept"))
}

// touchAll changes everything a message can change.
func touchAll() prog {
	return prog(nil).
		text("changed").do(opSetGlobal).
		num(1).do(opStableGrow, opDrop).
		num(0).text("changed").do(opStableWrite).
		text("changed").do(opCertifiedData).
		num(12345).do(opTimerSet, opDrop).
		num(3).do(opMemoryGrow, opDrop).
		num(7).do(opBurn, opDrop)
}

// Row N31: a trap leaves no trace.
func TestTrapLeavesNoTrace(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	other := n.universal(t)
	setup := prog(nil).text("first").do(opSetGlobal).num(2).do(opStableGrow, opDrop).num(0).text("first").do(opStableWrite)
	if r := n.run(t, c, setup.then(replyWith("ok"))); r.code != 0 {
		t.Fatal(r)
	}
	before := n.hash(t)
	tests := []struct {
		name string
		end  prog
	}{
		{"trap", prog(nil).text("end").do(opTrap)},
		{"unreachable", prog(nil).do(opUnreachable)},
		{"out of instructions", prog(nil).do(opLoop)},
		{"after a call", prog(nil).call(outcall{to: other, method: "update", arg: touchAll(), cycles: 10}).text("end").do(opTrap)},
		{"after a reply", replyWith("x").text("end").do(opTrap)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := n.run(t, c, touchAll().then(tt.end)); r.code != 5 {
				t.Errorf("got %v, want reject 5", r)
			}
			if n.hash(t) != before {
				t.Error("the state changed")
			}
			read := prog(nil).do(opGetGlobal).num(0).num(5).do(opStableRead, opConcat, opStableSize, opBytes4, opConcat).reply()
			wantReply(t, n.ask(t, c, read), []byte("firstfirst\x02\x00\x00\x00"))
		})
	}
}

// Row N32: a query leaves no trace.
func TestQueryLeavesNoTrace(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	if r := n.run(t, c, prog(nil).text("first").do(opSetGlobal).then(replyWith("ok"))); r.code != 0 {
		t.Fatal(r)
	}
	before := n.hash(t)
	tests := []struct {
		name string
		prog prog
	}{
		{"write memory", prog(nil).text("second").do(opSetGlobal).then(replyWith("x"))},
		{"grow memory", prog(nil).num(10).do(opMemoryGrow, opDrop).then(replyWith("x"))},
		{"write stable memory", prog(nil).num(1).do(opStableGrow, opDrop).num(0).text("x").do(opStableWrite).then(replyWith("x"))},
		{"trap", prog(nil).text("second").do(opSetGlobal).text("end").do(opTrap)},
		{"loop", prog(nil).text("second").do(opSetGlobal, opLoop)},
		{"no answer", prog(nil).text("second").do(opSetGlobal)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n.ask(t, c, tt.prog)
			if n.hash(t) != before {
				t.Error("the state changed")
			}
			wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal, opStableSize, opBytes4, opConcat).reply()), []byte("first\x00\x00\x00\x00"))
		})
	}
}

// Row N41: a query method called by an update call answers and keeps nothing.
func TestQueryMethodByUpdateCall(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	p := prog(nil).text("changed").do(opSetGlobal).do(opReplicated, opBytes4).do(opCertPresent, opBytes4, opConcat).reply()
	wantReply(t, n.update(t, alice(t), c, "query", p), []byte{1, 0, 0, 0, 0, 0, 0, 0})
	wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal).reply()), nil)
	wantReject(t, n.update(t, alice(t), c, "composite", p), 5, "IC0536")
}

// Row N44: canister_inspect_message.
func TestInspectMessage(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	caller := n.universal(t)
	set := func(p prog) {
		t.Helper()
		// Installed anew, so that what was set before does not refuse this.
		if r := n.installMode(t, alice(t), c, "reinstall", universalWasm(t), prog(nil).blob(p).do(opSetInspect)); r.code != 0 {
			t.Fatal(r)
		}
	}
	refused := func(r result, code uint64, says string) {
		t.Helper()
		if r.code != code || r.certified || !strings.Contains(r.message, says) {
			t.Errorf("got %v, want uncertified reject %d with %q", r, code, says)
		}
	}
	wantReply(t, n.run(t, c, replyWith("a")), []byte("a"))
	set(prog(nil).text("x").do(opDrop))
	refused(n.run(t, c, replyWith("a")), 4, "inspect_message")
	wantReply(t, n.ask(t, c, replyWith("queries are not inspected")), []byte("queries are not inspected"))
	wantReply(t, n.run(t, caller, prog(nil).call(outcall{to: c, method: "update", arg: replyWith("nor canisters")})), []byte("nor canisters"))
	if r := n.manage(t, alice(t), c, "canister_status", idArg{c}); r.code != 0 {
		t.Errorf("management calls are inspected: %v", r)
	}
	set(prog(nil).text("boom").do(opTrap))
	refused(n.run(t, c, replyWith("a")), 5, "boom")
	set(prog(nil).do(opAccept, opAccept))
	refused(n.run(t, c, replyWith("a")), 5, "twice")
	set(prog(nil).text("inspected").do(opSetGlobal))
	refused(n.run(t, c, replyWith("a")), 4, "inspect_message")
	if g := n.ask(t, c, prog(nil).do(opGetGlobal).reply()).data; len(g) != 0 {
		t.Errorf("inspect_message left %q behind", g)
	}
	set(prog(nil).do(opCaller, opMethodName, opConcat, opArg, opConcat, opTrap))
	arg := replyWith("arg")
	r := n.update(t, bob(t), c, "update", arg)
	want := append(append(bob(t).Principal().Bytes(), "update"...), arg...)
	if !strings.Contains(r.message, string(bytes.ToValidUTF8(want, []byte("\uFFFD")))) {
		t.Errorf("inspect_message saw %q, want %q", r.message, want)
	}
}

package localnet_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

// What the host copies for a canister counts as the canister's work: a few calls
// that copy much end like a long loop.
func TestCopiesCostInstructions(t *testing.T) {
	n := open(t)
	m := w.New()
	grow, read := importIC0(m, "stable64_grow", "l:l"), importIC0(m, "stable64_read", "lll:")
	reply := importIC0(m, "msg_reply", ":")
	m.Memory(w.Limits{Min: 16})
	reads := func(count int) [][]byte {
		code := [][]byte{w.I64Const(16), w.Call(grow), w.Op(0x1a)}
		for range count {
			code = append(code, w.I64Const(0), w.I64Const(0), w.I64Const(1<<20), w.Call(read))
		}
		return append(code, w.Call(reply))
	}
	m.Export("canister_query few", engine.KindFunc, plain(m, reads(40)...))
	m.Export("canister_query many", engine.KindFunc, plain(m, reads(50)...))
	c := n.install(t, alice(t), m.Bytes(), nil)
	wantReply(t, n.query(t, alice(t), c, "few", nil), nil)
	wantReject(t, n.query(t, alice(t), c, "many", nil), 5, "IC0522")
}

// bigCalls is a program that calls c with 4 MiB, as often as told, and before with
// first. The calls write to stable memory at the far offset.
func bigCalls(c principal.Principal, count int, first outcall) prog {
	const size, far = 4 << 20, 6 << 20
	big := prog(nil).num(100).do(opStableGrow, opDrop).
		blob([]byte{opBlob, 0, 0, size >> 16, 0}).num(0).num(size).do(opStableRead, opConcat).
		blob(prog(nil).do(opDrop).num(far).text("x").do(opStableWrite).then(replyWith(""))).do(opConcat, opSetGlobal)
	return big.call(first).then(sendGlobal(c, count))
}

// sendGlobal calls c with the global and pushes what the last call_perform said.
func sendGlobal(c principal.Principal, count int) prog {
	var p prog
	for range count {
		p = p.call(outcall{to: c, method: "update", onReply: prog{}, onReject: prog{}, dontPerform: true})
		p = p.do(opGetGlobal, opCallData, opCallPerform)
	}
	return p
}

// Calls that wait take bounded room: beyond it call_perform says no, and answers
// are taken first.
func TestQueueIsBounded(t *testing.T) {
	n := open(t, func(c *localnet.Config) { c.MaxInstructions = 5_000_000_000 })
	c := n.universal(t)
	more := sendGlobal(c, 3).do(opBytes4).reply()
	wantReply(t, n.run(t, c, bigCalls(c, 13, outcall{to: c, method: "update", arg: more})), []byte{2, 0, 0, 0})

	c = n.universal(t)
	seen := prog(nil).num(6 << 20).num(1).do(opStableRead).reply()
	first := outcall{to: c, method: "update", arg: replyWith(""), onReply: seen}
	wantReply(t, n.run(t, c, bigCalls(c, 13, first)), []byte{0})
	wantReply(t, n.run(t, c, seen), []byte("x"))
}

// Row N34: call_perform says no to more calls than a message may make.
func TestCallsOfAMessageAreBounded(t *testing.T) {
	const limit = 10_000
	n := open(t)
	m := w.New()
	callNew, perform := importIC0(m, "call_new", "iiiiiiii:"), importIC0(m, "call_perform", ":i")
	appendData, reply := importIC0(m, "msg_reply_data_append", "ii:"), importIC0(m, "msg_reply", ":")
	m.Memory(w.Limits{Min: 1})
	one := bytes.Repeat(w.I32Const(0), 8)
	one = append(append(one, w.Call(callNew)...), w.Call(perform)...)
	var all []byte
	for range limit {
		all = append(append(all, one...), 0x1a)
	}
	m.Export("canister_update u", engine.KindFunc, plain(m,
		all, w.I32Const(0), one, w.I32Store(0), w.I32Const(0), w.I32Const(4), w.Call(appendData), w.Call(reply)))
	c := n.install(t, alice(t), m.Bytes(), nil)
	wantReply(t, n.update(t, alice(t), c, "u", nil), []byte{2, 0, 0, 0})
}

// Row N45: stable memory takes a bounded amount of room, however it is spread.
func TestStableMemoryInUseIsBounded(t *testing.T) {
	n := open(t, func(c *localnet.Config) { c.MaxStableBytes = 64 << 10 })
	a, b := n.universal(t), n.universal(t)
	write := func(pages ...uint64) prog {
		p := prog(nil).num(1_000_000).do(opStableGrow, opDrop)
		for _, at := range pages {
			p = p.num(at << 30).text("x").do(opStableWrite)
		}
		return p.then(replyWith("ok"))
	}
	wantReply(t, n.run(t, a, write(1, 2, 3, 4, 5, 6, 7, 8)), []byte("ok"))
	r := n.run(t, b, write(1, 2, 3, 4, 5, 6, 7, 8, 9))
	wantReject(t, r, 5, "IC0502")
	if !strings.Contains(r.message, "limit of 65536 bytes") {
		t.Errorf("message: %q", r.message)
	}
	wantReply(t, n.run(t, b, write(1)), []byte("ok"))
}

type memoryArg struct {
	_    candid.OneOf
	Keep *candid.Null `candid:"keep"`
}

type upgradeArg struct {
	Memory *memoryArg `candid:"wasm_memory_persistence"`
}

type upgradeModeArg struct {
	_       candid.OneOf
	Upgrade **upgradeArg `candid:"upgrade"`
}

// upgradeInstallArg is an upgrade that says what becomes of the memory.
type upgradeInstallArg struct {
	Mode upgradeModeArg      `candid:"mode"`
	ID   principal.Principal `candid:"canister_id"`
	Wasm []byte              `candid:"wasm_module"`
	Arg  []byte              `candid:"arg"`
}

// A memory that is to be kept and does not fit the new module is refused.
func TestKeptMemoryMustFit(t *testing.T) {
	const marker = "icp:private enhanced-orthogonal-persistence"
	n := open(t)
	marked := append(bytes.Clone(universalWasm(t)), customSection(marker, "")...)
	c := n.install(t, alice(t), marked, nil)
	n.run(t, c, prog(nil).text("kept").do(opSetGlobal).then(replyWith("")))
	before := n.hash(t)
	keep := func(wasm []byte) result {
		how := &upgradeArg{Memory: &memoryArg{Keep: &candid.Null{}}}
		a := upgradeInstallArg{Mode: upgradeModeArg{Upgrade: &how}, ID: c, Wasm: wasm}
		return n.manage(t, alice(t), c, "install_code", a)
	}
	none, small := w.New(), w.New()
	small.Memory(w.Limits{Min: 1, Max: 1})
	for name, m := range map[string]*w.Module{"no memory": none, "small memory": small} {
		m.Custom(marker, nil)
		r := keep(m.Bytes())
		if r.errorCode != "IC0504" || !strings.Contains(r.message, "do not fit") {
			t.Errorf("%s: %v", name, r)
		}
		if n.hash(t) != before {
			t.Errorf("%s: the state changed", name)
		}
	}
	wantReply(t, keep(marked), []byte("DIDL\x00\x00"))
}

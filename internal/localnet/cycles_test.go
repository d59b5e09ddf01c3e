package localnet_test

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// amount is 16 bytes as canisters see cycles.
func amount(n uint64) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, n), make([]byte, 8)...)
}

func (n *network) balance(t testing.TB, c principal.Principal) uint64 {
	t.Helper()
	r := n.ask(t, c, prog(nil).do(opBalance).reply())
	if len(r.data) != 16 {
		t.Fatalf("balance of %v: %v", c, r)
	}
	return binary.LittleEndian.Uint64(r.data)
}

// Row N42: attach, accept, refund, burn.
func TestCyclesMove(t *testing.T) {
	const attached = 1000
	tests := []struct {
		name     string
		callee   prog
		stays    uint64 // with the callee
		refunded uint64
		code     uint32 // of a reject the caller sees
	}{
		{"nothing accepted", replyWith(""), 0, attached, 0},
		{"all accepted", prog(nil).num(attached).do(opAcceptCycles, opDrop).then(replyWith("")), attached, 0, 0},
		{"a part accepted", prog(nil).num(300).do(opAcceptCycles, opDrop).then(replyWith("")), 300, 700, 0},
		{"accepted in parts", prog(nil).num(300).do(opAcceptCycles, opDrop).num(200).do(opAcceptCycles, opDrop).then(replyWith("")), 500, 500, 0},
		{"more wanted than there is", prog(nil).num(5000).do(opAcceptCycles, opDrop).then(replyWith("")), attached, 0, 0},
		{"accepted, then rejected", prog(nil).num(300).do(opAcceptCycles, opDrop).text("no").do(opReject), 300, 700, 4},
		{"accepted, then trapped", prog(nil).num(300).do(opAcceptCycles, opDrop, opUnreachable), 0, attached, 5},
		{"accepted after the answer", replyWith("").num(300).do(opAcceptCycles, opDrop), 0, attached, 0},
		{"silent", prog(nil).num(300).do(opAcceptCycles, opDrop), 300, 700, 5},
		{"burned", prog(nil).num(300).do(opAcceptCycles, opDrop).num(200).do(opBurn, opDrop).then(replyWith("")), 100, 700, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := open(t)
			c, other := n.universal(t), n.universal(t)
			before, otherBefore := n.balance(t, c), n.balance(t, other)
			seen := prog(nil).do(opRefunded).do(opRejectCode, opBytes4, opConcat).reply()
			r := n.run(t, c, prog(nil).call(outcall{to: other, method: "update", arg: tt.callee, cycles: attached, onReply: seen, onReject: seen}))
			wantReply(t, r, binary.LittleEndian.AppendUint32(amount(tt.refunded), tt.code))
			if got := otherBefore + tt.stays - n.balance(t, other); got != 0 {
				t.Errorf("the callee has %d too few", got)
			}
			if got := before - attached + tt.refunded - n.balance(t, c); got != 0 {
				t.Errorf("the caller has %d too few", got)
			}
		})
	}
}

func TestCyclesOfCallsThatCannotBeDelivered(t *testing.T) {
	n := open(t)
	c, empty := n.universal(t), n.create(t, alice(t))
	before := n.balance(t, c)
	for _, to := range []principal.Principal{empty, alice(t).Principal(), principal.Management()} {
		n.run(t, c, prog(nil).call(outcall{to: to, method: "update", cycles: 12345}))
		if got := n.balance(t, c); got != before {
			t.Errorf("call to %v: balance is %d, want %d", to, got, before)
		}
	}
}

func TestCyclesAPIOf64BitsTraps(t *testing.T) {
	n := open(t)
	huge, err := candid.NatFromBig(new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		t.Fatal(err)
	}
	c := n.createWith(t, alice(t), createArg{Amount: &huge})
	if r := n.installMode(t, alice(t), c, "install", universalWasm(t), nil); r.code != 0 {
		t.Fatal(r)
	}
	wantReject(t, n.ask(t, c, prog(nil).do(opBalance64, opBytes8).reply()), 5, "IC0502")
	wantReply(t, n.ask(t, c, prog(nil).do(opBalance).reply()), append(make([]byte, 8), 1, 0, 0, 0, 0, 0, 0, 0))
	wantReply(t, n.run(t, c, prog(nil).do(opAvailable64, opBytes8).reply()), make([]byte, 8))
}

func TestBalanceSaturates(t *testing.T) {
	n := open(t)
	most, err := candid.NatFromBig(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1)))
	if err != nil {
		t.Fatal(err)
	}
	c := n.createWith(t, alice(t), createArg{Amount: &most})
	topUp := struct {
		ID     principal.Principal `candid:"canister_id"`
		Amount candid.Nat          `candid:"amount"`
	}{c, candid.NatOf(5)}
	if r := n.manage(t, identity.Anonymous(), c, "provisional_top_up_canister", topUp); r.code != 0 {
		t.Fatal(r)
	}
	if r := n.installMode(t, alice(t), c, "install", universalWasm(t), nil); r.code != 0 {
		t.Fatal(r)
	}
	wantReply(t, n.ask(t, c, prog(nil).do(opBalance).reply()), bytes.Repeat([]byte{0xff}, 16))
}

// Row N42: whatever canisters do with them, cycles are neither made nor lost.
func TestCyclesAreConserved(t *testing.T) {
	n := open(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var ids []principal.Principal
	for range 3 {
		ids = append(ids, n.universal(t))
	}
	total := func() uint64 {
		var sum uint64
		for _, c := range ids {
			sum += n.balance(t, c)
		}
		return sum
	}
	before := total()
	var random func(depth int) prog
	random = func(depth int) prog {
		p := prog(nil).num(rng.Uint64N(500)).do(opAcceptCycles, opDrop)
		if depth > 0 {
			p = p.call(outcall{
				to: ids[rng.IntN(len(ids))], method: "update", arg: random(depth - 1), cycles: rng.Uint64N(1000),
				onReply: endings(rng), onReject: endings(rng), cleanup: endings(rng),
			})
		}
		return p.then(endings(rng))
	}
	for i := range 60 {
		n.run(t, ids[i%len(ids)], random(3))
		if after := total(); after != before {
			t.Fatalf("call %d: %d cycles before, %d after", i, before, after)
		}
	}
}

// endings are ways for a message to end.
func endings(rng *rand.Rand) prog {
	return []prog{
		replyWith("done"),
		prog(nil).text("rejected").do(opReject),
		prog(nil).do(opUnreachable),
		prog(nil).num(200).do(opAcceptCycles, opDrop),
	}[rng.IntN(4)]
}

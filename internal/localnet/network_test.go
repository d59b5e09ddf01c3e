package localnet_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

// Close interrupts a message, which then never happened.
func TestCloseInterrupts(t *testing.T) {
	dir := t.TempDir()
	looping := make(chan struct{})
	eng := newEngine(t)
	n := open(t, inDir(dir), func(c *localnet.Config) {
		c.Engine = eng
		c.MaxInstructions = 1 << 60
		c.SyncWait = time.Hour
		c.Print = func(principal.Principal, string) { close(looping) }
	})
	c := n.universal(t)
	before := n.hash(t)
	req := n.callContent(alice(t), c, "update", touchAll().text("looping").do(opPrint, opLoop))
	body := encodeCBOR(t, envelope(t, alice(t), req))
	answered := make(chan answer, 1)
	go func() { answered <- n.post(t, "/api/v4/canister/"+c.String()+"/call", body) }()
	<-looping
	if err := n.Close(); !errors.Is(err, localnet.ErrClosed) && err != nil {
		t.Errorf("Close: %v", err)
	}
	if a := <-answered; a.status == 200 {
		t.Errorf("the call was answered: %s", a.body)
	}
	if _, err := n.StateHash(t.Context()); !errors.Is(err, localnet.ErrClosed) {
		t.Errorf("StateHash of a closed network: %v", err)
	}
	m := open(t, inDir(dir), func(c *localnet.Config) { c.Engine, c.MaxInstructions = eng, 1_000_000 })
	if err := m.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.hash(t) != before {
		t.Error("the interrupted message left a trace")
	}
}

// Row N56: many clients at once.
func TestConcurrentClients(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			id := key(t, identity.Ed25519, byte(i))
			for range 3 {
				if r := n.update(t, id, c, "update", appendGlobal("x")); r.code != 0 {
					t.Error(r)
				}
				wantReply(t, n.query(t, id, c, "query", prog(nil).do(opCaller).reply()), id.Principal().Bytes())
			}
		})
	}
	wg.Wait()
	if got := count(t, n, c); got != 96 {
		t.Errorf("%d updates of 96", got)
	}
}

// Row N60: canisters keep their state whether or not they keep an instance.
func TestManyCanisters(t *testing.T) {
	n := open(t)
	var ids []principal.Principal
	for range 40 {
		ids = append(ids, n.universal(t))
	}
	for round := range 2 {
		for i, c := range ids {
			want := strings.Repeat(fmt.Sprint(i%10), round+1)
			wantReply(t, n.run(t, c, appendGlobal(fmt.Sprint(i%10))), []byte(want))
		}
	}
}

// Row N53: the same seed, clock and requests make the same state.
func TestDeterminism(t *testing.T) {
	script := func() [32]byte {
		n := open(t)
		a, b := n.universal(t), n.universal(t)
		rand := prog(nil).call(outcall{to: principal.Management(), method: "raw_rand", arg: []byte("DIDL\x00\x00"), onReply: prog(nil).do(opArg, opSetGlobal, opArg).reply()})
		n.run(t, a, rand)
		for i := range 5 {
			n.run(t, a, prog(nil).call(outcall{to: b, method: "update", arg: appendGlobal(fmt.Sprint(i)), cycles: 10}))
			n.run(t, b, prog(nil).do(opTime, opBytes8, opSetGlobal).num(0).do(opPerformance, opBytes8).reply())
			n.clock.advance(time.Second)
		}
		return n.hash(t)
	}
	first := script()
	for range 3 {
		if again := script(); again != first {
			t.Errorf("state %x, then %x", first, again)
		}
	}
}

// Row N39: bounded waits.
func TestBoundedWait(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	addController(t, n, c, c)
	// Stopping oneself while a call is open waits for that call, which waits.
	stop := outcall{to: principal.Management(), method: "stop_canister", arg: marshal(t, idArg{c}), bounded: 1000, cycles: 500}
	stop.onReject = prog(nil).do(opRejectCode, opBytes4, opSetGlobal)
	req := n.callContent(alice(t), c, "update", prog(nil).call(stop))
	body := encodeCBOR(t, envelope(t, alice(t), req))
	if a := n.post(t, "/api/v2/canister/"+c.String()+"/call", body); a.status != 202 {
		t.Fatalf("HTTP %d %s", a.status, a.body)
	}
	status := func() string {
		t.Helper()
		if err := n.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		id := requestID(t, req)
		raw, _ := n.tryReadState(t, alice(t), "/api/v3/canister/"+c.String(), [][]byte{[]byte("request_status"), id[:]}).fields(t)["certificate"].([]byte)
		v, _ := n.verify(t, raw, c).Lookup([][]byte{[]byte("request_status"), id[:], []byte("status")})
		return string(v)
	}
	if got := status(); got != "processing" {
		t.Errorf("status is %q, want processing", got)
	}
	n.clock.advance(299 * time.Second)
	if got := status(); got != "processing" {
		t.Errorf("after 299 s the status is %q, want processing: a wait is at most 300 s", got)
	}
	n.clock.advance(2 * time.Second)
	if got := status(); got != "rejected" {
		t.Errorf("after 301 s the status is %q, want rejected", got)
	}
	if r := n.manage(t, alice(t), c, "start_canister", idArg{c}); r.code != 0 {
		t.Fatal(r)
	}
	wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal).reply()), []byte{6, 0, 0, 0})
	if got := n.balance(t, c); got != 100_000_000_000_000 {
		t.Errorf("the balance is %d: the cycles of the late answer are lost", got)
	}
	deadline := prog(nil).do(opDeadline, opBytes8).reply()
	wantReply(t, n.run(t, c, deadline), make([]byte, 8))
	r := n.run(t, c, prog(nil).call(outcall{to: c, method: "update", arg: deadline, bounded: 10}))
	if bytes.Equal(r.data, make([]byte, 8)) || len(r.data) != 8 {
		t.Errorf("deadline of a bounded call: %v", r)
	}
}

// Row N47: heartbeats, of canisters that run.
func TestHeartbeat(t *testing.T) {
	n := open(t, func(c *localnet.Config) { c.HeartbeatInterval = time.Second })
	c := n.universal(t)
	n.run(t, c, prog(nil).blob(prog(nil).do(opGetGlobal).text("h").do(opConcat, opSetGlobal)).do(opSetHeartbeat).then(replyWith("")))
	beats := func() int {
		t.Helper()
		if err := n.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		return count(t, n, c)
	}
	first := beats()
	n.clock.advance(time.Second)
	if got := beats(); got != first+1 {
		t.Errorf("%d heartbeats after a second, %d before", got, first)
	}
	if r := n.manage(t, alice(t), c, "stop_canister", idArg{c}); r.code != 0 {
		t.Fatal(r)
	}
	stopped := first + 1
	n.clock.advance(time.Minute)
	if err := n.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := n.manage(t, alice(t), c, "start_canister", idArg{c}); r.code != 0 {
		t.Fatal(r)
	}
	if got := beats(); got != stopped {
		t.Errorf("%d heartbeats after a minute of standing still, want %d", got, stopped)
	}
}

// The hash of a network in memory and that of one on disk are the same.
func TestMemoryAndDiskAgree(t *testing.T) {
	run := func(n *network) [32]byte {
		c := n.universal(t)
		n.run(t, c, appendGlobal("x"))
		return n.hash(t)
	}
	if a, b := run(open(t)), run(open(t, inDir(t.TempDir()))); a != b {
		t.Errorf("in memory %x, on disk %x", a, b)
	}
}

func TestOpenNeedsAnEngine(t *testing.T) {
	if _, err := localnet.Open(t.Context(), localnet.Config{}); err == nil {
		t.Error("Open without an engine succeeds")
	}
}

func TestCanisterInfo(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	n.installMode(t, alice(t), c, "upgrade", universalWasm(t), nil)
	addController(t, n, c, bob(t).Principal())
	two := uint64(2)
	arg := struct {
		ID   principal.Principal `candid:"canister_id"`
		Last *uint64             `candid:"num_requested_changes"`
	}{c, &two}
	r := n.run(t, c, prog(nil).call(outcall{to: principal.Management(), method: "canister_info", arg: marshal(t, arg)}))
	var info struct {
		Total  uint64 `candid:"total_num_changes"`
		Recent []struct {
			Origin struct {
				_    candid.OneOf
				User *struct {
					ID principal.Principal `candid:"user_id"`
				} `candid:"from_user"`
			} `candid:"origin"`
		} `candid:"recent_changes"`
		Controllers []principal.Principal `candid:"controllers"`
	}
	if err := candid.Unmarshal(r.data, &info); err != nil {
		t.Fatalf("%v: %v", r, err)
	}
	if info.Total != 4 || len(info.Recent) != 2 || len(info.Controllers) != 2 || info.Recent[1].Origin.User.ID != alice(t).Principal() {
		t.Errorf("canister_info: %+v", info)
	}
}

// Row N56: go test -bench Update ./internal/localnet
func BenchmarkUpdate(b *testing.B) {
	for _, on := range []string{"memory", "disk"} {
		b.Run(on, func(b *testing.B) {
			n := open(b, func(c *localnet.Config) {
				if on == "disk" {
					c.StateDir = b.TempDir()
				}
			})
			c := n.universal(b)
			for b.Loop() {
				n.run(b, c, replyWith("x"))
			}
		})
	}
}

func BenchmarkQuery(b *testing.B) {
	n := open(b)
	c := n.universal(b)
	req := n.callContent(identity.Anonymous(), c, "query", replyWith("x"))
	req["request_type"] = "query"
	body := encodeCBOR(b, envelope(b, identity.Anonymous(), req))
	for b.Loop() {
		n.post(b, "/api/v3/canister/"+c.String()+"/query", body)
	}
}

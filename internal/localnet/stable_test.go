package localnet_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
)

// Row N45: stable memory.
func TestStableMemory(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	i64 := func(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
	tests := []struct {
		name string
		prog prog
		want []byte
		trap bool
	}{
		{"empty", prog(nil).do(opStableSize, opBytes8).reply(), i64(0), false},
		{"read of nothing", prog(nil).num(0).num(0).do(opStableRead).reply(), nil, false},
		{"read beyond", prog(nil).num(0).num(1).do(opStableRead).reply(), nil, true},
		{"grow", prog(nil).num(2).do(opStableGrow, opBytes8).reply(), i64(0), false},
		{"size after", prog(nil).do(opStableSize, opBytes8).do(opStableSize32, opBytes8, opConcat).reply(), append(i64(2), i64(2)...), false},
		{"write at the end", prog(nil).num(2<<16 - 3).text("end").do(opStableWrite).then(replyWith("ok")), []byte("ok"), false},
		{"write over the end", prog(nil).num(2<<16 - 2).text("end").do(opStableWrite).then(replyWith("ok")), nil, true},
		{"write far over the end", prog(nil).num(1<<64 - 2).text("end").do(opStableWrite).then(replyWith("ok")), nil, true},
		{"read back", prog(nil).num(2<<16 - 4).num(4).do(opStableRead).reply(), []byte("\x00end"), false},
		{"grow beyond 4 GiB by the old function", prog(nil).num(65535).do(opStableGrow32, opBytes8).reply(), i64(1<<32 - 1), false},
		{"grow beyond the limit", prog(nil).num(1<<40).do(opStableGrow, opBytes8).reply(), i64(1<<64 - 1), false},
		{"grow beyond everything", prog(nil).num(1<<64-1).do(opStableGrow, opBytes8).reply(), i64(1<<64 - 1), false},
		{"grow beyond 4 GiB", prog(nil).num(100_000).do(opStableGrow, opBytes8).reply(), i64(2), false},
		{"the old functions trap then", prog(nil).do(opStableSize32, opBytes4).reply(), nil, true},
		{"write beyond 4 GiB", prog(nil).num(5 << 30).text("far").do(opStableWrite).then(replyWith("ok")), []byte("ok"), false},
		{"read beyond 4 GiB", prog(nil).num(5 << 30).num(4).do(opStableRead).reply(), []byte("far\x00"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := n.run(t, c, tt.prog)
			if tt.trap {
				wantReject(t, r, 5, "IC0502")
				return
			}
			wantReply(t, r, tt.want)
		})
	}
	if r := n.installMode(t, alice(t), c, "upgrade", universalWasm(t), nil); r.code != 0 {
		t.Fatal(r)
	}
	wantReply(t, n.run(t, c, prog(nil).num(5<<30).num(4).do(opStableRead).reply()), []byte("far\x00"))
	if r := n.installMode(t, alice(t), c, "reinstall", universalWasm(t), nil); r.code != 0 {
		t.Fatal(r)
	}
	wantReply(t, n.run(t, c, prog(nil).do(opStableSize, opBytes8).reply()), i64(0))
}

// Row N46: time stands still in a message and never goes back, whatever the clock
// does and although the network was closed.
func TestTime(t *testing.T) {
	dir := t.TempDir()
	n := open(t, inDir(dir))
	c := n.universal(t)
	read := func() uint64 {
		t.Helper()
		r := n.run(t, c, prog(nil).do(opTime, opBytes8, opTime, opBytes8, opConcat).reply())
		if len(r.data) != 16 {
			t.Fatal(r)
		}
		a, b := binary.LittleEndian.Uint64(r.data), binary.LittleEndian.Uint64(r.data[8:])
		if a != b {
			t.Errorf("time went on within a message: %d, %d", a, b)
		}
		return a
	}
	last := read()
	for range 5 {
		now := read()
		if now <= last {
			t.Errorf("time did not go on between messages: %d, %d", last, now)
		}
		last = now
	}
	n.clock.advance(time.Hour)
	if now := read(); now < last+uint64(time.Hour)-1000 {
		t.Errorf("time is %d after an hour, was %d", now, last)
	}
	last = read()
	n.Close()
	n = open(t, inDir(dir)) // its clock begins again
	n.clock.advance(58 * time.Minute)
	n.nonce.Store(1000)
	if now := read(); now <= last {
		t.Errorf("time is %d when opened again, was %d", now, last)
	}
}

// Row N47: the global timer.
func TestGlobalTimer(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	at := func(d time.Duration) uint64 { return uint64(n.clock.now().Add(d).UnixNano()) }
	arm := func(when uint64) prog {
		return prog(nil).blob(prog(nil).do(opGetGlobal).text("!").do(opConcat, opSetGlobal)).do(opSetTimer).num(when).do(opTimerSet, opBytes8).reply()
	}
	fired := func(want string) {
		t.Helper()
		if err := n.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantReply(t, n.ask(t, c, prog(nil).do(opGetGlobal).reply()), []byte(want))
	}
	first := at(time.Minute)
	wantReply(t, n.run(t, c, arm(first)), make([]byte, 8))
	wantReply(t, n.run(t, c, arm(at(2*time.Minute))), binary.LittleEndian.AppendUint64(nil, first))
	fired("")
	n.clock.advance(90 * time.Second)
	fired("")
	n.clock.advance(time.Minute)
	fired("!")
	n.clock.advance(time.Hour)
	fired("!")
	n.run(t, c, arm(1))
	fired("!!")
	for _, mode := range []string{"upgrade", "reinstall"} {
		n.run(t, c, arm(at(time.Minute)))
		mark := prog(nil).blob(prog(nil).text("?").do(opSetGlobal)).do(opSetTimer)
		if r := n.installMode(t, alice(t), c, mode, universalWasm(t), mark); r.code != 0 {
			t.Fatal(r)
		}
		n.clock.advance(time.Hour)
		fired("")
	}
}

// Row N48: certified data.
func TestCertifiedData(t *testing.T) {
	n := open(t)
	c := n.universal(t)
	wantReject(t, n.run(t, c, prog(nil).blob(make([]byte, 33)).do(opCertifiedData)), 5, "IC0502")
	if r := n.run(t, c, prog(nil).text("certified").do(opCertifiedData).then(replyWith("ok"))); r.code != 0 {
		t.Fatal(r)
	}
	wantReply(t, n.run(t, c, prog(nil).do(opCertPresent, opBytes4).reply()), make([]byte, 4))
	wantReject(t, n.run(t, c, prog(nil).do(opCertificate).reply()), 5, "IC0504")
	raw := n.ask(t, c, prog(nil).do(opCertificate).reply()).data
	path := cert.NewPath("canister", string(c.Bytes()), "certified_data")
	if v, status := n.verify(t, raw, c).Lookup(path); status != cert.Found || string(v) != "certified" {
		t.Errorf("certified data = %q, %v", v, status)
	}
	wantReject(t, n.ask(t, c, prog(nil).text("x").do(opCertifiedData)), 5, "IC0504")
	if r := n.installMode(t, alice(t), c, "reinstall", universalWasm(t), nil); r.code != 0 {
		t.Fatal(r)
	}
	raw = n.ask(t, c, prog(nil).do(opCertificate).reply()).data
	if v, status := n.verify(t, raw, c).Lookup(path); status != cert.Found || len(v) != 0 {
		t.Errorf("certified data after reinstall = %q, %v", v, status)
	}
}

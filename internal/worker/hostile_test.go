//go:build linux

package worker_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/worker"
	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// impostor is a worker in the hands of an attacker, who sends what he likes.
func impostor(name string) {
	socket, err := net.FileConn(os.NewFile(3, "parent"))
	if err != nil {
		panic(err)
	}
	conn := wire.NewConn(socket, wire.Options{})
	for { // a parent that still sends would not listen
		if f, err := conn.Receive(); err != nil || f.Kind == wire.Start {
			break
		}
	}
	do := impostors()[name]
	if do == nil {
		do = puts()[name]
	}
	if do == nil {
		do = mute()[name]
	}
	_ = do(conn, socket)
	time.Sleep(time.Hour)
}

type deed = func(c *wire.Conn, raw net.Conn) error

// ready is a deed of a worker that said it is ready.
func ready(then deed) deed {
	return func(c *wire.Conn, raw net.Conn) error {
		if err := c.Send(wire.Ready, wire.ReadyHead{Filtered: true}, nil); err != nil {
			return err
		}
		return then(c, raw)
	}
}

func bytesOf(b ...byte) deed {
	return func(_ *wire.Conn, raw net.Conn) error {
		_, err := raw.Write(b)
		return err
	}
}

// head is a frame whose head is that text.
func head(k wire.Kind, text string) deed {
	b := binary.LittleEndian.AppendUint32([]byte{byte(k)}, uint32(len(text)))
	return bytesOf(append(binary.LittleEndian.AppendUint32(b, 0), text...)...)
}

func frames(list ...deed) deed {
	return func(c *wire.Conn, raw net.Conn) error {
		for _, d := range list {
			if err := d(c, raw); err != nil {
				return err
			}
		}
		return nil
	}
}

func times(n int, d deed) deed {
	return func(c *wire.Conn, raw net.Conn) error {
		for range n {
			if err := d(c, raw); err != nil {
				return err
			}
		}
		return nil
	}
}

func impostors() map[string]deed {
	call := head(wire.Call, `{"Method":"m"}`)
	return map[string]deed{
		"noise":            bytesOf([]byte("GET / HTTP/1.1\r\n\r\n")...),
		"unknown kind":     bytesOf(99, 0, 0, 0, 0, 0, 0, 0, 0),
		"huge head":        bytesOf(byte(wire.Get), 255, 255, 255, 255, 0, 0, 0, 0),
		"no JSON":          head(wire.Get, "{"),
		"parent's frame":   bytesOf(byte(wire.Cancel), 0, 0, 0, 0, 0, 0, 0, 0),
		"call too early":   call,
		"print too early":  bytesOf(byte(wire.Stdout), 0, 0, 0, 0, 1, 0, 0, 0, 'x'),
		"ready twice":      ready(ready(bytesOf())),
		"calls at once":    ready(times(2, call)),
		"call of no kind":  ready(head(wire.Call, `{"Method":"m","CallType":7}`)),
		"too many calls":   ready(askMany),
		"done too early":   head(wire.Done, `{"Stage":"run"}`),
		"no outcome":       ready(head(wire.Done, `{"Err":{"Kind":"?"}}`)),
		"bad report":       ready(head(wire.Done, `{"Report":{"Last":[{"Err":{"Kind":"?"}}]}}`)),
		"many questions":   times(5000, head(wire.Put, `{"Key":"AAAA"}`)),
		"other's progress": head(wire.Progress, `{"Modules":1}`),
		"prints too much":  ready(times(3, bytesOf(byte(wire.Stdout), 0, 0, 0, 0, 6, 0, 0, 0, 'x', 'x', 'x', 'x', 'x', 'x'))),
		"warns too often":  ready(times(1100, head(wire.Warn, `{"Text":"x"}`))),
		"huge report":      ready(head(wire.Done, `{"Report":{"Last":[`+strings.Repeat("{},", 1<<20)+`{}]}}`)),
		"huge error":       ready(head(wire.Done, `{"Err":{"Causes":[`+strings.Repeat("{},", 1<<20)+`{}]}}`)),
		"differs in much":  ready(head(wire.Differ, `{"Args":["`+strings.Repeat("AAAA", 2000)+`"]}`)),
		"differs in many":  ready(head(wire.Differ, `{"Args":[""`+strings.Repeat(`,""`, 100)+`]}`)),
		"differs unasked":  ready(head(wire.Differ, `{}`)),
	}
}

// puts are deeds that the parent's cache sees.
func puts() map[string]deed {
	put := head(wire.Put, `{"Key":"AAAA"}`)
	failed := head(wire.Done, `{"Stage":"load","Err":{"Text":"x","Whole":true}}`)
	return map[string]deed{
		"put early": frames(put, failed),
		"put late":  ready(frames(put, failed)),
	}
}

// mute are deeds of a worker that does not hear, or not speak.
func mute() map[string]deed {
	part := func(_ *wire.Conn, raw net.Conn) error {
		_, err := io.ReadFull(raw, make([]byte, 100))
		return err
	}
	return map[string]deed{
		"reply unread": ready(frames(head(wire.Call, `{"Method":"m"}`), part, head(wire.Done, `{"Stage":"run"}`))),
		"silent":       ready(bytesOf()),
		"busy":         ready(times(1<<30, frames(head(wire.Activity, `{}`), func(*wire.Conn, net.Conn) error { time.Sleep(time.Millisecond); return nil }))),
	}
}

// askMany calls as often as answers come.
func askMany(c *wire.Conn, _ net.Conn) error {
	for {
		if err := c.Send(wire.Call, wire.CallHead{Method: "m"}, nil); err != nil {
			return err
		}
		if _, err := c.Receive(); err != nil {
			return err
		}
	}
}

// TestImpostors checks that a worker that does what none does is ended at once, with
// an error that says so.
func TestImpostors(t *testing.T) {
	for name := range impostors() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := launch(t, worker.Options{Args: []string{impostorArg, name}, LoadTime: time.Minute})
			r := request(t.TempDir(), "")
			r.Caller, r.Limits.WorldCalls, r.Limits.OutputBytes = &canister{}, 3, 16
			if strings.HasPrefix(name, "differs in") {
				r.Loops.Differ = func(string, [][]byte) string { return "" }
			}
			if name == "calls at once" {
				r.Caller = callerFunc(func(ctx context.Context) { <-ctx.Done() })
			}
			began := time.Now()
			_, err := l.Run(t.Context(), []byte("component"), r)
			if _, ok := errors.AsType[*worker.ProtocolError](err); !ok || !strings.Contains(err.Error(), "broke the rules") {
				t.Errorf("Run = %v, want *ProtocolError", err)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestUnread checks that a worker that does not read what it asked for keeps nobody
// waiting, and one that says nothing no longer than the limits of its plugin.
func TestUnread(t *testing.T) {
	const silent = "it was silent for longer than a plugin may compute and wait"
	for _, tt := range []struct{ name, want string }{
		{"reply unread", "<nil>"},
		{"silent", silent},
		{"busy", silent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := launch(t, worker.Options{Args: []string{impostorArg, tt.name}, Silence: 100 * time.Millisecond})
			r := request(t.TempDir(), "")
			r.Caller = replyFunc(func() []byte { return make([]byte, 64<<20) })
			r.Limits.Compute, r.Limits.Idle = time.Millisecond, time.Millisecond
			if tt.want == "<nil>" {
				r.Limits.Idle = plugin.Unlimited
			}
			if _, err := l.Run(t.Context(), []byte("component"), r); !strings.HasSuffix(fmt.Sprint(err), tt.want) {
				t.Errorf("Run = %v, want %q", err, tt.want)
			}
		})
	}
}

type replyFunc func() []byte

func (f replyFunc) Call(context.Context, icpsync.CallRequest) ([]byte, error) { return f(), nil }

type callerFunc func(context.Context)

func (f callerFunc) Call(ctx context.Context, _ icpsync.CallRequest) ([]byte, error) {
	f(ctx)
	return nil, ctx.Err()
}

// TestImpostorsPut checks that compiled code is not taken once a guest may run.
func TestImpostorsPut(t *testing.T) {
	c, dir := newCache(t)
	for _, name := range []string{"put early", "put late"} {
		l := launch(t, worker.Options{Args: []string{impostorArg, name}, Cache: c})
		_, _ = l.Run(t.Context(), []byte(name), request(t.TempDir(), ""))
	}
	if n := entries(t, dir); n != 1 {
		t.Errorf("%d entries, want the one from before the guest ran", n)
	}
}

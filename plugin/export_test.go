package plugin

import (
	"context"
	"hash/maphash"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
)

// Compare says in what arguments differ.
func Compare(args ...[]byte) string {
	var a arguments
	seed := maphash.MakeSeed()
	for _, arg := range args {
		a.add(maphash.Bytes(seed, arg), arg)
	}
	return a.String()
}

// Doctor is a doctor without a plugin.
type Doctor struct{ d *doctor }

// NewDoctor returns a doctor that looks at a clock.
func NewDoctor(cfg Session, warn func(string), now time.Time) Doctor {
	return Doctor{newDoctor(cfg, warn, now)}
}

// Observe tells it of a call and its reply.
func (d Doctor) Observe(info CallInfo, reply component.Value, now time.Time, memory uint64) error {
	info.Method = shortName(info.Method)
	return d.ObserveReply(info, component.NewReply(reply), now, memory)
}

// ObserveReply is Observe without making things up.
func (d Doctor) ObserveReply(info CallInfo, reply *component.Reply, now time.Time, memory uint64) error {
	return d.d.observe(info, nil, reply, now, memory)
}

// Methods is how many methods it keeps apart.
func (d Doctor) Methods() int { return len(d.d.monitor.methods) }

// Replies is the most replies it keeps of a method.
func (d Doctor) Replies() int {
	most := 0
	for _, m := range d.d.monitor.methods {
		most = max(most, len(m.replies))
	}
	return most
}

// Digester returns what gives values their digests.
func Digester() func(component.Value) uint64 {
	var d digester
	return func(v component.Value) uint64 {
		d.start()
		d.value(v)
		return d.sum()
	}
}

// PanicWords is what is made of a program's standard error once it has trapped.
func PanicWords(stderr string) (message, at string, stack []Frame) {
	var p panicWatch
	w := p.beside(nil)
	_, _ = w.Write([]byte(stderr))
	words := p.words()
	return words.Message, words.At, words.Stack
}

// StackOf finds the source lines of frames.
func StackOf(ctx context.Context, p *Plugin, frames []engine.Frame) []Frame {
	return p.stack(ctx, frames)
}

// Join is join.
func (r *Record) Join(next Record) bool { return r.join(next) }

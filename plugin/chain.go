package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/berth-cli/berth/component"
)

// traceLength is how many calls a Report remembers.
const traceLength = 8

// Record is a call of a host function, or several of one function of WASI in a row:
// then its sizes and time are those of all.
type Record struct {
	Interface, Func string
	Times           int           // how many calls it stands for, 0 as 1
	ArgBytes        int           // bytes of host memory the arguments took
	ResultBytes     int           // bytes of text and lists in the result, -1 if that was not counted
	Took            time.Duration // with the waiting in it
	Err             error         // what ended the call, or nil
}

// String is a line for a report of what went before.
func (r Record) String() string {
	name := r.Func
	if r.Interface != "" {
		name = r.Interface + " " + r.Func
	}
	if r.Times > 1 {
		name = fmt.Sprintf("%s ×%d", name, r.Times)
	}
	text := fmt.Sprintf("%s {%s} -> %s", name, FormatBytes(uint64(max(r.ArgBytes, 0))), r.outcome())
	return text + " " + r.Took.Round(time.Microsecond).String()
}

func (r Record) outcome() string {
	switch {
	case r.Err != nil:
		return "failed"
	case r.ResultBytes < 0:
		return "ok"
	}
	return FormatBytes(uint64(r.ResultBytes))
}

// intercept is the way of every call from a plugin to the host. The linker is
// shared between runs, so each call finds its own session.
func intercept(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
	s, ok := component.HostState(ctx).(sessionState)
	if !ok {
		return nil, fmt.Errorf("state of the instance is a %T, not a plugin's session", component.HostState(ctx))
	}
	return s.session.authorize(ctx, c, next)
}

// authorize refuses what neither the world nor the grant of WASI allows. WASI's
// own functions look further: at the folders, variables and addresses granted.
func (s *session) authorize(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
	if !isWASI(c.Interface) && !s.world.allows(c.Interface) {
		return nil, &RefusedError{Interface: c.Interface, Func: c.Func}
	}
	return s.budget(ctx, c, next)
}

// budget counts the world's calls and stops the clock while they wait.
func (s *session) budget(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
	if isWASI(c.Interface) {
		s.glance(c)
		return s.trace(ctx, c, next)
	}
	if s.report.WorldCalls >= s.limits.WorldCalls {
		return nil, &LimitError{
			Limit: LimitWorldCalls, Max: fmt.Sprint(s.limits.WorldCalls), Measured: "the next call was " + c.Func,
			Knob: infoOf(LimitWorldCalls).Field,
		}
	}
	s.report.WorldCalls++
	defer s.meter.progress()
	if s.world.Waits {
		s.meter.pause()
		defer s.meter.resume()
	}
	return s.diagnose(ctx, c, next)
}

// trace remembers the last calls.
func (s *session) trace(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
	started := s.now()
	reply, err := next(ctx)
	r := Record{
		Interface: c.Interface, Func: c.Func, ArgBytes: c.ArgBytes, Took: s.now().Sub(started), Err: err,
		ResultBytes: resultBytes(c, reply), Times: 1,
	}
	if s.calls > 0 && isWASI(r.Interface) && s.last[(s.calls-1)%traceLength].join(r) {
		return reply, err
	}
	s.last[s.calls%traceLength] = r
	s.calls++
	return reply, err
}

// join makes next one of the calls that r stands for, if it is of the same function:
// a program that prints its last words piece by piece would hide what went before.
func (r *Record) join(next Record) bool {
	if r.Func != next.Func || r.Interface != next.Interface || r.Err != nil {
		return false
	}
	r.Times++
	r.ArgBytes += next.ArgBytes
	r.Took += next.Took
	r.Err = next.Err
	if r.ResultBytes < 0 || next.ResultBytes < 0 {
		r.ResultBytes = -1
	} else {
		r.ResultBytes += next.ResultBytes
	}
	return true
}

// resultBytes counts the bytes of a result: always of the world's calls, of WASI's,
// which are many and fast, where it is easy.
func resultBytes(c *component.Call, reply *component.Reply) int {
	if n, ok := reply.QuickBytes(); ok {
		return n
	}
	if isWASI(c.Interface) {
		return -1
	}
	return reply.ResultBytes()
}

// trail returns the calls that trace remembers, oldest first.
func (s *session) trail() []Record {
	n := min(s.calls, traceLength)
	out := make([]Record, 0, n)
	for i := s.calls - n; i < s.calls; i++ {
		out = append(out, s.last[i%traceLength])
	}
	return out
}

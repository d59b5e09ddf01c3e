package plugin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/berth-cli/berth/component"
)

// Loops is what is done about a plugin that calls in circles: that gets replies
// again and again which it had before. It is warned about after 50 equal replies,
// and ended when something else shows that it does not get on: it keeps what
// it is told, or nothing new came and it said nothing for a long time, or it makes
// 200,000 calls in a row that way, or goes beyond another limit meanwhile.
//
// An answer counts as had before if it is the same, and longer than what says yes,
// no or done; or, if it is as short as that, if the arguments were the same, too.
type Loops struct {
	// Allow says that no plugin is ended for it.
	Allow bool

	// Stall is how long a plugin that repeats itself may go without learning or
	// saying anything. 0: 15 minutes.
	Stall time.Duration

	// Differ says in what the arguments of a method's calls differ, which are the
	// first and the last ones of many, cut to 256 bytes; "" if it cannot tell. nil:
	// they are told apart by their bytes.
	Differ func(method string, args [][]byte) string
}

const (
	shortReply  = 64      // bytes that are no more than yes, no or done
	warnReplies = 50      // equal ones that are worth a word
	keepReplies = 200     // repeats before memory that grows is a sign
	floodCalls  = 200_000 // repeats that nobody makes who waits for something
	stallTime   = 15 * time.Minute

	// Memory is a sign if it grew this much, and no more than so many times what
	// was told again: else the plugin does something else with it.
	keptBytes = 8 << 20
	keptTimes = 32
)

// doctor watches what a plugin calls for signs that it does not get on.
type doctor struct {
	policy  Loops
	monitor *Monitor
	kept    uint64 // memory growth that is a sign
	warn    func(string)

	digest digester
	wasi   uint8 // calls of WASI, to look at the memory now and then

	// Since the plugin last learnt something: at then, with memory.
	then    time.Time
	memory  uint64
	repeats int64
	told    uint64 // bytes it was told again

	// Since it last printed or learnt something.
	heard  time.Time
	silent int64 // calls

	method *method // of the last repeat
	reply  *reply
}

func newDoctor(cfg Session, warn func(string), now time.Time) *doctor {
	d := &doctor{
		policy: cfg.Loops, monitor: cfg.Monitor, warn: warn, then: now, heard: now,
		kept: min(keptBytes, cfg.Limits.MemoryBytes/8),
	}
	if d.monitor == nil {
		d.monitor = &Monitor{}
	}
	if d.policy.Stall <= 0 {
		d.policy.Stall = stallTime
	}
	return d
}

// diagnose is the link of the chain that watches the world's calls.
func (s *session) diagnose(ctx context.Context, c *component.Call, next component.Next) (*component.Reply, error) {
	info := s.world.describe(c)
	info.Method = shortName(info.Method)
	s.doctor.monitor.begin(info.Method)
	reply, err := s.trace(ctx, c, next)
	if err != nil {
		s.doctor.monitor.begin("")
		return nil, err
	}
	if err := s.doctor.observe(info, c, reply, s.now(), s.memoryBytes()); err != nil {
		return nil, err
	}
	return reply, nil
}

// observe takes a call that was answered. The error is *LoopError.
func (d *doctor) observe(info CallInfo, c *component.Call, r *component.Reply, now time.Time, memory uint64) error {
	args := d.argsDigest(info, c)
	got := d.replyTo(args, r)
	m, answer, repeated := d.note(info, got, memory)
	answer.args.add(args, info.Args)
	if !repeated {
		d.then, d.memory, d.repeats, d.told = now, memory, 0, 0
		d.heard, d.silent = now, 0
		return nil
	}
	d.method, d.reply = m, answer
	d.repeats++
	d.silent++
	d.told += uint64(got.bytes)
	if answer.count >= warnReplies && !m.warned {
		m.warned = true
		d.warn("the plugin may be calling in circles: " + d.loop(now, memory).String())
	}
	if sign := d.sign(now, memory); sign != "" && !d.policy.Allow {
		return &LoopError{Loop: d.loop(now, memory), Sign: sign}
	}
	return nil
}

// note counts the call where others can see it.
func (d *doctor) note(info CallInfo, got reply, memory uint64) (*method, *reply, bool) {
	d.monitor.mu.Lock()
	defer d.monitor.mu.Unlock()
	d.monitor.activity.Calling = ""
	d.monitor.activity.MemoryBytes = memory
	d.monitor.count(info.Kind)
	m := d.monitor.find(info.Method, info.Kind)
	answer, repeated := m.take(got)
	return m, answer, repeated
}

func (d *doctor) argsDigest(info CallInfo, c *component.Call) uint64 {
	d.digest.start()
	if info.Args != nil {
		d.digest.data(info.Args)
	} else {
		d.digest.values(c.Args())
	}
	return d.digest.sum()
}

// replyTo is a reply, whose digest is also of what it is the reply to if it is short:
// that a thousand items were each stored is no repetition.
func (d *doctor) replyTo(args uint64, r *component.Reply) (got reply) {
	results := r.Results()
	d.digest.start()
	if failure, failed := failureIn(results); failed {
		got.failure = shown(failure, errorBytes)
		d.digest.words(failure)
	} else {
		d.digest.values(results)
	}
	got.bytes = d.digest.bytes
	if got.digest = d.digest.sum(); got.bytes <= shortReply {
		d.digest.start(got.digest, args)
		got.digest = d.digest.sum()
	}
	return got
}

// failureIn is the text of results that say that the call failed.
func failureIn(results []component.Value) (text string, failed bool) {
	if len(results) != 1 {
		return "", false
	}
	result, _ := results[0].(component.ResultValue)
	text, isText := result.Value.(string)
	return text, result.Err && isText
}

// sign is the second sign that a plugin which repeats itself does not get on, "" if
// there is none.
func (d *doctor) sign(now time.Time, memory uint64) LoopSign {
	grown := memory - min(memory, d.memory)
	switch {
	case d.repeats >= keepReplies && grown >= d.kept && grown/keptTimes <= d.told:
		return LoopMemory
	case d.repeats >= warnReplies && now.Sub(d.heard) >= d.policy.Stall:
		return LoopStall
	case d.silent >= floodCalls:
		return LoopFlood
	}
	return ""
}

// diagnosed is the error of a run that ended with cause, which is known as err: the
// doctor's own, or that of a limit which it went beyond while it called in circles.
func (s *session) diagnosed(err, cause error) error {
	if loop, ok := errors.AsType[*LoopError](cause); ok {
		return loop
	}
	limit, ok := err.(*LimitError) //nolint:errorlint // classify returns it as it is
	if !ok || s.doctor.repeats < warnReplies || s.doctor.policy.Allow {
		return err
	}
	return &LoopError{Loop: s.doctor.loop(s.now(), s.memoryBytes()), Sign: LoopLimit, Err: limit}
}

func (d *doctor) loop(now time.Time, memory uint64) Loop {
	l := Loop{
		Method: d.method.name, Kind: d.method.kind, Calls: d.method.calls,
		Identical: d.reply.count, ReplyBytes: d.reply.bytes, Failure: d.reply.failure, FirstRepeat: d.reply.firstRepeat,
		Arguments:  d.reply.args.String(),
		MemoryThen: d.memory, MemoryNow: memory, Since: now.Sub(d.then), Repeats: d.repeats,
	}
	if args := &d.reply.args; args.differ && !args.unknown && d.policy.Differ != nil {
		if text := d.policy.Differ(d.method.name, args.kept()); text != "" {
			l.Arguments = "arguments differ only in " + printable(text)
		}
	}
	return l
}

// outputStream begins the names of the functions that write what is printed.
const outputStream = "[method]output-stream."

// glance looks at a call of WASI: whether it prints, and now and then at the memory.
func (s *session) glance(c *component.Call) {
	d := s.doctor
	if strings.HasPrefix(c.Func, outputStream) {
		d.heard, d.silent = s.now(), 0
	}
	if d.wasi++; d.wasi == 0 {
		d.monitor.remember(s.memoryBytes())
	}
}

// memoryBytes is the plugin's memory, 0 while it starts.
func (s *session) memoryBytes() uint64 {
	if s.instance == nil {
		return 0
	}
	return s.instance.Stats().MemoryBytes
}

// warn tells a warning at once, and keeps it for the report.
func (s *session) warn(text string) {
	s.report.Warnings = append(s.report.Warnings, text)
	if s.warned != nil {
		s.warned(text)
	}
}

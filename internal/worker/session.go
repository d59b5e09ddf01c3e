package worker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// session is the parent's side of one run.
type session struct {
	options   Options
	process   *process
	conn      *wire.Conn
	wasm      []byte
	digest    [sha256.Size]byte
	request   icpsync.Request
	inputs    *icpsync.Inputs
	checkOnly bool

	ready    *wire.ReadyHead // nil before the guest runs
	loading  *time.Timer     // ends a worker that hangs until then
	silence  *time.Timer     // ends one that hangs from then on; nil: none
	codes    int             // frames about compiled code
	words    int             // warnings and questions
	calls    int64           // of the canister
	printed  int64           // bytes
	warnings []string

	compiling *component.Progress // the last of it; nil: there was none

	calling sync.WaitGroup
	busy    chan struct{} // holds an element while a call is under way
}

func newSession(o Options, p *process, wasm []byte, r icpsync.Request) *session {
	return &session{
		options: o, process: p, conn: wire.NewConn(p.stream, wire.Options{}), wasm: wasm, digest: sha256.Sum256(wasm), request: r,
		busy: make(chan struct{}, 1),
	}
}

// The errors of a worker that takes liberties.
var (
	errOrder = errors.New("message out of turn")
	errMany  = errors.New("too many messages of a kind")
	errHang  = errors.New("the worker was ended: it took too long to begin")
	errIdle  = errors.New("the worker was ended: it was silent for longer than a plugin may compute and wait")
)

// lastWords is how long a run that was stopped may take to tell how it ended.
const lastWords = 3 * time.Second

// run runs the plugin, and returns once nothing of it goes on here.
func (s *session) run(ctx context.Context) (plugin.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer func() { s.quiet() }() // for good
	defer s.calling.Wait()
	defer s.process.kill(nil) // else it could let an answer to it wait for ever
	defer cancel(nil)
	s.loading = time.AfterFunc(s.options.LoadTime, func() { s.process.kill(errHang) })
	defer s.loading.Stop()
	defer s.endProgress()
	defer context.AfterFunc(ctx, s.stop)()
	if err := s.send(); err != nil {
		return plugin.Report{}, s.died(ctx, err)
	}
	for {
		frame, err := s.conn.Receive()
		if err != nil {
			return plugin.Report{}, s.died(ctx, err)
		}
		if frame.Kind == wire.Done {
			return s.done(ctx, frame)
		}
		if err := s.handle(ctx, frame); err != nil {
			return plugin.Report{}, s.died(ctx, err)
		}
	}
}

// stop tells the worker that the run is to end, and sees to it that it does.
func (s *session) stop() {
	time.AfterFunc(lastWords, func() { s.process.kill(nil) })
	_ = s.conn.Send(wire.Cancel, nil, nil)
}

func (s *session) send() error {
	for _, f := range s.inputs.Files {
		if err := s.conn.Send(wire.File, wire.FileHead{Name: f.Name}, []byte(f.Content)); err != nil {
			return err
		}
	}
	start := wire.StartHead{
		CanisterID: s.request.CanisterID, Environment: s.request.Environment,
		Identity: s.request.Identity, Proxy: s.request.Proxy,
		Limits: s.request.Limits, CPUSeconds: cpuSeconds(s.request.Limits),
		Loops:      wire.Loops{Allow: s.request.Loops.Allow, Stall: s.request.Loops.Stall, Differ: s.request.Loops.Differ != nil},
		MustFilter: s.process.landlock == 0, CheckOnly: s.checkOnly,
	}
	for _, f := range s.inputs.Folders {
		start.Folders = append(start.Folders, f.Name)
	}
	return s.conn.Send(wire.Start, start, s.wasm)
}

// cpuSeconds is how much processor time a worker may take, of all threads: a limit
// for one that does not keep its own any more. 0: none.
func cpuSeconds(l plugin.Limits) uint64 {
	const beside = 60 // compiling and collecting garbage
	if l.Compute > math.MaxInt64/2 {
		return 0
	}
	return 2*uint64(l.Compute/time.Second) + beside
}

func (s *session) handle(ctx context.Context, f wire.Frame) error {
	switch f.Kind {
	case wire.Get, wire.Put:
		return s.code(f)
	case wire.Progress:
		return s.progress(f)
	case wire.Ready:
		return s.begin(ctx, f)
	}
	if s.ready == nil {
		return &ProtocolError{Err: errOrder}
	}
	switch f.Kind {
	case wire.Stdout, wire.Stderr:
		return s.print(f)
	case wire.Call:
		return s.call(ctx, f)
	case wire.Activity:
		return s.activity(f)
	}
	if s.words++; s.words > maxWarnings {
		return &ProtocolError{Err: errMany}
	}
	switch f.Kind {
	case wire.Differ:
		return s.differ(f)
	case wire.Warn:
		return s.warned(f)
	}
	return &ProtocolError{Err: errOrder}
}

// maxWarnings is how often a worker may warn, or ask what is for a warning. A run has
// some few of them.
const maxWarnings = 1024

// maxCodes is how often a worker may ask for compiled code or hand some over. A
// component has a thousand core modules at most.
const maxCodes = 4096

// code answers for the cache. A key is taken together with the component, so that
// what one made is never given to another.
func (s *session) code(f wire.Frame) error {
	var head wire.CodeHead
	if err := f.Decode(&head); err != nil {
		return err
	}
	if s.codes++; s.codes > maxCodes {
		return &ProtocolError{Err: errMany}
	}
	key := cache.KeyOf("worker", string(s.digest[:]), string(head.Key))
	if f.Kind == wire.Put {
		if s.ready == nil { // a guest may have made it otherwise
			s.options.Cache.Put(key, f.Body)
		}
		return nil
	}
	code, found := s.options.Cache.Get(key)
	return s.conn.Send(wire.Code, wire.CodeHead{Found: found}, code)
}

// begin notes that the guest runs from now on, and what keeps it in.
func (s *session) begin(ctx context.Context, f wire.Frame) error {
	ready := &wire.ReadyHead{}
	if err := f.Decode(ready); err != nil {
		return err
	}
	if s.ready != nil || s.checkOnly {
		return &ProtocolError{Err: errOrder}
	}
	s.ready = ready
	s.loading.Stop()
	if most := s.maxSilence(); most > 0 {
		s.silence = time.AfterFunc(most, func() { s.process.kill(errIdle) })
	}
	if s.process.landlock == 0 {
		s.warn(fmt.Sprintf("the worker runs without one of its locks: %v", s.process.noLandlock))
	}
	if !ready.Filtered {
		s.warn("the worker runs without one of its locks: " + ready.Reason)
	}
	s.options.Log.DebugContext(ctx, "worker locked in", "landlock", s.process.landlock, "seccomp", ready.Filtered,
		"took", ready.Took)
	return nil
}

func (s *session) print(f wire.Frame) error {
	w := s.request.Stdout
	if f.Kind == wire.Stderr {
		w = s.request.Stderr
	}
	if s.printed += int64(len(f.Body)); s.printed > s.request.Limits.OutputBytes {
		return &ProtocolError{Err: errMany}
	}
	if w == nil {
		return nil
	}
	defer s.quiet()()
	if _, err := w.Write(f.Body); err != nil {
		return &plugin.HostError{Err: fmt.Errorf("write what the plugin printed: %w", err)}
	}
	return nil
}

// warn tells what the worker does not know.
func (s *session) warn(text string) {
	s.warnings = append(s.warnings, text)
	if s.request.Warn != nil {
		s.request.Warn(text)
	}
}

// call calls the canister, beside what the worker prints meanwhile.
func (s *session) call(ctx context.Context, f wire.Frame) error {
	var head wire.CallHead
	if err := f.Decode(&head); err != nil {
		return err
	}
	if s.calls++; s.calls > s.request.Limits.WorldCalls || head.CallType > icpsync.Query {
		return &ProtocolError{Err: errMany}
	}
	select {
	case s.busy <- struct{}{}:
	default:
		return &ProtocolError{Err: errOrder} // a plugin has one thread
	}
	s.calling.Go(func() {
		defer s.quiet()()
		reply, err := s.request.Caller.Call(ctx, icpsync.CallRequest{
			Method: head.Method, Arg: f.Body, CallType: head.CallType, Direct: head.Direct, Cycles: head.Cycles,
		})
		if ctx.Err() != nil {
			return // what ends the run is not an answer; the worker is told to stop
		}
		if err != nil {
			reply = []byte(err.Error())
		}
		<-s.busy
		// If it cannot be sent the worker is gone, and Receive says so.
		_ = s.conn.Send(wire.Reply, wire.ReplyHead{Failed: err != nil}, reply)
	})
	return nil
}

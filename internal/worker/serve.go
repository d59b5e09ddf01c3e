package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"sync"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/internal/worker/jail"
	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// The descriptors that a worker is started with, after its standard streams.
const (
	socketDescriptor = 3
	firstFolder      = 4
)

// ServeOptions configures a worker.
type ServeOptions struct {
	// Host makes the host that plugins run on. Required.
	Host func(HostConfig) (*plugin.Host, error)

	locked func(request icpsync.Request) // if not nil, called when all locks are closed, for tests
}

// HostConfig is what the host of a worker is made with.
type HostConfig struct {
	Cache    *cache.Cache             // of the engine
	Progress func(component.Progress) // of plugin.Config
}

// ErrNoParent is the error of a worker that no berth started.
var ErrNoParent = errors.New("a worker is started by berth itself")

// Serve is the life of a worker: it runs the one plugin that its parent sends. The
// error is only for a worker without a parent; all else is told the parent.
func Serve(ctx context.Context, o ServeOptions) error {
	socket := os.NewFile(socketDescriptor, "parent")
	stream, err := net.FileConn(socket)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoParent, err)
	}
	_ = socket.Close() // FileConn made a copy
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &child{options: o, conn: wire.NewConn(stream, wire.Options{Trusted: true}), answers: make(chan wire.Frame), began: time.Now()}
	done, err := c.serve(ctx, cancel)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoParent, err)
	}
	err = c.conn.Send(wire.Done, done, nil)
	if _, tooLong := errors.AsType[*wire.FrameError](err); tooLong {
		lost := &plugin.HostError{Err: fmt.Errorf("tell how the run ended: %w", err)}
		err = c.conn.Send(wire.Done, wire.DoneHead{Stage: done.Stage, Err: wire.EncodeError(lost)}, nil)
	}
	return err
}

// child is the worker's side of one run.
type child struct {
	options ServeOptions
	conn    *wire.Conn
	asking  sync.Mutex      // one question at a time
	answers chan wire.Frame // to questions
	began   time.Time
	took    wire.Took
}

// serve does what the parent asks for. The error is that of the connection.
func (c *child) serve(ctx context.Context, cancel context.CancelCauseFunc) (wire.DoneHead, error) {
	start, wasm, files, err := c.receive()
	if err != nil {
		return wire.DoneHead{}, err
	}
	go c.listen(cancel)
	c.lap(&c.took.Start)
	p, stage, err := c.load(ctx, start, wasm)
	if err != nil || start.CheckOnly {
		return wire.DoneHead{Stage: stage, Err: wire.EncodeError(err)}, nil
	}
	report, err := c.run(ctx, p, start, files)
	return wire.DoneHead{Stage: wire.StageRun, Report: wire.EncodeReport(report), Err: wire.EncodeError(err)}, nil
}

// lap notes the time since the last lap.
func (c *child) lap(took *time.Duration) {
	now := time.Now()
	*took, c.began = now.Sub(c.began), now
}

// receive gets the request.
func (c *child) receive() (start wire.StartHead, wasm []byte, files []icpsync.File, err error) {
	for {
		frame, err := c.conn.Receive()
		if err != nil {
			return start, nil, nil, err
		}
		if frame.Kind == wire.Start {
			return start, frame.Body, files, frame.Decode(&start)
		}
		var head wire.FileHead
		if err := frame.Decode(&head); err != nil {
			return start, nil, nil, err
		}
		files = append(files, icpsync.File{Name: head.Name, Content: string(frame.Body)})
	}
}

// listen hands on what the parent says while the plugin is loaded and runs. Without
// a parent nothing goes on.
func (c *child) listen(cancel context.CancelCauseFunc) {
	defer cancel(wire.ErrStopped)
	defer close(c.answers)
	for {
		frame, err := c.conn.Receive()
		switch {
		case err != nil:
			return
		case frame.Kind == wire.Cancel:
			cancel(wire.ErrStopped)
		default:
			c.answers <- frame
		}
	}
}

// ask sends a frame and waits for the answer. Once ctx is done no answer is to be
// had any more.
func (c *child) ask(ctx context.Context, k wire.Kind, head any, body []byte) (wire.Frame, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if ctx.Err() != nil {
		return wire.Frame{}, context.Cause(ctx)
	}
	if err := c.conn.Send(k, head, body); err != nil {
		return wire.Frame{}, err
	}
	select {
	case frame, ok := <-c.answers:
		if !ok {
			return frame, ErrNoParent
		}
		return frame, nil
	case <-ctx.Done():
		return wire.Frame{}, context.Cause(ctx)
	}
}

// load locks all but files away and compiles the component.
func (c *child) load(ctx context.Context, start wire.StartHead, wasm []byte) (*plugin.Plugin, wire.Stage, error) {
	if err := c.lock(start); err != nil {
		return nil, wire.StageRun, &plugin.HostError{Err: fmt.Errorf("lock worker in: %w", err)}
	}
	c.lap(&c.took.Limit)
	host, err := c.options.Host(HostConfig{
		Cache:    cache.Of(cache.Remote{Get: func(k cache.Key) []byte { return c.get(ctx, k) }, Put: c.put}),
		Progress: func(p component.Progress) { _ = c.conn.Send(wire.Progress, p, nil) }, // it is only not shown
	})
	if err != nil {
		return nil, wire.StageRun, &plugin.HostError{Err: err}
	}
	c.lap(&c.took.Host)
	p, err := host.Load(ctx, wasm)
	if err != nil {
		return nil, wire.StageLoad, err
	}
	c.lap(&c.took.Load)
	return p, wire.StageCheck, icpsync.Check(p.Component)
}

// lock bounds the process, and takes from it all that compiling does not need.
func (c *child) lock(start wire.StartHead) error {
	const beside = 1 << 30 // code, tables, what crosses the boundary, the Go runtime
	err := jail.Limit(jail.Limits{
		DataBytes:   min(start.Limits.MemoryBytes, math.MaxInt64-beside) + beside,
		CPUSeconds:  start.CPUSeconds,
		Descriptors: uint64(max(start.Limits.Descriptors, 0)) + uint64(len(start.Folders)) + 64,
	})
	if err != nil {
		return err
	}
	if err = jail.Seal(jail.Prepare); err != nil && !start.MustFilter && errors.Is(err, jail.ErrUnsupported) {
		return nil // the parent is told when the guest runs
	}
	return err
}

// get asks the parent for compiled code.
func (c *child) get(ctx context.Context, k cache.Key) []byte {
	frame, err := c.ask(ctx, wire.Get, wire.CodeHead{Key: k[:]}, nil)
	var head wire.CodeHead
	if err != nil || frame.Decode(&head) != nil || !head.Found {
		return nil
	}
	return frame.Body
}

// put hands compiled code to the parent.
func (c *child) put(k cache.Key, code []byte) {
	_ = c.conn.Send(wire.Put, wire.CodeHead{Key: k[:]}, code) // it is only not kept
}

// run locks files away, too, and runs the plugin.
func (c *child) run(ctx context.Context, p *plugin.Plugin, start wire.StartHead, files []icpsync.File) (plugin.Report, error) {
	request, err := c.request(ctx, start, files)
	if err != nil {
		return plugin.Report{}, &plugin.HostError{Err: fmt.Errorf("open folders: %w", err)}
	}
	defer request.Inputs.Close()
	ready := wire.ReadyHead{Filtered: true}
	if err := jail.Seal(jail.Run); errors.Is(err, jail.ErrUnsupported) && !start.MustFilter {
		ready.Filtered, ready.Reason = false, err.Error()
	} else if err != nil {
		return plugin.Report{}, &plugin.HostError{Err: fmt.Errorf("lock worker in: %w", err)}
	}
	c.lap(&c.took.Seal)
	ready.Took = c.took
	if err := c.conn.Send(wire.Ready, ready, nil); err != nil {
		return plugin.Report{}, &plugin.HostError{Err: err}
	}
	if c.options.locked != nil {
		c.options.locked(request)
	}
	defer c.watch(request.Monitor)()
	return icpsync.Run(ctx, p, request)
}

// activityEvery is how often the parent is told what goes on.
const activityEvery = 200 * time.Millisecond

// watch tells the parent what goes on until the returned function is called.
func (c *child) watch(m *plugin.Monitor) (stop func()) {
	stopped := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		ticker := time.NewTicker(activityEvery)
		defer ticker.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-ticker.C:
				_ = c.conn.Send(wire.Activity, m.Activity(), nil) // it is only not shown
			}
		}
	})
	return func() {
		close(stopped)
		watching.Wait()
	}
}

// request is what the parent asked for, with the folders it handed over.
func (c *child) request(ctx context.Context, start wire.StartHead, files []icpsync.File) (icpsync.Request, error) {
	inputs := &icpsync.Inputs{Files: files}
	for i, name := range start.Folders {
		fd := uintptr(firstFolder + i)
		root, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err != nil {
			inputs.Close()
			return icpsync.Request{}, err
		}
		_ = os.NewFile(fd, name).Close()
		inputs.Folders = append(inputs.Folders, icpsync.Folder{Name: name, Root: root})
	}
	return icpsync.Request{
		CanisterID: start.CanisterID, Environment: start.Environment, Identity: start.Identity, Proxy: start.Proxy,
		Inputs: inputs, Limits: start.Limits, Caller: &caller{child: c},
		Stdout: &printer{conn: c.conn, kind: wire.Stdout}, Stderr: &printer{conn: c.conn, kind: wire.Stderr},
		Monitor: &plugin.Monitor{}, Loops: c.loops(ctx, start.Loops),
		Warn: func(text string) { _ = c.conn.Send(wire.Warn, wire.WarnHead{Text: text}, nil) }, // the report has it, too
	}, nil
}

package worker

import (
	"slices"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
)

// What a worker tells of itself, for who looks on. All of it is for showing.

func (s *session) progress(f wire.Frame) error {
	var p component.Progress
	if err := f.Decode(&p); err != nil {
		return err
	}
	if s.ready != nil || p.Digest != s.digest {
		return &ProtocolError{Err: errOrder}
	}
	s.compiling = &p
	if s.options.Progress != nil {
		s.options.Progress(p)
	}
	return nil
}

// endProgress says that nothing is compiled any more, if the worker did not.
func (s *session) endProgress() {
	if s.options.Progress != nil && s.compiling != nil && !s.compiling.Ended {
		s.compiling.Ended = true
		s.options.Progress(*s.compiling)
	}
}

func (s *session) activity(f wire.Frame) error {
	var a plugin.Activity
	if err := f.Decode(&a); err != nil {
		return err
	}
	if s.request.Monitor != nil {
		s.request.Monitor.Show(a)
	}
	return nil
}

func (s *session) warned(f wire.Frame) error {
	var head wire.WarnHead
	if err := f.Decode(&head); err != nil {
		return err
	}
	if s.request.Warn != nil {
		s.request.Warn(head.Text)
	}
	return nil
}

// The most arguments, and bytes of each, whose difference a worker may ask for: more
// than plugin.Loops says there are.
const (
	maxSamples     = 64
	maxSampleBytes = 4 << 10
)

// differ answers in what arguments differ.
func (s *session) differ(f wire.Frame) error {
	var head wire.DifferHead
	if err := f.Decode(&head); err != nil {
		return err
	}
	if s.request.Loops.Differ == nil {
		return &ProtocolError{Err: errOrder}
	}
	if len(head.Args) > maxSamples || slices.ContainsFunc(head.Args, func(arg []byte) bool { return len(arg) > maxSampleBytes }) {
		return &ProtocolError{Err: errMany}
	}
	return s.conn.Send(wire.Differs, wire.DiffersHead{Text: s.request.Loops.Differ(head.Method, head.Args)}, nil)
}

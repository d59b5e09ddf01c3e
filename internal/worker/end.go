package worker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
)

// done reads how the run ended.
func (s *session) done(ctx context.Context, f wire.Frame) (plugin.Report, error) {
	var stopped error
	if ctx.Err() != nil {
		stopped = context.Cause(ctx)
	}
	var head wire.DoneHead
	if err := f.Decode(&head); err != nil {
		return plugin.Report{}, s.died(ctx, err)
	}
	report, bad := head.Report.Decode(stopped)
	if bad != nil {
		return plugin.Report{}, s.died(ctx, bad)
	}
	runErr, bad := head.Err.Decode(stopped)
	if bad == nil && runErr == nil && (s.ready == nil) != s.checkOnly {
		bad = errOrder
	}
	if bad != nil {
		return plugin.Report{}, s.died(ctx, bad)
	}
	report.Warnings = append(report.Warnings, s.warnings...)
	if runErr != nil && head.Stage == wire.StageLoad {
		runErr = &LoadError{Err: runErr}
	}
	return report, runErr
}

// maxSilence is how long the worker may do nothing that is seen while a plugin with
// those limits runs. 0: as long as it likes.
func (s *session) maxSilence() time.Duration {
	l := s.request.Limits
	if l.Compute > math.MaxInt64/8 || l.Idle > math.MaxInt64/8 {
		return 0
	}
	return 2*l.Compute + l.Idle + s.options.Silence // the processor may be busy with others
}

// quiet stops the clock of a worker's silence while this process makes it wait, until
// the returned function is called.
func (s *session) quiet() (over func()) {
	if s.silence == nil {
		return func() {}
	}
	s.silence.Stop()
	return func() { s.silence.Reset(s.maxSilence()) }
}

// died says why a run has no end of its own: err is what was wrong with the worker
// or the connection. The worker is gone when it returns.
func (s *session) died(ctx context.Context, err error) error {
	mine := false
	switch {
	case is[*wire.FrameError](err), errors.Is(err, wire.ErrTree), errors.Is(err, errOrder):
		err, mine = &ProtocolError{Err: err}, true
	case is[*ProtocolError](err), is[*plugin.HostError](err):
		mine = true
	}
	if mine {
		s.process.kill(err)
	}
	// One that only closed its end would go on.
	grace := time.AfterFunc(time.Second, func() { s.process.kill(nil) })
	defer grace.Stop()
	<-s.process.exited
	s.process.kill(nil) // whoever kills later finds it done
	if ctx.Err() != nil {
		return fmt.Errorf("plugin was stopped: %w", context.Cause(ctx))
	}
	if s.process.reason != nil {
		return s.process.reason
	}
	e := death(s.process.state, cpuSeconds(s.request.Limits))
	e.Words = s.process.words
	return e
}

func is[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

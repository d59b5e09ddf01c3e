package plugin

import (
	"context"
	"io"
	"sync"
	"time"
)

// meter holds the clocks of a run: of computing, of waiting without getting on, and
// of all time. The first that is over ends the run.
//
// It is safe for concurrent use: what is printed is written on a goroutine of its own.
type meter struct{ compute, idle, wall *stopwatch }

// startMeter sets the clocks of limits going; over is called with the limit, on a
// goroutine of its own.
func startMeter(l Limits, now func() time.Time, over context.CancelCauseFunc) *meter {
	start := func(name string, limit time.Duration) *stopwatch {
		return startStopwatch(limit, now, func() { over(timeLimit(name, limit)) })
	}
	m := &meter{compute: start(LimitCompute, l.Compute), idle: start(LimitIdle, l.Idle), wall: start(LimitWall, l.Wall)}
	m.idle.pause() // until it waits
	return m
}

// waiting runs what waits in WASI: it is no computing, but may be idling.
func (m *meter) waiting(wait func()) {
	m.compute.pause()
	defer m.compute.resume()
	m.idle.resume()
	defer m.idle.pause()
	wait()
}

// pause stops the clock of computing until the resume that belongs to it.
func (m *meter) pause()  { m.compute.pause() }
func (m *meter) resume() { m.compute.resume() }

// progress says that the plugin gets on.
func (m *meter) progress() { m.idle.restart() }

// stop ends the clocks and returns how long the plugin computed.
func (m *meter) stop() time.Duration {
	m.idle.stop()
	m.wall.stop()
	return m.compute.stop()
}

// watch returns a writer whose taking of what is printed is progress; nil for nil.
func (m *meter) watch(w io.Writer) io.Writer {
	if w == nil {
		return nil
	}
	return watched{w, m}
}

// watched is a writer of what a plugin prints. Bytes that it takes are progress;
// while it takes its time the plugin is not idle.
type watched struct {
	io.Writer
	meter *meter
}

func (w watched) Write(p []byte) (int, error) {
	w.meter.idle.pause()
	defer w.meter.idle.resume()
	n, err := w.Writer.Write(p)
	if n > 0 {
		w.meter.progress()
	}
	return n, err
}

// stopwatch is a clock that runs from start to stop, less what lies between pause
// and resume, and calls over once when the time is up.
//
// Pauses nest. over is called on a goroutine of its own.
type stopwatch struct {
	mu     sync.Mutex
	limit  time.Duration
	spent  time.Duration
	since  time.Time // when the clock was last set going
	due    time.Time // when the timer, if it is going, is right to end it
	paused int       // 0: it is going
	ended  bool      // the time is up and was said to be
	timer  *time.Timer
	now    func() time.Time
}

// startStopwatch sets a clock going.
func startStopwatch(limit time.Duration, now func() time.Time, over func()) *stopwatch {
	w := &stopwatch{limit: limit, now: now, since: now(), due: time.Now().Add(limit)}
	w.timer = time.AfterFunc(limit, func() {
		if w.end() {
			over()
		}
	})
	return w
}

// end notes that the time is up, and reports whether that is news. A pause or a
// restart may have come just before the timer.
func (w *stopwatch) end() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.paused > 0 || time.Now().Before(w.due) {
		return false
	}
	w.ended = true
	return true
}

// pause stops the clock until the resume that belongs to it.
func (w *stopwatch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused++
	if w.paused == 1 {
		w.spent += w.now().Sub(w.since)
		w.timer.Stop()
	}
}

func (w *stopwatch) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused--
	if w.paused == 0 {
		w.since = w.now()
		w.arm()
	}
}

// restart begins again with nothing spent; pauses go on.
func (w *stopwatch) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spent = 0
	if w.paused == 0 {
		w.since = w.now()
		w.arm()
	}
}

// arm sets the timer to what is left.
func (w *stopwatch) arm() {
	if w.ended {
		return
	}
	left := max(w.limit-w.spent, 0)
	w.due = time.Now().Add(left)
	w.timer.Reset(left)
}

// stop ends the clock and returns what it shows.
func (w *stopwatch) stop() time.Duration {
	w.pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spent
}

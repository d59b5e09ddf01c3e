package plugin

import (
	"sync"
	"time"
)

// meter is a clock of the time a plugin computes. It runs from start to stop, less
// what lies between pause and resume, and calls over once when the time is up.
//
// Pauses nest. over is called on a goroutine of its own.
type meter struct {
	mu     sync.Mutex
	limit  time.Duration
	spent  time.Duration
	since  time.Time // when the clock was last set going
	paused int       // 0: it is going
	over   bool      // the time is up and was said to be
	timer  *time.Timer
	now    func() time.Time
}

// startMeter sets a clock going.
func startMeter(limit time.Duration, now func() time.Time, over func()) *meter {
	m := &meter{limit: limit, now: now, since: now()}
	m.timer = time.AfterFunc(limit, func() {
		if m.end() {
			over()
		}
	})
	return m
}

// end notes that the time is up, and reports whether that is news. A pause may have
// come just before the timer.
func (m *meter) end() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over || m.paused > 0 {
		return false
	}
	m.over = true
	return true
}

// pause stops the clock until the resume that belongs to it.
func (m *meter) pause() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused++
	if m.paused == 1 {
		m.spent += m.now().Sub(m.since)
		m.timer.Stop()
	}
}

func (m *meter) resume() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused--
	if m.paused == 0 {
		m.since = m.now()
	}
	if m.paused == 0 && !m.over {
		m.timer.Reset(max(m.limit-m.spent, 0))
	}
}

// stop ends the clock and returns what it shows.
func (m *meter) stop() time.Duration {
	m.pause()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent
}

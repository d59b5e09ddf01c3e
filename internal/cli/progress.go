package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/berth-cli/berth/plugin"
)

const (
	heartbeat = 15 * time.Second // between lines about a step that goes on, where there is no block
	pulseTime = time.Second      // between looks for steps that are due
)

// step is a step under way. It is safe for concurrent use.
type step struct {
	mu    sync.Mutex
	since time.Time              // zero: none is under way
	beats int                    // lines that were written about it
	calls int64                  // when the last of them was
	look  func() plugin.Activity // nil: it cannot be looked at
}

func (s *step) begin(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since, s.beats, s.calls, s.look = now, 0, 0, nil
}

func (s *step) end() { s.begin(time.Time{}) }

func (s *step) running(look func() plugin.Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look = look
}

func (s *step) activity() (a plugin.Activity) {
	if s.look != nil {
		a = s.look()
	}
	return a
}

// counters is what stands behind a step on a terminal: "update x12 query x3 mem 41
// MiB 4s"; "" while it has only begun.
func (s *step) counters(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := now.Sub(s.since)
	if s.since.IsZero() || took < time.Second {
		return ""
	}
	a := s.activity()
	var parts []string
	for _, c := range a.Calls {
		parts = append(parts, fmt.Sprintf("%s x%d", c.Name, c.Calls))
	}
	for _, m := range a.Methods {
		if m.Identical >= notable {
			parts = append(parts, fmt.Sprintf("(%s: same reply x%d)", m.Name, m.Identical))
			break
		}
	}
	if a.MemoryBytes > 0 {
		parts = append(parts, "mem "+plugin.FormatBytes(a.MemoryBytes))
	}
	return strings.Join(append(parts, took.Truncate(time.Second).String()), " ")
}

// notable is how many equal replies are worth a word.
const notable = 10

// beat is the next line about the step if it is due, "" if it is not: "still running
// 15s: list x412 (same reply x410), mem 41 MiB".
func (s *step) beat(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := now.Sub(s.since)
	if s.since.IsZero() || took < time.Duration(s.beats+1)*heartbeat {
		return ""
	}
	s.beats = int(took / heartbeat)
	line := fmt.Sprintf("still running %s", took.Truncate(time.Second))
	if doing := s.doing(); doing != "" {
		line += ": " + doing
	}
	return line
}

// doing says what the step called since it began, and what it waits for if that was
// nothing since the last line.
func (s *step) doing() string {
	if s.look == nil {
		return ""
	}
	a := s.look()
	var parts []string
	for _, m := range a.Methods {
		part := fmt.Sprintf("%s x%d", m.Name, m.Calls)
		if m.Identical >= notable {
			part += fmt.Sprintf(" (same reply x%d)", m.Identical)
		}
		parts = append(parts, part)
	}
	calls := int64(0)
	for _, c := range a.Calls {
		calls += c.Calls
	}
	if a.MemoryBytes > 0 {
		parts = append(parts, "mem "+plugin.FormatBytes(a.MemoryBytes))
	}
	switch {
	case calls == s.calls && a.Calling != "":
		parts = append(parts, "waiting for "+a.Calling)
	case calls == s.calls:
		parts = append(parts, "computing")
	}
	s.calls = calls
	return strings.Join(parts, ", ")
}

// pulse writes lines about steps that go on, where there is no block to show them.
func (v *view) pulse() { v.every(pulseTime, v.beat) }

func (v *view) beat(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.parts {
		if line := p.step.beat(now); line != "" {
			v.app.say("[%s] %s", p.name, line)
		}
	}
}

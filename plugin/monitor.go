package plugin

import (
	"slices"
	"sync"
)

// Monitor shows what a run does while it goes on. The zero value is ready; give it
// to one run in [Session.Monitor] and ask it as often as you like, from any
// goroutine.
type Monitor struct {
	mu       sync.Mutex
	activity Activity
	methods  []*method // in the order in which they were first called
}

// Activity is what a run has done so far.
type Activity struct {
	// Calls counts the calls of the world's functions by what [CallInfo] says of
	// their kind, in the order in which the kinds were first met.
	Calls []CallCount

	// Methods are the methods called most, at most three, the first of them most.
	Methods []CallCount

	// Calling is the method being called now, "" if the plugin computes.
	Calling string

	// MemoryBytes is the memory of the plugin when it last called the host.
	MemoryBytes uint64
}

// CallCount is how often something was called.
type CallCount struct {
	Name      string
	Calls     int64
	Identical int64 // with a reply that tells nothing new; only of Activity.Methods
}

// shownMethods is how many methods an Activity names.
const shownMethods = 3

// Activity returns what the run has done so far. It is the caller's.
func (m *Monitor) Activity() Activity {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.activity
	a.Calls = slices.Clone(a.Calls)
	busiest := slices.Clone(m.methods)
	slices.SortStableFunc(busiest, func(a, b *method) int { return int(min(max(b.calls-a.calls, -1), 1)) })
	for _, b := range busiest[:min(len(busiest), shownMethods)] {
		a.Methods = append(a.Methods, CallCount{Name: b.name, Calls: b.calls, Identical: b.identical})
	}
	return a
}

// Show makes m show what a Monitor elsewhere shows, such as that of a run in another
// process.
func (m *Monitor) Show(a Activity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.activity, m.methods = a, nil
}

// begin notes that a call begins.
func (m *Monitor) begin(method string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.activity.Calling = method
}

// count notes a call of a kind. Kinds come from the world, which has few.
func (m *Monitor) count(kind string) {
	for i := range m.activity.Calls {
		if m.activity.Calls[i].Name == kind {
			m.activity.Calls[i].Calls++
			return
		}
	}
	m.activity.Calls = append(m.activity.Calls, CallCount{Name: kind, Calls: 1})
}

// remember notes how much memory the plugin has.
func (m *Monitor) remember(memory uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.activity.MemoryBytes = memory
}

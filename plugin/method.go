package plugin

import "strings"

// What the doctor keeps, lest a plugin with a million methods fill the memory.
const (
	maxMethods = 64  // the calls of others are counted together
	maxReplies = 32  // of a method; the least frequent makes way
	nameBytes  = 100 // of a method's name
	errorBytes = 200 // of what a failed call said
)

// otherMethods is the name of the methods that have no count of their own.
const otherMethods = "(other methods)"

// method is what the doctor knows of one method.
type method struct {
	name, kind string
	calls      int64
	identical  int64 // calls with the most frequent reply, 0 before one was repeated
	replies    []*reply
	warned     bool
}

// reply is an answer that a method gave, and to what.
type reply struct {
	digest      uint64
	bytes       int
	failure     string // what it says if the call failed
	count       int64
	firstRepeat int64 // the call that got it a second time
	args        arguments
}

// find returns the method of that name, or a new one while there is room.
func (m *Monitor) find(name, kind string) *method {
	for _, known := range m.methods {
		if known.name == name {
			return known
		}
	}
	if len(m.methods) == maxMethods {
		return m.methods[maxMethods-1]
	}
	if len(m.methods) == maxMethods-1 {
		name = otherMethods
	}
	m.methods = append(m.methods, &method{name: name, kind: kind})
	return m.methods[len(m.methods)-1]
}

// take notes a reply, and reports whether the method gave it before.
func (m *method) take(got reply) (r *reply, repeated bool) {
	m.calls++
	for _, known := range m.replies {
		if known.digest == got.digest {
			known.count++
			if known.count == 2 {
				known.firstRepeat = m.calls
			}
			m.identical = max(m.identical, known.count)
			return known, true
		}
	}
	r = &got
	r.count = 1
	if len(m.replies) < maxReplies {
		m.replies = append(m.replies, r)
		return r, false
	}
	least := 0
	for i := range m.replies {
		if m.replies[i].count < m.replies[least].count {
			least = i
		}
	}
	m.replies[least] = r
	return r, false
}

// shortName is a method's name as it is shown: a guest chose it.
func shortName(name string) string { return shown(name, nameBytes) }

// shown is a text of others as it is shown.
func shown(text string, most int) string {
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return printable(text)
}

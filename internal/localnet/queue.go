package localnet

import "slices"

// maxQueuedBytes bounds what the messages that wait may carry together. Responses
// cannot be refused: while more than half of it is taken they go first.
const maxQueuedBytes = 64 << 20

// messageQueue is the messages that wait. There is one of them for all canisters, so
// calls from one canister to another stay in order.
type messageQueue struct {
	list      []*message
	bytes     int // that the messages carry
	responses int // of the messages
}

func (q *messageQueue) len() int { return len(q.list) }

// room reports whether a message that carries n bytes may be added.
func (q *messageQueue) room(n int) bool { return q.bytes+n <= maxQueuedBytes }

func (q *messageQueue) push(m *message) {
	q.list = append(q.list, m)
	q.count(m, 1)
}

// pop takes the next message, nil if there is none.
func (q *messageQueue) pop() *message {
	if len(q.list) == 0 {
		return nil
	}
	at := 0
	if q.bytes > maxQueuedBytes/2 && q.responses > 0 {
		at = slices.IndexFunc(q.list, func(m *message) bool { return m.Kind == responseMessage })
	}
	m := q.list[at]
	if at == 0 {
		q.list[0] = nil
		q.list = q.list[1:]
	} else {
		q.list = slices.Delete(q.list, at, at+1)
	}
	q.count(m, -1)
	return m
}

// count adds or takes m, by sign.
func (q *messageQueue) count(m *message, sign int) {
	q.bytes += sign * m.size()
	if m.Kind == responseMessage {
		q.responses += sign
	}
}

// size is how many bytes m carries.
func (m *message) size() int {
	size := len(m.Method) + len(m.Arg)
	if r := m.Response; r != nil {
		size += len(r.Data)
		if r.Reject != nil {
			size += len(r.Reject.Message)
		}
	}
	return size
}

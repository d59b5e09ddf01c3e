package plugin

import (
	"fmt"
	"strings"
	"time"
)

// Loop is a method that keeps giving replies that tell the plugin nothing new.
type Loop struct {
	Method string // as CallInfo names it
	Kind   string // likewise
	Calls  int64  // of the method

	// Identical is how many of the calls got the reply that was repeated most, and
	// ReplyBytes is how large that is. Failure is its text if it says that the call
	// failed, cut to 200 bytes; such replies are the same if they differ only in
	// numbers. The reply to call number FirstRepeat, from 1, was the first to be
	// the same as one before it.
	Identical   int64
	ReplyBytes  int
	Failure     string
	FirstRepeat int64

	// Arguments says in what the arguments of the identical calls differ:
	// "arguments were the same". "" if nobody knows.
	Arguments string

	// MemoryThen and MemoryNow are the memory in bytes that the plugin had when
	// it last learnt something, and has now.
	MemoryThen, MemoryNow uint64

	// Since is the time since then, and Repeats how many calls it made in it.
	Since   time.Duration
	Repeats int64
}

// String says what was called how often: "`list` was called 51 times, 50 replies
// were identical, arguments differ only in byte 21, counting up".
func (l Loop) String() string {
	text := fmt.Sprintf("`%s` was called %d times, %d replies were identical", l.Method, l.Calls, l.Identical)
	if l.Failure != "" {
		text += fmt.Sprintf(" (%q)", l.Failure)
	}
	if l.Arguments != "" {
		text += ", " + l.Arguments
	}
	return text
}

// LoopSign is what showed that a plugin which repeats itself does not get on.
type LoopSign string

// The signs.
const (
	LoopMemory LoopSign = "memory" // it keeps what it is told again and again
	LoopStall  LoopSign = "stall"  // it learnt nothing, and said nothing, for long
	LoopFlood  LoopSign = "flood"  // it did so more often than anybody waits for something
	LoopLimit  LoopSign = "limit"  // it went beyond a limit meanwhile, which Err is
)

// LoopError says that a plugin was ended since it called in circles.
type LoopError struct {
	Loop Loop
	Sign LoopSign
	Err  error // the *LimitError of LoopLimit, or nil
}

func (e *LoopError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "plugin stopped making progress: %s", e.Loop)
	switch e.Sign {
	case LoopMemory:
		fmt.Fprintf(&text, ", and its memory grew from %s to %s meanwhile",
			FormatBytes(e.Loop.MemoryThen), FormatBytes(e.Loop.MemoryNow))
	case LoopStall:
		fmt.Fprintf(&text, ", and nothing new came and nothing was printed for %s", e.Loop.Since.Round(time.Second))
	case LoopFlood:
		fmt.Fprintf(&text, ", and nothing new came in the last %d calls, which took %s",
			e.Loop.Repeats, e.Loop.Since.Round(time.Millisecond))
	}
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	return text.String()
}

// Unwrap returns e.Err.
func (e *LoopError) Unwrap() error { return e.Err }

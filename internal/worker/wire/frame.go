package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Kind says what a frame is.
type Kind uint8

// The kinds of frames that are sent to a worker.
const (
	File    Kind = iota + 1 // FileHead; body: a file to hand over
	Start                   // StartHead; body: the component
	Code                    // CodeHead; body: the answer to Get
	Reply                   // ReplyHead; body: the answer to Call
	Differs                 // DiffersHead: the answer to Differ
	Cancel                  // the run is to stop
)

// The kinds of frames that a worker sends.
const (
	Get      Kind = iota + 16 // CodeHead: asks for compiled code
	Put                       // CodeHead; body: compiled code to keep
	Progress                  // component.Progress: of compiling
	Ready                     // ReadyHead: the guest runs from here on
	Stdout                    // body: what the guest printed
	Stderr                    // likewise
	Call                      // CallHead; body: the argument
	Differ                    // DifferHead: asks in what arguments differ
	Activity                  // plugin.Activity: what the run has done so far
	Warn                      // WarnHead: what the user should know at once
	Done                      // DoneHead: how it ended
)

// MaxChunkBytes is the most that one frame of Stdout or Stderr holds.
const MaxChunkBytes = 64 << 10

// The most bytes of the head and of the body of a frame.
const (
	maxHeadBytes = 1 << 20
	maxDoneBytes = 512 << 20 // a plugin's last words, with each byte escaped
	maxCodeBytes = 1 << 30
	maxCallBytes = 256 << 20 // more than the boundary lets through
)

// maxBody is the most bytes of the body of a frame of each kind; -1 for what is no
// kind.
func maxBody(k Kind) int64 {
	switch k {
	case Start, File, Call, Reply:
		return maxCallBytes
	case Code, Put:
		return maxCodeBytes
	case Stdout, Stderr:
		return MaxChunkBytes
	case Cancel, Get, Progress, Ready, Differ, Differs, Activity, Warn, Done:
		return 0
	}
	return -1
}

// maxHead is the most bytes of the head.
func maxHead(k Kind) int64 {
	if k == Done {
		return maxDoneBytes
	}
	return maxHeadBytes
}

// Errors that a [*FrameError] may wrap.
var (
	ErrKind    = errors.New("unknown kind")
	ErrTooLong = errors.New("longer than it may be")
)

// FrameError says which frame breaks the rules.
type FrameError struct {
	Kind Kind
	Err  error
}

func (e *FrameError) Error() string {
	text := fmt.Sprintf("frame of kind %d", e.Kind)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *FrameError) Unwrap() error { return e.Err }

// Frame is one message.
type Frame struct {
	Kind Kind
	Head []byte // JSON, may be empty
	Body []byte
}

// maxValues is how many values the head of a frame may have: an empty one takes three
// bytes, and some hundred once it is decoded.
const maxValues = 1 << 16

// Decode reads the head into v. The error is *FrameError.
func (f Frame) Decode(v any) error {
	if values(f.Head) > maxValues {
		return &FrameError{Kind: f.Kind, Err: ErrTooLong}
	}
	if err := json.Unmarshal(f.Head, v); err != nil {
		return &FrameError{Kind: f.Kind, Err: err}
	}
	return nil
}

// values counts the values of JSON that may have others in them or beside them.
func values(text []byte) int {
	n, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case inString && b == '\\':
			i++
		case b == '"':
			inString = !inString
		case !inString && (b == '[' || b == '{' || b == ','):
			n++
		}
	}
	return n
}

// Conn sends and receives frames. Close the stream to end a Receive.
type Conn struct {
	options Options

	r  *bufio.Reader
	mu sync.Mutex // of w
	w  *bufio.Writer
}

const bufferBytes = 64 << 10

// Options configures a Conn.
type Options struct {
	// Trusted takes memory for what is promised, at once: for a worker, which
	// believes its parent.
	Trusted bool
}

// NewConn returns a Conn on a stream, which stays the caller's.
func NewConn(stream io.ReadWriter, o Options) *Conn {
	return &Conn{options: o, r: bufio.NewReaderSize(stream, bufferBytes), w: bufio.NewWriterSize(stream, bufferBytes)}
}

const headerBytes = 9

// Send sends a frame with head, if not nil, as JSON. The error is *FrameError if it
// may not be sent, else the stream's.
func (c *Conn) Send(k Kind, head any, body []byte) error {
	var text []byte
	if head != nil {
		var err error
		if text, err = json.Marshal(head); err != nil {
			return &FrameError{Kind: k, Err: err}
		}
	}
	if int64(len(text)) > maxHead(k) || int64(len(body)) > maxBody(k) {
		return &FrameError{Kind: k, Err: ErrTooLong}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	header := append(make([]byte, 0, headerBytes), byte(k))
	header = binary.LittleEndian.AppendUint32(header, uint32(len(text)))
	header = binary.LittleEndian.AppendUint32(header, uint32(len(body)))
	for _, part := range [][]byte{header, text, body} {
		if _, err := c.w.Write(part); err != nil {
			return err
		}
	}
	return c.w.Flush()
}

// Receive waits for the next frame, whose bytes are the caller's. The error is
// io.EOF between frames, io.ErrUnexpectedEOF in one, *FrameError, or the stream's.
func (c *Conn) Receive() (Frame, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(c.r, header[:]); err != nil {
		return Frame{}, err
	}
	f := Frame{Kind: Kind(header[0])}
	head, body := binary.LittleEndian.Uint32(header[1:]), binary.LittleEndian.Uint32(header[5:])
	switch most := maxBody(f.Kind); {
	case most < 0:
		return f, &FrameError{Kind: f.Kind, Err: ErrKind}
	case int64(head) > maxHead(f.Kind) || int64(body) > most:
		return f, &FrameError{Kind: f.Kind, Err: ErrTooLong}
	}
	var err error
	if f.Head, err = c.read(head); err == nil {
		f.Body, err = c.read(body)
	}
	return f, err
}

// credit is how much memory is taken for bytes that have not arrived.
const credit = 1 << 20

func (c *Conn) read(n uint32) ([]byte, error) {
	if n <= credit || c.options.Trusted {
		b := make([]byte, n)
		_, err := io.ReadFull(c.r, b)
		return b, unexpected(err)
	}
	var b bytes.Buffer
	b.Grow(credit)
	_, err := io.CopyN(&b, c.r, int64(n))
	return b.Bytes(), unexpected(err)
}

// unexpected is the error of an end inside a frame.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

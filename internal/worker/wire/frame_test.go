package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/berth-cli/berth/internal/worker/wire"
)

// stream is a connection that answers with what was written, or was there before.
type stream struct{ bytes.Buffer }

func frame(kind wire.Kind, head, body string) []byte {
	b := []byte{byte(kind)}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	return append(append(b, head...), body...)
}

func TestFrames(t *testing.T) {
	s := &stream{}
	c := wire.NewConn(s, wire.Options{})
	large := bytes.Repeat([]byte("x"), 3<<20)
	for _, f := range []struct {
		kind wire.Kind
		head any
		body []byte
	}{
		{wire.Cancel, nil, nil},
		{wire.Call, wire.CallHead{Method: "set\x00\u2028", Cycles: 1 << 63}, large},
		{wire.Stdout, nil, []byte{0xff, 0, '\n'}},
	} {
		if err := c.Send(f.kind, f.head, f.body); err != nil {
			t.Fatal(err)
		}
		got, err := c.Receive()
		if err != nil || got.Kind != f.kind || !bytes.Equal(got.Body, f.body) {
			t.Errorf("Receive of kind %d = kind %d, %d bytes, %v", f.kind, got.Kind, len(got.Body), err)
		}
		if call, ok := f.head.(wire.CallHead); ok {
			var head wire.CallHead
			if err := got.Decode(&head); err != nil || head != call {
				t.Errorf("Decode = %+v, %v", head, err)
			}
		}
	}
	if _, err := c.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("Receive at the end = %v", err)
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []byte
		want error
	}{
		{"kind 0", frame(0, "", ""), wire.ErrKind},
		{"unknown kind", frame(200, "", ""), wire.ErrKind},
		{"head of 4 GiB", []byte{byte(wire.Call), 255, 255, 255, 255, 0, 0, 0, 0}, wire.ErrTooLong},
		{"body of 4 GiB", []byte{byte(wire.Call), 0, 0, 0, 0, 255, 255, 255, 255}, wire.ErrTooLong},
		{"output beyond a chunk", frame(wire.Stdout, "", string(make([]byte, wire.MaxChunkBytes+1))), wire.ErrTooLong},
		{"body where there is none", frame(wire.Done, "{}", "x"), wire.ErrTooLong},
		{"half a header", []byte{byte(wire.Call), 0, 0}, io.ErrUnexpectedEOF},
		{"no head", []byte{byte(wire.Call), 1, 0, 0, 0, 0, 0, 0, 0}, io.ErrUnexpectedEOF},
		{"half a body", frame(wire.Call, "{}", "body")[:13], io.ErrUnexpectedEOF},
		{"half a large body", []byte{byte(wire.Put), 0, 0, 0, 0, 0, 0, 0, 0x40, 1, 2, 3}, io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stream{}
			s.Write(tt.in)
			if _, err := wire.NewConn(s, wire.Options{}).Receive(); !errors.Is(err, tt.want) {
				t.Errorf("Receive = %v, want %v", err, tt.want)
			}
		})
	}
	if err := wire.NewConn(&stream{}, wire.Options{}).Send(wire.Stdout, nil, make([]byte, wire.MaxChunkBytes+1)); !errors.Is(err, wire.ErrTooLong) {
		t.Errorf("Send = %v", err)
	}
	var head wire.CallHead
	bad := wire.Frame{Kind: wire.Call, Head: []byte(`{"Method": 1}`)}
	if err := bad.Decode(&head); !errors.As(err, new(*wire.FrameError)) {
		t.Errorf("Decode = %v", err)
	}
}

// TestPromises checks that memory is taken for bytes that came, not for promised
// ones.
func TestPromises(t *testing.T) {
	promise := []byte{byte(wire.Put), 0, 0, 0, 0, 0, 0, 0, 0x40} // 1 GiB
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		s := &stream{}
		s.Write(promise)
		if _, err := wire.NewConn(s, wire.Options{}).Receive(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("10 promises of 1 GiB took %d bytes", took)
	}
}

// FuzzReceive reads frames from any bytes: it ends, and what it read is sent as it
// was.
func FuzzReceive(f *testing.F) {
	f.Add(frame(wire.Call, `{"Method":"m"}`, "arg"))
	f.Add(frame(wire.Done, `{"Stage":"run","Err":{"Kind":"join","Causes":[{"Text":"a","Whole":true}]}}`, ""))
	f.Add(append(frame(wire.Stdout, "", "out"), frame(wire.Ready, "{}", "")...))
	f.Add([]byte{byte(wire.Put), 0, 0, 0, 0, 0, 0, 0, 0x40})
	f.Fuzz(func(t *testing.T, in []byte) {
		s := &stream{}
		s.Write(in)
		c := wire.NewConn(s, wire.Options{})
		read := 0
		for {
			got, err := c.Receive()
			if err != nil {
				return
			}
			again := frame(got.Kind, string(got.Head), string(got.Body))
			if !bytes.HasPrefix(in[read:], again) {
				t.Fatalf("frame %x was read from %x", again, in[read:])
			}
			read += len(again)
			var head wire.DoneHead
			if got.Kind == wire.Done && got.Decode(&head) == nil {
				checkDecoded(t, head)
			}
		}
	})
}

// checkDecoded checks that an outcome that was accepted can be told, and told again.
func checkDecoded(t *testing.T, head wire.DoneHead) {
	_, _ = head.Report.Decode(nil)
	err, bad := head.Err.Decode(nil)
	if bad != nil || err == nil {
		return
	}
	text := err.Error()
	again, bad := wire.EncodeError(err).Decode(nil)
	if bad != nil || again.Error() != text {
		t.Fatalf("error %q again is %v, %v", text, again, bad)
	}
}

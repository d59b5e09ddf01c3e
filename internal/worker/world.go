package worker

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// caller makes a plugin's calls by asking the parent to.
type caller struct{ child *child }

var _ icpsync.Caller = (*caller)(nil)

func (c *caller) Call(ctx context.Context, r icpsync.CallRequest) ([]byte, error) {
	head := wire.CallHead{Method: r.Method, CallType: r.CallType, Direct: r.Direct, Cycles: r.Cycles}
	if err := c.child.conn.Send(wire.Call, head, r.Arg); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case frame, ok := <-c.child.answers:
		if !ok {
			return nil, ErrNoParent
		}
		var reply wire.ReplyHead
		if err := frame.Decode(&reply); err != nil {
			return nil, err
		}
		if reply.Failed {
			return nil, errors.New(string(frame.Body))
		}
		return frame.Body, nil
	}
}

// printer sends what a plugin prints.
type printer struct {
	conn *wire.Conn
	kind wire.Kind
}

func (p *printer) Write(b []byte) (int, error) {
	n := 0
	for len(b) > 0 {
		chunk := b[:min(len(b), wire.MaxChunkBytes)]
		if err := p.conn.Send(p.kind, nil, chunk); err != nil {
			return n, err
		}
		n, b = n+len(chunk), b[len(chunk):]
	}
	return n, nil
}

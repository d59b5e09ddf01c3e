package worker

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/internal/worker/wire"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// caller makes a plugin's calls by asking the parent to.
type caller struct{ child *child }

var _ icpsync.Caller = (*caller)(nil)

func (c *caller) Call(ctx context.Context, r icpsync.CallRequest) ([]byte, error) {
	head := wire.CallHead{Method: r.Method, CallType: r.CallType, Direct: r.Direct, Cycles: r.Cycles}
	frame, err := c.child.ask(ctx, wire.Call, head, r.Arg)
	if err != nil {
		return nil, err
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

// loops is what is done about a plugin that calls in circles. In what its arguments
// differ the parent knows.
func (c *child) loops(ctx context.Context, l wire.Loops) plugin.Loops {
	out := plugin.Loops{Allow: l.Allow, Stall: l.Stall}
	if l.Differ {
		out.Differ = func(method string, args [][]byte) string {
			frame, err := c.ask(ctx, wire.Differ, wire.DifferHead{Method: method, Args: args}, nil)
			var head wire.DiffersHead
			if err != nil || frame.Decode(&head) != nil {
				return ""
			}
			return head.Text
		}
	}
	return out
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

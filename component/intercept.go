package component

import "context"

// Interceptor stands between guests and host functions. It is called for every
// call of one, and either calls next, once, and returns its reply or another, or
// answers itself. An error ends the guest's call as one of the host function
// does.
//
// Functions that no host defined do not come here, nor do resource drops.
type Interceptor func(ctx context.Context, c *Call, next Next) (*Reply, error)

// Next runs the rest of the chain and at last the host function.
type Next func(ctx context.Context) (*Reply, error)

// Call is a guest's call of a host function. It is valid until the interceptor
// returns, and then used for other calls.
type Call struct {
	Interface string // as the component names it, "" for the world itself
	Func      string // "[method]descriptor.read"
	ArgBytes  int    // bytes of host memory the arguments took when lifted

	frame *frame  // of a guest's call
	args  []Value // of one that NewCall made
}

// Args returns the arguments in the dynamic form, converted when asked for. They
// are for looking at: changing them does not change what the function is given.
func (c *Call) Args() []Value {
	if c.frame != nil {
		return c.frame.dynamicArgs()
	}
	return c.args
}

// NewCall returns a call of that function with those arguments, for tests of an
// Interceptor.
func NewCall(iface, name string, args ...Value) *Call {
	return &Call{Interface: iface, Func: name, args: args}
}

// Reply is what a host function returned. One that came from Next is valid until
// the interceptor returns, and then used for other calls.
type Reply struct {
	frame   *frame  // of a guest's call
	results []Value // of one that NewReply made
}

// NewReply returns a reply with those results, in the dynamic form: one, or none if
// the function has no result. They are checked against the function's type when
// they are lowered.
func NewReply(results ...Value) *Reply {
	return &Reply{results: results}
}

// Results returns the results in the dynamic form, converted when asked for.
func (r *Reply) Results() []Value {
	switch {
	case r == nil:
		return nil
	case r.frame != nil:
		return r.frame.result.dynamic()
	}
	return r.results
}

// QuickBytes returns how many bytes the result holds if that can be told without
// looking at all of it, which ResultBytes does: of bytes, of a string, and of a
// result of them, and of no result at all.
func (r *Reply) QuickBytes() (n int, ok bool) {
	if r == nil || r.frame == nil {
		return 0, r == nil
	}
	return r.frame.result.quickBytes()
}

// ResultBytes returns how many bytes of strings and lists the results hold. It
// looks at all of them.
func (r *Reply) ResultBytes() int {
	n := 0
	for _, v := range r.Results() {
		n += valueBytes(v)
	}
	return n
}

// valueBytes returns the bytes of strings and lists in v.
func valueBytes(v Value) int {
	n := 0
	switch v := v.(type) {
	case string:
		n = len(v)
	case []byte:
		n = len(v)
	case []Value:
		n = len(v)
		for _, e := range v {
			n += valueBytes(e)
		}
	case Record:
		for _, f := range v {
			n += valueBytes(f.Value)
		}
	case Tuple:
		for _, e := range v {
			n += valueBytes(e)
		}
	case Variant:
		n = valueBytes(v.Value)
	case Option:
		n = valueBytes(v.Value)
	case ResultValue:
		n = valueBytes(v.Value)
	}
	return n
}

package agent

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
)

// unsentError marks an error of a request of which nothing left this computer. Its text is the cause's.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// neverSent reports whether err shows that no request left this computer.
func neverSent(err error) bool {
	_, ok := errors.AsType[*unsentError](err)
	return ok
}

// connecting watches how far the HTTP client gets before a request is written. It may go on in the background after the
// client has given up.
type connecting struct {
	asked, got atomic.Bool
}

// watch returns a context with which the client reports to c.
func (c *connecting) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	})
}

// failed reports whether err, the client's, came before there was a connection to write to.
func (c *connecting) failed(err error) bool {
	return c.asked.Load() && !c.got.Load() || isDial(err)
}

func isDial(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

// wsaConnRefused is ECONNREFUSED of Windows' sockets, which the syscall package has under no name.
const wsaConnRefused = syscall.Errno(10061)

// worthRedialing reports whether to try again after there was no connection: for a call only if the other side refused
// it; for others also after what may pass, such as a network that comes up. A name that does not exist stays so, and
// waiting once more for a side that does not answer takes too long.
func worthRedialing(err error, isCall bool) bool {
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaConnRefused) {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	if !ok || isCall || e.Op != "dial" || e.Timeout() {
		return false
	}
	dns, ok := errors.AsType[*net.DNSError](err)
	return !ok || !dns.IsNotFound
}

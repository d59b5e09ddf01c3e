package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxRetries    = 6
	retryDelay    = 250 * time.Millisecond
	maxRetryAfter = 10 * time.Second
	// maxErrorText bounds what is kept of a failed answer's body.
	maxErrorText = 2 << 10
	contentType  = "application/cbor"
)

// endpoint is an HTTP path that exists in several versions, tried from the newest down.
type endpoint uint8

const (
	endpointCall endpoint = iota
	endpointQuery
	endpointReadState
)

// levels remembers for each endpoint the newest version that the network knows; 0 means not asked yet.
type levels [3]atomic.Int32

func (e endpoint) name() string { return [...]string{"call", "query", "read_state"}[e] }

// newest returns the version tried first. The oldest is 2 everywhere.
func (e endpoint) newest() int32 {
	if e == endpointCall {
		return 4
	}
	return 3
}

// answer is an HTTP answer that arrived whole. Nothing in it is verified.
type answer struct {
	status int
	level  int32 // version of the endpoint that answered
	body   []byte
}

// postVersioned sends body to the newest version of the endpoint that the network knows. scope is the path between
// version and name: canister/ID or subnet/ID. Only 404 leads to an older version; what was learned is kept once one
// answers otherwise.
func (a *Agent) postVersioned(ctx context.Context, e endpoint, scope string, body []byte) (answer, error) {
	level := a.shared.levels[e].Load()
	if level == 0 {
		level = e.newest()
	}
	for {
		path := fmt.Sprintf("api/v%d/%s/%s", level, scope, e.name())
		ans, err := a.send(ctx, outgoing{method: http.MethodPost, path: path, body: body, isCall: e == endpointCall})
		ans.level = level
		he, refused := errors.AsType[*HTTPError](err)
		if refused && he.Status == http.StatusNotFound && level > 2 {
			level--
			continue
		}
		if err == nil || refused && he.Status < 500 && he.Status != http.StatusNotFound {
			a.shared.levels[e].Store(level)
		}
		return ans, err
	}
}

// outgoing is a request to send.
type outgoing struct {
	method string
	path   string // below the network's address
	body   []byte
	isCall bool // it changes something where it arrives
}

// attempt is what became of sending a request once.
type attempt struct {
	answer answer
	err    error
	wait   time.Duration // how long to wait before sending it again, 0 if that is no use
	unsent bool          // nothing of it left this computer
}

// send makes one request, again while the network is busy or cannot be reached. A status of 300 and above is an
// *[HTTPError]. The same bytes are sent each time, so that what did arrive runs once.
func (a *Agent) send(ctx context.Context, o outgoing) (answer, error) {
	select {
	case a.slots <- struct{}{}:
		defer func() { <-a.slots }()
	case <-ctx.Done():
		return answer{}, &unsentError{ended(ctx)}
	}
	unsent := true
	for retry := 0; ; retry++ {
		t := a.sendOnce(ctx, o)
		unsent = unsent && t.unsent
		if t.err != nil && t.wait != 0 && retry < maxRetries {
			err := sleep(ctx, t.wait)
			if err == nil {
				continue
			}
			t.err = err
		}
		if t.err != nil && unsent {
			t.err = &unsentError{t.err}
		}
		return t.answer, t.err
	}
}

// sendOnce makes one request.
func (a *Agent) sendOnce(ctx context.Context, o outgoing) attempt {
	target := a.base.JoinPath(o.path).String()
	var c connecting
	req, err := http.NewRequestWithContext(c.watch(ctx), o.method, target, bytes.NewReader(o.body))
	if err != nil {
		return attempt{err: fmt.Errorf("ask %s: %w", target, err), unsent: true}
	}
	if o.method == http.MethodPost {
		req.Header.Set("Content-Type", contentType)
	}
	started := time.Now()
	resp, err := a.client.Do(req)
	if err != nil {
		t := attempt{err: transportError(ctx, target, err), unsent: c.failed(err)}
		if ctx.Err() == nil && t.unsent && worthRedialing(err, o.isCall) {
			t.wait = retryDelay
		}
		return t
	}
	defer resp.Body.Close()
	b, err := a.readBody(resp)
	a.log.DebugContext(ctx, "asked network", "path", o.path, "status", resp.StatusCode, "bytes", len(b), "took", time.Since(started))
	switch {
	case resp.StatusCode >= 300:
		return attempt{err: httpError(resp, target, b), wait: busy(resp)}
	case err != nil:
		return attempt{err: transportError(ctx, target, err)}
	}
	return attempt{answer: answer{status: resp.StatusCode, body: b}}
}

// readBody reads an answer up to the agent's limit. Of a failure it reads no more than an error keeps.
func (a *Agent) readBody(resp *http.Response) ([]byte, error) {
	if resp.StatusCode >= 300 {
		return io.ReadAll(io.LimitReader(resp.Body, maxErrorText)) //nolint:forbidigo // bounded
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, a.maxBody)) //nolint:forbidigo // bounded
	if err != nil || int64(len(b)) < a.maxBody {
		return b, err
	}
	if n, _ := io.ReadFull(resp.Body, make([]byte, 1)); n > 0 {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, a.maxBody)
	}
	return b, nil
}

// transportError is why the context ended if it did, else err with the address in front.
func transportError(ctx context.Context, target string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // it repeats the address
	}
	return fmt.Errorf("ask %s: %w", target, err)
}

// ended returns why ctx ended: its error, and the cause if that says more.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

// busy returns how long to wait before asking again, 0 if the status says not to.
func busy(resp *http.Response) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return retryDelay
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, maxRetryAfter)
}

// httpError keeps the beginning of a body that is text.
func httpError(resp *http.Response, target string, body []byte) *HTTPError {
	e := &HTTPError{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), URL: target}
	if !strings.HasPrefix(e.ContentType, contentType) {
		e.Body = strings.ToValidUTF8(string(body), "\ufffd")
	}
	return e
}

// sleep waits, or returns why the context ended as soon as it does.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

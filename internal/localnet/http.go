package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet/ingress"
)

// maxBody is the most bytes of a request: the largest argument and its envelope.
const maxBody = 4 << 20

// implVersion is what the status endpoint says this is.
const implVersion = "berth (embedded development network)"

// Handler serves the Internet Computer's HTTP interface: /api/v2/status, and
// call, query and read_state of /api/v2, v3 and v4. It answers 403 to requests
// whose Host or Origin is not a loopback name.
func (n *Network) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkLoopback(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if err := n.serve(w, r); err != nil {
			http.Error(w, err.Error(), statusOf(err))
		}
	})
}

// Serve answers requests on l until ctx ends, then closes l and waits up to two
// seconds for the requests under way. l should listen on a loopback address only.
func (n *Network) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler:           n.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      n.cfg.SyncWait + 120*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if s.Shutdown(end) != nil {
			s.Close()
		}
	})
	err := s.Serve(l)
	if !stop() {
		<-ended // Serve returns before the requests do
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve network: %w", err)
	}
	return nil
}

// checkLoopback refuses what a web page could send: a page can reach loopback
// addresses, but its Origin, or the Host it used, names where it comes from.
func checkLoopback(w http.ResponseWriter, r *http.Request) error {
	if !isLoopback(r.Host) {
		return fmt.Errorf("host %q is not a loopback name", r.Host)
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || !isLoopback(u.Host) || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("origin %q is not a loopback address", origin)
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Vary", "Origin")
	return nil
}

func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// statusError is an error with the HTTP status to answer with.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func badRequest(format string, args ...any) error {
	return &statusError{http.StatusBadRequest, fmt.Errorf(format, args...)}
}

func statusOf(err error) int {
	if e, ok := errors.AsType[*statusError](err); ok {
		return e.status
	}
	if errors.Is(err, ErrClosed) {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// endpoint is a request's path, taken apart.
type endpoint struct {
	version int
	scope   string // "canister", "subnet", or "" for status
	id      pid
	action  string
}

// parseEndpoint reads "/api/v<n>/<scope>/<id>/<action>" and "/api/v2/status".
func parseEndpoint(path string) (endpoint, error) {
	unknown := &statusError{http.StatusNotFound, fmt.Errorf("there is nothing at %q", path)}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) == 3 && parts[0] == "api" && parts[1] == "v2" && parts[2] == "status" {
		return endpoint{version: 2, action: "status"}, nil
	}
	if len(parts) != 5 || parts[0] != "api" || len(parts[1]) != 2 || parts[1][0] != 'v' {
		return endpoint{}, unknown
	}
	e := endpoint{version: int(parts[1][1] - '0'), scope: parts[2], action: parts[4]}
	if !e.known() {
		return endpoint{}, unknown
	}
	p, err := principal.Parse(parts[3])
	if err == nil && p.String() != parts[3] {
		err = fmt.Errorf("%q is not in canonical form, which is %v", parts[3], p)
	}
	if err != nil {
		return endpoint{}, badRequest("effective %s id: %w", e.scope, err)
	}
	e.id = pid{p}
	return e, nil
}

func (e endpoint) known() bool {
	switch e.scope + "/" + e.action {
	case "canister/call":
		return e.version >= 2 && e.version <= 4
	case "canister/query", "canister/read_state", "subnet/read_state":
		return e.version == 2 || e.version == 3
	}
	return false
}

func (n *Network) serve(w http.ResponseWriter, r *http.Request) error {
	e, err := parseEndpoint(r.URL.Path)
	if err != nil {
		return err
	}
	if want := e.method(); r.Method != want {
		return &statusError{http.StatusMethodNotAllowed, fmt.Errorf("%s is not allowed here: use %s", r.Method, want)}
	}
	if e.action == "status" {
		return n.serveStatus(w)
	}
	req, err := n.readRequest(w, r, e)
	if err != nil {
		return err
	}
	switch e.action {
	case "call":
		return n.serveCall(w, r, e, req)
	case "query":
		return n.serveQuery(w, r, req)
	}
	return n.serveReadState(w, r, e, req)
}

func (e endpoint) method() string {
	if e.action == "status" {
		return http.MethodGet
	}
	return http.MethodPost
}

// readRequest reads and authenticates an envelope.
func (n *Network) readRequest(w http.ResponseWriter, r *http.Request, e endpoint) (*ingress.Request, error) {
	if ct := r.Header.Get("Content-Type"); !strings.EqualFold(ct, "application/cbor") {
		return nil, badRequest("Content-Type is %q, want application/cbor", ct)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)) //nolint:forbidigo // the reader ends at maxBody
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &statusError{http.StatusRequestEntityTooLarge, fmt.Errorf("the request has more than %d bytes", maxBody)}
	}
	if err != nil {
		return nil, badRequest("read request: %w", err)
	}
	req, err := ingress.Decode(body)
	if err != nil {
		return nil, badRequest("%w", err)
	}
	if string(req.Type) != e.action {
		return nil, badRequest("request_type is %q, this is the endpoint of %q", req.Type, e.action)
	}
	if err := req.Authenticate(n.cfg.Now()); err != nil {
		return nil, badRequest("%w", err)
	}
	return req, n.checkTarget(e, req)
}

// checkTarget checks that a request was sent to where it belongs.
//
// IC interface specification, "Effective canister id".
func (n *Network) checkTarget(e endpoint, r *ingress.Request) error {
	if e.scope == "subnet" {
		if e.id.Principal != n.keys.subnet {
			return badRequest("effective subnet id %v: this network's only subnet is %v", e.id, n.keys.subnet)
		}
		return nil
	}
	if e.id.IsManagement() {
		return badRequest("effective canister id: the management canister's id is not one")
	}
	if r.Type == ingress.ReadState {
		return nil
	}
	want := pid{r.Canister}
	if r.Canister.IsManagement() {
		var err error
		if want, err = managementTarget(r, e.id); err != nil {
			return badRequest("%w", err)
		}
	}
	if want != e.id {
		return badRequest("effective canister id is %v, the request is about %v", e.id, want)
	}
	return nil
}

// writeCBOR writes a response.
func writeCBOR(w http.ResponseWriter, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err = w.Write(b)
	if err != nil {
		return nil // the client is gone: nobody to tell
	}
	return nil
}

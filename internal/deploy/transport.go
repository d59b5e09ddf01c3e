package deploy

import (
	"bytes"
	"io"
	"net/http"
)

// inProcess is an http.RoundTripper to a handler of this process: the way to the
// network inside the program, which no other process can take.
type inProcess struct{ handler http.Handler }

// RoundTrip answers a request. It returns when the handler does or the request's
// context ends, whichever is first.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	answered := make(chan *http.Response, 1)
	go func() { answered <- t.serve(req) }() //nolint:bodyclose // it is in memory, and the caller's
	select {
	case res := <-answered:
		return res, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

func (t inProcess) serve(req *http.Request) *http.Response {
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	in.Host = req.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := &recorder{header: make(http.Header)}
	t.handler.ServeHTTP(rec, in)
	in.Body.Close()
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	return &http.Response{
		StatusCode: rec.status, Status: http.StatusText(rec.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rec.header, Body: io.NopCloser(&rec.body), ContentLength: int64(rec.body.Len()), Request: req,
	}
}

// recorder is an http.ResponseWriter into memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

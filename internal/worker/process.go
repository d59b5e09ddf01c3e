package worker

import (
	"bytes"
	"io"
	"net"
	"os"
	"strings"
	"sync"
)

// process is a worker, from the outside.
type process struct {
	stream     net.Conn
	landlock   int   // version in force; 0: none
	noLandlock error // why

	os     *os.Process
	exited chan struct{}    // closed when it is gone
	state  *os.ProcessState // how, once it is
	words  string           // what its runtime said

	once   sync.Once
	reason error // why it was ended, if it was
}

// kill ends the worker, unless it has ended; the first reason counts. It does not
// wait.
func (p *process) kill(reason error) {
	p.once.Do(func() {
		p.reason = reason
		_ = p.os.Kill() // it may be gone
		_ = p.stream.Close()
	})
}

// maxWords is how much is kept of what a worker's runtime says when it dies. The
// first lines of it say why.
const maxWords = 4 << 10

// listen reads all of r and returns the first line that says something.
func listen(r io.Reader) string {
	var kept bytes.Buffer
	_, _ = io.CopyN(&kept, r, maxWords)
	_, _ = io.Copy(io.Discard, r)
	for line := range strings.Lines(kept.String()) {
		if line = strings.TrimSpace(line); line != "" {
			return strings.ToValidUTF8(line, "\uFFFD")
		}
	}
	return ""
}

package cli

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Streams is what a process has of the world.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Environ  []string // NAME=value
	Dir      string   // the working folder; "": ask the system

	// Size returns the size of the terminal that Err is, zeroes if it is none or
	// cannot say.
	Size func() (width, height int)
	// Terminal says of each of the three streams whether it is a terminal.
	Terminal [3]bool
}

// System returns the streams of this process.
func System() Streams {
	fd := int(os.Stderr.Fd())
	return Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(),
		Size: func() (width, height int) {
			width, height, err := term.GetSize(fd)
			if err != nil {
				return 0, 0
			}
			return width, height
		},
		Terminal: [3]bool{isTerminal(os.Stdin), isTerminal(os.Stdout), isTerminal(os.Stderr)},
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// isSet reports whether there is an environment variable of that name.
func (s Streams) isSet(name string) bool {
	for _, v := range s.Environ {
		if strings.HasPrefix(v, name+"=") {
			return true
		}
	}
	return false
}

// getenv returns the value of an environment variable, "" if it is not set.
func (s Streams) getenv(name string) string {
	// The last one counts, as for a child process.
	for i := len(s.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(s.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

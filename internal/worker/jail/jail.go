package jail

import (
	"errors"
	"os"
)

// ErrUnsupported is wrapped where the system has no such lock.
var ErrUnsupported = errors.New("not supported by this system")

// Files are what a confined process can reach by opening it. What it was handed
// open it has in any case.
type Files struct {
	Run     *os.File   // the program it is: it may be read and run
	Read    []*os.File // folders: files in them may be read, folders listed
	Scratch *os.File   // a folder for files of its own; nil: none
}

// Limits bound what a process takes. It is killed, or refused what it asks for,
// beyond them.
type Limits struct {
	DataBytes   uint64 // memory that can be written
	CPUSeconds  uint64 // of all threads together; 0: not bounded
	Descriptors uint64 // open files
}

// Stage says what a process has yet to do.
type Stage uint8

// The stages, of which the later allows less.
const (
	Prepare Stage = iota // read, compile, use the scratch folder
	Run                  // run a guest that may break out
)

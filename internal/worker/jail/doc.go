// Package jail locks a process in, with what Linux gives to those without
// privileges.
//
// The process that starts another decides what files that one can ever reach, by
// Landlock:
//
//	runtime.LockOSThread() // and never unlock it
//	abi, err := jail.Confine(jail.Files{Run: self, Read: folders, Scratch: scratch})
//	... os.StartProcess
//
// The one that was started bounds what it can take, and gives up the system calls it
// does not need, in two stages:
//
//	err := jail.Limit(jail.Limits{DataBytes: 1 << 30, CPUSeconds: 60, Descriptors: 128})
//	err = jail.Seal(jail.Prepare) // from here on: no network, no other programs
//	...
//	err = jail.Seal(jail.Run) // from here on: no writing of files, either
//
// What each of them keeps in:
//
//	Landlock   opening a file that was not granted, running another program,
//	           TCP, abstract sockets
//	seccomp    every system call that is not on a list: sockets, other programs,
//	           other processes; those that only an attack makes end the process
//	limits     memory, processor time, descriptors, core dumps, the size of files
//
// Where a layer is missing the caller is told; nothing is left out silently. On
// other systems than Linux everything is ErrUnsupported.
//
// # Concurrency
//
// Limit and Seal are for all threads of the process at once.
package jail

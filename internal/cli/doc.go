// Package cli is the command line of berth: a file a command, and what they share.
//
// A command's file has a constructor that makes the cobra command and parses its
// flags into an options struct, and a method that runs the options; each can be
// tested without the other. Standard output is the command's result; all else goes
// to standard error. Only this package reads the process's environment and writes
// its streams, and all of that comes in a [Streams], so that tests can stand in
// for a process.
package cli

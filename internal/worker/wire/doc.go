// Package wire is what a worker process and the program that started it say to each
// other: frames on a stream, and outcomes of plugin runs as data.
//
//	conn := wire.NewConn(stream, wire.Options{})
//	err := conn.Send(wire.Call, call, call.Arg)
//	...
//	frame, err := conn.Receive()
//	...
//	err = frame.Decode(&call)
//
// A frame:
//
//	kind   1 byte   Kind
//	head   4 bytes  length of head, little endian
//	body   4 bytes  length of body
//	head   JSON, or nothing
//	body   bytes
//
// # Hostile input
//
// A guest that broke out of its sandbox speaks with the worker's voice. Every kind
// of frame has a most length for its head and its body; memory is taken as bytes
// arrive, not as they are promised; a frame that breaks the rules is a
// [*FrameError], after which the stream is of no more use. Errors that come as data
// become errors of the same types, of a bounded number and depth, and of no types
// but those that a run can end with.
//
// # Concurrency
//
// Any goroutine may Send, and one at a time may Receive.
package wire

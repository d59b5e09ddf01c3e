// Package wasi is a host of WASI 0.2 for components: wasi:io, wasi:clocks,
// wasi:random, wasi:cli, wasi:filesystem and wasi:sockets, for every version
// 0.2.x. wasi:http is not among it.
//
// The functions are defined once, and what a guest may do is decided for each run:
//
//	l := component.NewLinker()
//	wasi.Add(l)
//	linked, err := rt.Link(c, l) // once
//	...
//	h, err := wasi.New(wasi.Config{ // for each run
//		Args:     []string{"tool", "-v"},
//		Stdout:   os.Stdout,
//		Preopens: []wasi.Preopen{{Dir: "assets", Guest: "assets"}},
//	})
//	...
//	inst, err := linked.Instantiate(ctx, component.InstanceConfig{HostState: h})
//	...
//	err = errors.Join(inst.Close(), h.Close(ctx)) // waits for what was printed
//
// An embedder with a state of its own puts that into the instance instead, and
// gives it a method WASI; see [Holder].
//
// # What is granted
//
// Nothing, if Config says nothing: no arguments, no environment, no folder, an
// input at its end, output thrown away. Always there are the time, random bytes,
// and UTC as the time zone. Sockets can be made and are good for nothing: every
// bind, connect, listen and lookup is refused with access-denied.
//
// A guest that exits ends its call with an [*ExitError].
//
// # Files
//
// A descriptor of a folder is an [os.Root]: a guest reaches what is below it and
// nothing else, through whatever "..", links and renames by whomever, and the
// refusal is not-permitted. In particular
//
//   - paths are relative, with "/" between names, on every system; on Windows a
//     name with a backslash or a colon is refused;
//   - links are followed while they stay inside. A link that is absolute, or that
//     would lead out, is neither made nor moved nor, if absolute, read. This is
//     for those who read the folder later; a folder moved upwards takes the links
//     in it along unchecked;
//   - only regular files and folders are opened: a pipe, a socket or a device is
//     refused, and does not make the host wait;
//   - a name is opened without following if the guest says so: what was opened is
//     compared with what was looked at;
//   - rename and link between two preopens are refused with cross-device, also if
//     they are of one folder, so that no grant turns into another;
//   - without Preopen.ReadWrite every change is refused with not-permitted,
//     opening for writing included.
//
// Mount points inside a granted folder belong to it. Of several names of one file
// (hard links), one inside is enough.
//
// # Interfaces of one's own
//
// A package that adds interfaces built on these, as wasi:http is on streams, finds
// the Host with [FromContext] and gives the guest streams and pollables of its own:
//
//	in, err := h.NewInputStream(src) // src is a Source
//	...
//	return component.NewOwn(in), nil
//
// A [Source] or [Sink] never waits. Whatever makes one ready on another goroutine
// calls [Host.Wake]; [Host.NewReaderSource] does all of this for an [io.Reader].
//
// # Output
//
// What a guest prints is written in order and nothing is dropped: a writer that is
// slow makes the guest wait, with at most 64 KiB of each stream in memory.
// [Host.Close] waits for the rest. A writer that fails is an error of the guest's
// next operation, and of Close.
//
// # Hostile guests
//
// Whatever a guest does costs the host no more than [Limits] and one chunk of at
// most 1 MiB for a call, besides what it is granted; sizes that a guest claims are
// not allocated. What breaks a rule for which the standard demands a trap, such as
// writing more than check-write permits, is a [*component.Trap]. The guest never
// sees a path of the host. Every wait ends with the context of the call.
//
// Not bounded is what a grant allows by its nature: a guest that may write can fill
// the disk, and a file system that hangs makes the guest hang, context or not.
//
// # Concurrency
//
// A Host and everything made from it belongs to one run, and is for one goroutine
// at a time; only [Host.Wake] may be called from any. Several Hosts do not share
// anything. Readers and writers of Config are used on goroutines of the Host.
package wasi

// Package worker runs sync plugins in processes of their own, locked in by the
// system, so that a guest that breaks out of the sandbox finds itself in a process
// that has nothing: no keys, no network, no files but those it was granted, and no
// way to start another program.
//
// The program that wants that is its own worker. It starts itself with other
// arguments, by which it knows that it is to serve:
//
//	workers, err := worker.New(worker.Options{Args: []string{os.Args[0], "worker"}})
//	...
//	report, err := workers.Run(ctx, wasm, request) // as icpsync.Run, from bytes
//
// and in the worker, before anything else:
//
//	err := worker.Serve(ctx, worker.ServeOptions{Host: newHost})
//
// # Who does what
//
//	parent                              worker
//	opens what the step declares
//	starts it, confined by Landlock
//	sends component and request    ->   limits itself; filter of system calls
//	keeps compiled code            <->  compiles, or takes it from the parent
//	                                    filter for guests: no writing of files
//	shows what is printed          <-   runs the guest
//	calls the canister, signs      <->  canister-call
//	says how it ended              <-   outcome and report, as data
//
// Every run has a process of its own. What one compiled is given to workers for the
// same component alone, and what a worker hands over once a guest may run is not
// kept.
//
// # Hostile input
//
// All that a worker says is taken for the guest's words: it is bounded, of known
// kinds, and only in the order above. A worker that breaks a rule is ended, and so
// is one that outlives its run, its parent, or its time.
//
// # Concurrency
//
// A Launcher is safe for concurrent use; each run has its own process.
package worker

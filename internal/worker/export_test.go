package worker

import "github.com/berth-cli/berth/plugin/icpsync"

// WithPayload makes a worker run code of a guest that broke out, once it is locked
// in.
func WithPayload(o ServeOptions, payload func(icpsync.Request)) ServeOptions {
	o.locked = payload
	return o
}

package wasi

import (
	"context"
	"strings"

	"github.com/berth-cli/berth/component"
)

// network is the one network there is. Nothing can be reached through it.
type network struct{}

// socket is a tcp-socket or udp-socket that was created and is good for nothing
// else: whatever would touch the network is denied.
type socket[kind any] struct {
	host   *Host
	family addressFamily
}

type (
	tcp struct{}
	udp struct{}
)

// There never is one of these, since what would make it is denied.
type (
	addressStream  struct{}
	incomingStream struct{}
	outgoingStream struct{}
)

// addressFamily is the ip-address-family of wasi:sockets.
type addressFamily uint8

// socketCode is the error-code of wasi:sockets.
type socketCode uint8

// close gives the socket up.
func (s *socket[kind]) close() error {
	s.host.release()
	return nil
}

// subscribe returns a pollable that is ready: there is nothing to wait for.
func (s *socket[kind]) subscribe() (*Pollable, error) {
	return s.host.NewPollable(func() bool { return true })
}

// refusals says what each function answers: resource, answer and names.
const refusals = `tcp-socket access-denied start-bind start-connect start-listen
tcp-socket not-in-progress finish-bind finish-connect finish-listen
tcp-socket invalid-state accept local-address remote-address shutdown
tcp-socket not-supported set-listen-backlog-size keep-alive-enabled set-keep-alive-enabled
tcp-socket not-supported keep-alive-idle-time set-keep-alive-idle-time keep-alive-interval
tcp-socket not-supported set-keep-alive-interval keep-alive-count set-keep-alive-count
tcp-socket not-supported hop-limit set-hop-limit receive-buffer-size set-receive-buffer-size
tcp-socket not-supported send-buffer-size set-send-buffer-size
udp-socket access-denied start-bind stream
udp-socket not-in-progress finish-bind
udp-socket invalid-state local-address remote-address
udp-socket not-supported unicast-hop-limit set-unicast-hop-limit receive-buffer-size
udp-socket not-supported set-receive-buffer-size send-buffer-size set-send-buffer-size
incoming-datagram-stream invalid-state receive
outgoing-datagram-stream invalid-state check-send send
resolve-address-stream invalid-state resolve-next-address
`

// addSockets defines wasi:sockets so that programs link and can ask: a socket can
// be made, and nothing done with it.
func addSockets(l *component.Linker) {
	net := l.Instance("wasi:sockets/network@0.2")
	net.Resource("network", component.ResourceOf[network](nil))
	net.Func("network-error-code", self(func(*Error) (*socketCode, error) { return nil, nil }))
	l.Instance("wasi:sockets/instance-network@0.2").Func("instance-network",
		func0(func(*Host) component.Own[network] { return component.NewOwn(network{}) }))

	tcpIn, udpIn := l.Instance("wasi:sockets/tcp@0.2"), l.Instance("wasi:sockets/udp@0.2")
	lookup := l.Instance("wasi:sockets/ip-name-lookup@0.2")
	lookup.Func("resolve-addresses", refuse("access-denied"))
	addSocket[tcp](l, "tcp")
	addSocket[udp](l, "udp")
	tcpIn.Func("[method]tcp-socket.is-listening", self(func(*socket[tcp]) (bool, error) { return false, nil }))
	addUnmade[incomingStream](udpIn, "incoming-datagram-stream")
	addUnmade[outgoingStream](udpIn, "outgoing-datagram-stream")
	addUnmade[addressStream](lookup, "resolve-address-stream")

	of := map[string]*component.HostInstance{
		"tcp-socket": tcpIn, "udp-socket": udpIn, "incoming-datagram-stream": udpIn,
		"outgoing-datagram-stream": udpIn, "resolve-address-stream": lookup,
	}
	for line := range strings.Lines(refusals) {
		f := strings.Fields(line)
		for _, name := range f[2:] {
			of[f[0]].Func("[method]"+f[0]+"."+name, refuse(f[1]))
		}
	}
}

// addUnmade defines a resource of which there never is one.
func addUnmade[T any](in *component.HostInstance, name string) {
	in.Resource(name, component.ResourceOf[T](nil))
	in.Func("[method]"+name+".subscribe", self(func(T) (component.Own[*Pollable], error) {
		return component.Own[*Pollable]{}, misuse("there is no %s", name)
	}))
}

// addSocket defines how a socket is made, and what of it is no refusal.
func addSocket[kind any](l *component.Linker, proto string) {
	in := l.Instance("wasi:sockets/" + proto + "@0.2")
	in.Resource(proto+"-socket", resource[*socket[kind]]())
	in.Func("[method]"+proto+"-socket.address-family", self(func(s *socket[kind]) (addressFamily, error) {
		return s.family, nil
	}))
	in.Func("[method]"+proto+"-socket.subscribe", self(func(s *socket[kind]) (component.Own[*Pollable], error) {
		return owned(s.subscribe())
	}))
	l.Instance("wasi:sockets/"+proto+"-create-socket@0.2").Func("create-"+proto+"-socket",
		hostFunc1(func(h *Host, _ context.Context, family addressFamily) (component.Result[component.Own[*socket[kind]], socketCode], error) {
			if err := h.take(); err != nil {
				return component.Result[component.Own[*socket[kind]], socketCode]{}, err
			}
			return component.OK[socketCode](component.NewOwn(&socket[kind]{host: h, family: family})), nil
		}))
}

// refuse returns a function of any type with a result that answers with code.
func refuse(code string) component.HostFunc {
	return component.DynamicFunc(func(context.Context, []component.Value) ([]component.Value, error) {
		return []component.Value{component.ResultValue{Err: true, Value: component.Enum(code)}}, nil
	})
}

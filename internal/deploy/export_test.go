package deploy

import (
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/plugin/icpsync"
)

// NewCaller is what makes the calls of a plugin.
func NewCaller(n *Network, target principal.Principal, proxy *principal.Principal) icpsync.Caller {
	return &caller{network: n, target: target, proxy: proxy}
}

// ReadDescriptor reads a network's descriptor.
func ReadDescriptor(file string) (*Running, error) { return readDescriptor(file) }

// IDVars are the variables of the ids of canisters.
func IDVars(ids map[string]principal.Principal) []string { return idVars(ids) }

// Differ says in what arguments differ.
func Differ(args ...[]byte) string { return differ(args) }

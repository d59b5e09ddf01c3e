package localnet

import (
	"bytes"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/localnet/ingress"
)

// checkPaths refuses a read_state request for what its sender may not see.
//
// IC interface specification, "Request: Read state".
func (n *Network) checkPaths(e endpoint, r *ingress.Request) error {
	var request, subnet []byte
	for i, p := range r.Paths {
		if err := n.checkPath(e, r, p); err != nil {
			return &statusError{statusOf(err), fmt.Errorf("path %d: %w", i, err)}
		}
		if len(p) >= 2 && string(p[0]) == "request_status" {
			if request != nil && !bytes.Equal(request, p[1]) {
				return badRequest("path %d: a request can ask for the status of one call only", i)
			}
			request = p[1]
		}
		if len(p) >= 2 && string(p[0]) == "canister_ranges" {
			if subnet != nil && !bytes.Equal(subnet, p[1]) {
				return badRequest("path %d: a request can ask for the ranges of one subnet only", i)
			}
			subnet = p[1]
		}
	}
	return nil
}

func (n *Network) checkPath(e endpoint, r *ingress.Request, p [][]byte) error {
	if len(p) == 0 {
		return badRequest("the whole state cannot be requested")
	}
	switch string(p[0]) {
	case "time":
		if len(p) == 1 {
			return nil
		}
	case "api_boundary_nodes":
		return nil // there are none: the certificate proves it
	case "subnet":
		return n.checkSubnetPath(e, p)
	case "canister_ranges":
		if e.scope != "subnet" {
			return badRequest("/canister_ranges can be requested at the subnet's endpoint only")
		}
		if len(p) == 2 {
			return nil
		}
	case "request_status":
		return n.checkStatusPath(e, r, p)
	case "canister":
		return n.checkCanisterPath(e, r, p)
	}
	return badRequest("there is no path %s", formatPath(p))
}

func (n *Network) checkSubnetPath(e endpoint, p [][]byte) error {
	if len(p) <= 2 {
		return nil
	}
	rest := func(names ...string) bool {
		for i, name := range names {
			if len(p) <= 2+i || name != "*" && string(p[2+i]) != name {
				return false
			}
		}
		return len(p) == 2+len(names)
	}
	own := bytes.Equal(p[1], n.keys.subnet.Bytes())
	switch {
	case rest("public_key"), rest("type"), rest("node"), rest("node", "*"), rest("node", "*", "public_key"):
		return nil
	case rest("canister_ranges") && (own || e.version == 2):
		return nil
	case rest("metrics"):
		return badRequest("metrics are not available in the embedded development network")
	}
	return badRequest("there is no path %s", formatPath(p))
}

func (n *Network) checkStatusPath(e endpoint, r *ingress.Request, p [][]byte) error {
	if len(p) < 2 || len(p) > 3 || len(p[1]) != 32 {
		return badRequest("there is no path %s", formatPath(p))
	}
	if len(p) == 3 {
		switch string(p[2]) {
		case "status", "reply", "reject_code", "reject_message", "error_code":
		default:
			return badRequest("there is no path %s", formatPath(p))
		}
	}
	entry := n.ingress.get([32]byte(p[1]))
	switch {
	case entry == nil:
		return nil
	case entry.Sender.Principal != r.Sender:
		return forbidden("the call %x was sent by someone else", p[1])
	case e.scope != "canister" || entry.Target != e.id:
		return forbidden("the call %x was sent to another effective canister id", p[1])
	case !r.Allows(entry.Callee.Principal):
		return forbidden("a delegation does not allow to see calls of canister %v", entry.Callee)
	}
	return nil
}

func (n *Network) checkCanisterPath(e endpoint, r *ingress.Request, p [][]byte) error {
	if len(p) < 3 {
		return badRequest("there is no path %s that can be requested", formatPath(p))
	}
	if e.scope != "canister" || !bytes.Equal(p[1], e.id.Bytes()) {
		return badRequest("%s is about another canister than the effective canister id", formatPath(p))
	}
	c := n.canisters[e.id]
	switch {
	case len(p) == 3 && (string(p[2]) == "module_hash" || string(p[2]) == "controllers"):
		return nil
	case len(p) == 4 && string(p[2]) == "metadata" && utf8.Valid(p[3]):
		if c.isPrivate(string(p[3])) && !c.isController(pid{r.Sender}) {
			return forbidden("custom section %q is private to the canister's controllers", p[3])
		}
		return nil
	}
	return badRequest("there is no path %s that can be requested", formatPath(p))
}

// isPrivate reports whether c, which may be nil, has a private custom section of
// that name.
func (c *canister) isPrivate(name string) bool {
	if c == nil || c.module == nil {
		return false
	}
	for _, md := range c.module.prepared.Metadata {
		if md.Name == name {
			return !md.Public
		}
	}
	return false
}

func forbidden(format string, args ...any) error {
	return &statusError{http.StatusForbidden, fmt.Errorf(format, args...)}
}

// formatPath shows a path in an error.
func formatPath(p [][]byte) string {
	var b bytes.Buffer
	for i, l := range p {
		if i == 5 {
			return b.String() + "/…"
		}
		if utf8.Valid(l) && len(l) <= 40 {
			fmt.Fprintf(&b, "/%s", l)
		} else {
			fmt.Fprintf(&b, "/0x%x", l[:min(len(l), 40)])
		}
	}
	return b.String()
}

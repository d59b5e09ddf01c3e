package localnet

import (
	"encoding/binary"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/fxamacker/cbor/v2"
)

// selfDescribed is the CBOR tag that says "this is CBOR".
const selfDescribed = 55799

// stateTree is the whole state as it is certified. Subtrees of canisters and calls
// are kept until they change.
//
//	time
//	subnet/<id>/{public_key, type, canister_ranges, node/<id>/public_key, metrics}
//	canister_ranges/<subnet id>/<first id>
//	request_status/<request id>/{status, reply | reject_code, reject_message, error_code}
//	canister/<id>/{certified_data, controllers, module_hash, metadata/<name>}
//
// IC interface specification, "The system state tree".
func (n *Network) stateTree() (*cert.Tree, error) {
	ranges, err := n.rangesLeaf()
	if err != nil {
		return nil, err
	}
	canisters := make(map[string]*cert.Tree, len(n.canisters))
	for id, c := range n.canisters {
		if c.tree == nil {
			if c.tree, err = c.certifiedTree(); err != nil {
				return nil, err
			}
		}
		canisters[string(id.Bytes())] = c.tree
	}
	return cert.Map(map[string]*cert.Tree{
		"time":   cert.Leaf(uleb(n.advance())),
		"subnet": cert.Map(map[string]*cert.Tree{string(n.keys.subnet.Bytes()): n.subnetTree(ranges)}),
		"canister_ranges": cert.Map(map[string]*cert.Tree{
			string(n.keys.subnet.Bytes()): cert.Map(map[string]*cert.Tree{string(firstID().Bytes()): cert.Leaf(ranges)}),
		}),
		"canister":       cert.Map(canisters),
		"request_status": n.ingress.tree(),
	}), nil
}

func (n *Network) subnetTree(ranges []byte) *cert.Tree {
	return cert.Map(map[string]*cert.Tree{
		"public_key":      cert.Leaf(n.keys.rootDER),
		"type":            cert.Leaf([]byte("application")),
		"canister_ranges": cert.Leaf(ranges),
		"node": cert.Map(map[string]*cert.Tree{
			string(n.keys.node.Bytes()): cert.Map(map[string]*cert.Tree{"public_key": cert.Leaf(n.keys.nodeDER)}),
		}),
	})
}

// rangesLeaf is the CBOR list of the one range of canister ids.
func (n *Network) rangesLeaf() ([]byte, error) {
	return encode([][2][]byte{{firstID().Bytes(), lastID().Bytes()}})
}

func (c *canister) certifiedTree() (*cert.Tree, error) {
	controllers := make([][]byte, len(c.Settings.Controllers))
	for i, p := range c.Settings.Controllers {
		controllers[i] = p.Bytes()
	}
	list, err := encode(controllers)
	if err != nil {
		return nil, err
	}
	t := map[string]*cert.Tree{"controllers": cert.Leaf(list), "canister_creation_timestamp": cert.Leaf(uleb(c.Created))}
	if c.module == nil {
		return cert.Map(t), nil
	}
	t["certified_data"] = cert.Leaf(c.Certified)
	t["module_hash"] = cert.Leaf(c.ModuleHash)
	t["last_install_timestamp"] = cert.Leaf(uleb(c.Installed))
	metadata := make(map[string]*cert.Tree)
	for _, md := range c.module.prepared.Metadata {
		metadata[md.Name] = cert.Leaf(md.Content)
	}
	t["metadata"] = cert.Map(metadata)
	return cert.Map(t), nil
}

func (e *ingressEntry) certifiedTree() *cert.Tree {
	leaf := func(s string) *cert.Tree { return cert.Leaf([]byte(s)) }
	switch {
	case e.Status == received:
		return cert.Map(map[string]*cert.Tree{"status": leaf("received")})
	case e.Status == processing:
		return cert.Map(map[string]*cert.Tree{"status": leaf("processing")})
	case e.Response.Reject == nil:
		return cert.Map(map[string]*cert.Tree{"status": leaf("replied"), "reply": cert.Leaf(e.Response.Data)})
	}
	r := e.Response.Reject
	t := map[string]*cert.Tree{
		"status":         leaf("rejected"),
		"reject_code":    cert.Leaf(uleb(r.Code)),
		"reject_message": leaf(r.Message),
	}
	if r.ErrorCode != "" {
		t["error_code"] = leaf(r.ErrorCode)
	}
	return cert.Map(t)
}

// certify returns a certificate that shows paths, and the time.
func (n *Network) certify(paths ...cert.Path) ([]byte, error) {
	t, err := n.stateTree()
	if err != nil {
		return nil, err
	}
	return n.keys.certificate(t, append(paths, cert.NewPath("time")))
}

func uleb(v uint64) []byte { return binary.AppendUvarint(nil, v) }

// encode is CBOR with the self-describing tag.
func encode(v any) ([]byte, error) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	return mode.Marshal(cbor.Tag{Number: selfDescribed, Content: v})
}

package cert

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
)

var errFarFuture = errors.New("time beyond the year 2262")

// delegated is a verified delegation.
type delegated struct {
	tree   *Tree
	time   time.Time
	subnet principal.Principal
	key    PublicKey
}

// delegated verifies d against the root key, or finds it verified before. Time and scope are not part of it.
func (o Options) delegated(d *Delegation, root PublicKey) (*delegated, error) {
	id := delegationID(o.RootKey, d)
	if v := o.Cache.get(id); v != nil {
		return v, nil
	}
	v, err := verifyDelegation(d, root)
	if err != nil {
		return nil, err
	}
	o.Cache.put(id, v)
	return v, nil
}

func verifyDelegation(d *Delegation, root PublicKey) (*delegated, error) {
	subnet, err := principal.FromBytes(d.SubnetID)
	if err != nil {
		return nil, &CertificateError{Reason: ReasonMalformed, Detail: "subnet of delegation", Err: err}
	}
	u, err := Decode(d.Certificate)
	if err != nil {
		return nil, fmt.Errorf("delegation to subnet %s: %w", subnet, err)
	}
	if u.Delegation != nil {
		return nil, refuse(ReasonNestedDelegation, "subnet "+subnet.String())
	}
	if err := root.Verify(SigningMessage(u.Tree.Digest()), u.Signature); err != nil {
		return nil, &CertificateError{Reason: ReasonSignature, Detail: "delegation to subnet " + subnet.String(), Err: err}
	}
	at, err := u.Tree.timestamp()
	if err != nil {
		return nil, err
	}
	der, status := u.Tree.lookup(NewPath("subnet", string(d.SubnetID), "public_key"))
	if status != Found {
		return nil, refuse(ReasonSubnetKey, fmt.Sprintf("key of subnet %s is %s", subnet, status))
	}
	key, err := ParsePublicKey(der)
	if err != nil {
		return nil, &CertificateError{Reason: ReasonSubnetKey, Detail: "subnet " + subnet.String(), Err: err}
	}
	return &delegated{tree: u.Tree, time: at, subnet: subnet, key: key}, nil
}

// checkScope refuses a delegation that does not reach as far as asked.
func (d *delegated) checkScope(s Scope) error {
	if s.kind == scopeSubnet {
		if s.id != d.subnet {
			return refuse(ReasonNotAuthorized, fmt.Sprintf("signed by subnet %s, asked for subnet %s", d.subnet, s.id))
		}
		return nil
	}
	ranges, err := d.ranges(s.id)
	if err != nil {
		return err
	}
	if !inRanges(ranges, s.id) {
		return refuse(ReasonNotAuthorized, fmt.Sprintf("subnet %s does not run canister %s", d.subnet, s.id))
	}
	return nil
}

// ranges returns the canister ranges that could hold id: the shard that starts at or before id, or all of them where
// the delegation has the older, single list.
func (d *delegated) ranges(id principal.Principal) ([][2][]byte, error) {
	sid := string(d.subnet.Bytes())
	path := NewPath("subnet", sid, "canister_ranges")
	shards, _ := d.tree.labels(NewPath("canister_ranges", sid))
	if len(shards) > 0 {
		start := lastNotAfter(shards, id.Bytes())
		if start == nil {
			return nil, nil
		}
		path = NewPath("canister_ranges", sid, string(start))
	}
	leaf, status := d.tree.lookup(path)
	if status != Found {
		return nil, refuse(ReasonNotAuthorized, fmt.Sprintf("delegation to subnet %s shows no canister ranges for %s", d.subnet, id))
	}
	return decodeRanges(leaf)
}

// lastNotAfter returns the greatest of the increasing labels that is at most id, nil if there is none.
func lastNotAfter(labels [][]byte, id []byte) []byte {
	var last []byte
	for _, l := range labels {
		if bytes.Compare(l, id) > 0 {
			break
		}
		last = l
	}
	return last
}

func decodeRanges(leaf []byte) ([][2][]byte, error) {
	var pairs [][][]byte
	if err := unmarshal(leaf, &pairs); err != nil {
		return nil, &CertificateError{Reason: ReasonMalformed, Detail: "canister ranges", Err: err}
	}
	ranges := make([][2][]byte, 0, len(pairs))
	for _, p := range pairs {
		if len(p) != 2 {
			return nil, refuse(ReasonMalformed, "canister range without two ends")
		}
		ranges = append(ranges, [2][]byte(p))
	}
	return ranges, nil
}

// maxCached bounds each map of a cache; a full one is emptied.
const maxCached = 128

// Cache remembers delegations that verified, by the hash of root key, subnet and certificate, so that the second
// certificate of a subnet costs one signature check and not two. Time and scope are checked anew on each use.
// The zero value is empty and ready; a nil *Cache remembers nothing. It is safe for concurrent use.
type Cache struct {
	mu          sync.Mutex
	delegations map[[sha256.Size]byte]*delegated
	keys        map[string]PublicKey
}

// delegationID hashes what a verified delegation depends on, each part with its length.
func delegationID(rootKey []byte, d *Delegation) (id [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range [][]byte{rootKey, d.SubnetID, d.Certificate} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	h.Sum(id[:0])
	return id
}

func (c *Cache) get(id [sha256.Size]byte) *delegated {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.delegations[id]
}

func (c *Cache) put(id [sha256.Size]byte, d *delegated) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.delegations == nil || len(c.delegations) >= maxCached {
		c.delegations = make(map[[sha256.Size]byte]*delegated)
	}
	c.delegations[id] = d
}

// publicKey is [ParsePublicKey] with a memory.
func (c *Cache) publicKey(der []byte) (PublicKey, error) {
	if c == nil {
		return ParsePublicKey(der)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.keys[string(der)]; ok {
		return k, nil
	}
	k, err := ParsePublicKey(der)
	if err != nil {
		return PublicKey{}, err
	}
	if c.keys == nil || len(c.keys) >= maxCached {
		c.keys = make(map[string]PublicKey)
	}
	c.keys[k.der] = k
	return k, nil
}

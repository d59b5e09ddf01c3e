package localnet

import (
	"bytes"
	"context"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"
)

// StateHash returns a digest of everything canisters can see of the state: memory,
// globals, stable memory, certified data, timers, cycles, settings and calls under
// way. Time, counters of calls, logs and the answers to users' calls do not count. It is the same
// for networks with the same seed, the same clock and the same requests.
func (n *Network) StateHash(ctx context.Context) ([32]byte, error) {
	var sum [32]byte
	err := n.do(ctx, func(ctx context.Context) error {
		b, err := n.visibleState()
		sum = sha256.Sum256(b)
		return err
	})
	return sum, err
}

func (n *Network) visibleState() ([]byte, error) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := enc.NewEncoder(&out)
	r := n.networkRecord()
	r.Time, r.NextID = 0, 0
	if err := w.Encode(r); err != nil {
		return nil, err
	}
	for _, id := range n.canisterIDs() {
		c := n.canisters[id]
		d := c.canisterData
		d.Logs, d.NextLog = nil, 0
		if err := w.Encode(d); err != nil {
			return nil, err
		}
		out.Write(c.heap)
		for _, p := range sortedKeys(c.stable.pages) {
			if !isZero(c.stable.pages[p]) {
				if err := w.Encode(pageData{N: p, Data: c.stable.pages[p]}); err != nil {
					return nil, err
				}
			}
		}
	}
	return out.Bytes(), nil
}

// stableBytes is the stable memory of all canisters that takes room.
func (n *Network) stableBytes() uint64 {
	var total uint64
	for _, c := range n.canisters {
		total += uint64(len(c.stable.pages)) * pageBytes
	}
	return total
}

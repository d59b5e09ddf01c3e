package localnet

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// The counters of the first and last canister id, which are not ids of the main
// network, and of the last id that is given out in order: the rest of the range is
// for ids that callers ask for.
const (
	firstCounter    = 0x8000000000100000
	lastCounter     = 0x80000000001fffff
	lastFreeCounter = 0x80000000001effff
	proxyCounter    = lastCounter
)

// canisterID is the id with a counter.
func canisterID(counter uint64) pid {
	p, err := principal.FromBytes(append(binary.BigEndian.AppendUint64(nil, counter), 1, 1))
	if err != nil {
		panic(fmt.Sprintf("localnet: ten bytes are a principal: %v", err))
	}
	return pid{p}
}

func firstID() pid { return canisterID(firstCounter) }
func lastID() pid  { return canisterID(lastCounter) }

// inRange reports whether id is one of this network's canister ids.
func inRange(id pid) bool {
	b := id.Bytes()
	if len(b) != 10 || b[8] != 1 || b[9] != 1 {
		return false
	}
	n := binary.BigEndian.Uint64(b)
	return n >= firstCounter && n <= lastCounter
}

// canisterIDs lists the canisters in the order of their ids.
func (n *Network) canisterIDs() []pid {
	return slices.SortedFunc(maps.Keys(n.canisters), func(a, b pid) int { return a.Compare(b.Principal) })
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

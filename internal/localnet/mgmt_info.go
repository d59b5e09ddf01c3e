package localnet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet/ingress"
)

type statusReply struct {
	Status struct {
		_        candid.OneOf
		Running  *candid.Null `candid:"running"`
		Stopping *candid.Null `candid:"stopping"`
		Stopped  *candid.Null `candid:"stopped"`
	} `candid:"status"`
	ReadyForMigration bool             `candid:"ready_for_migration"`
	Version           uint64           `candid:"version"`
	Settings          definiteSettings `candid:"settings"`
	ModuleHash        *[]byte          `candid:"module_hash"`
	MemorySize        candid.Nat       `candid:"memory_size"`
	MemoryMetrics     memoryMetrics    `candid:"memory_metrics"`
	Cycles            candid.Nat       `candid:"cycles"`
	ReservedCycles    candid.Nat       `candid:"reserved_cycles"`
	IdleCycles        candid.Nat       `candid:"idle_cycles_burned_per_day"`
	QueryStats        struct {
		Calls        candid.Nat `candid:"num_calls_total"`
		Instructions candid.Nat `candid:"num_instructions_total"`
		RequestBytes candid.Nat `candid:"request_payload_bytes_total"`
		ReplyBytes   candid.Nat `candid:"response_payload_bytes_total"`
	} `candid:"query_stats"`
}

type memoryMetrics struct {
	Wasm     candid.Nat `candid:"wasm_memory_size"`
	Stable   candid.Nat `candid:"stable_memory_size"`
	Global   candid.Nat `candid:"global_memory_size"`
	Binary   candid.Nat `candid:"wasm_binary_size"`
	Custom   candid.Nat `candid:"custom_sections_size"`
	History  candid.Nat `candid:"canister_history_size"`
	Chunks   candid.Nat `candid:"wasm_chunk_store_size"`
	Snapshot candid.Nat `candid:"snapshots_size"`
	Log      candid.Nat `candid:"log_memory_store_size"`
}

func (n *Network) canisterStatus(m *message) outcome {
	c, rej := n.subject(m, viewers)
	if rej != nil {
		return failed(rej)
	}
	return outcome{reply: c.status()}
}

func (n *Network) queryStatus(r *ingress.Request, c *canister) outcome {
	if _, rej := n.managed(c.ID, pid{r.Sender}, viewers); rej != nil {
		return failed(rej)
	}
	return outcome{reply: c.status()}
}

// status is canister_status_result. Nothing is charged, so nothing is reserved or
// burned while idle; queries are not counted.
func (c *canister) status() statusReply {
	zero := candid.NatOf(0)
	r := statusReply{
		Version: c.Version, Settings: c.Settings.wire(), Cycles: natOf(c.Cycles),
		ReservedCycles: zero, IdleCycles: zero,
	}
	r.QueryStats.Calls, r.QueryStats.Instructions, r.QueryStats.RequestBytes, r.QueryStats.ReplyBytes = zero, zero, zero, zero
	switch c.Status {
	case running:
		r.Status.Running = &candid.Null{}
	case stopping:
		r.Status.Stopping = &candid.Null{}
	default:
		r.Status.Stopped = &candid.Null{}
	}
	if c.ModuleHash != nil {
		hash := append([]byte(nil), c.ModuleHash...)
		r.ModuleHash = &hash
	}
	var total uint64
	r.MemoryMetrics, total = c.memory()
	r.MemorySize = candid.NatOf(total)
	return r
}

// memory is what c takes, by kind and in all.
func (c *canister) memory() (memoryMetrics, uint64) {
	var binarySize, custom, logs, total uint64
	if c.module != nil {
		binarySize = uint64(len(c.module.uploaded))
		for _, md := range c.module.prepared.Metadata {
			custom += uint64(len(md.Name) + len(md.Content))
		}
	}
	for _, l := range c.Logs {
		logs += uint64(len(l.Content)) + 16
	}
	size := func(n uint64) candid.Nat {
		total += n
		return candid.NatOf(n)
	}
	return memoryMetrics{
		Wasm: size(c.HeapBytes), Stable: size(c.stable.bytes()), Global: size(8 * uint64(len(c.Globals))),
		Binary: size(binarySize), Custom: size(custom), History: size(uint64(len(c.History)) * 64),
		Chunks: size(uint64(len(c.chunks)) * maxChunk), Snapshot: size(0), Log: size(logs),
	}, total
}

func (n *Network) canisterMetadata(m *message) outcome {
	arg := struct {
		ID   principal.Principal `candid:"canister_id"`
		Name string              `candid:"name"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c := n.canisters[pid{arg.ID}]
	if c == nil {
		return failed(rejectf(destinationInvalid, "IC0301", "Canister %v not found.", arg.ID))
	}
	if c.module != nil {
		for _, md := range c.module.prepared.Metadata {
			if md.Name == arg.Name && (md.Public || c.isController(m.From)) {
				return outcome{reply: struct {
					Value []byte `candid:"value"`
				}{md.Content}}
			}
		}
	}
	return failed(rejectf(canisterError, "IC0406", "Canister %v has no metadata %q that the caller may see", c.ID, arg.Name))
}

type wireLog struct {
	Index   uint64 `candid:"idx"`
	Time    uint64 `candid:"timestamp_nanos"`
	Content []byte `candid:"content"`
}

func (n *Network) fetchLogs(r *ingress.Request, c *canister) outcome {
	if !c.isController(pid{r.Sender}) && !c.Settings.LogVisibility.allows(pid{r.Sender}) {
		return failed(rejectf(canisterError, "IC0406", "Caller %v is not allowed to access the logs of canister %v", r.Sender, c.ID))
	}
	reply := struct {
		Records []wireLog `candid:"canister_log_records"`
	}{Records: []wireLog{}}
	for _, l := range c.Logs {
		reply.Records = append(reply.Records, wireLog(l))
	}
	return outcome{reply: reply}
}

// rawRand gives 32 bytes that nobody could foresee without the network's seed.
func (n *Network) rawRand(m *message) outcome {
	if rej := decodeArg0(m.Arg); rej != nil {
		return failed(rej)
	}
	n.RandCounter++
	h := hmac.New(sha256.New, derive(n.keys.seed, "raw_rand"))
	h.Write(binary.BigEndian.AppendUint64(nil, n.RandCounter))
	return outcome{reply: h.Sum(nil)}
}

// decodeArg0 checks that an argument is a Candid message, of no values that matter.
func decodeArg0(b []byte) *reject {
	if err := candid.Unmarshal(b); err != nil {
		return rejectf(canisterReject, "IC0408", "Error decoding candid: %v", err)
	}
	return nil
}

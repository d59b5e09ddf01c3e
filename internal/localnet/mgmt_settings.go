package localnet

import (
	"unicode/utf8"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// The limits of settings.
const (
	maxControllers  = 10
	maxViewers      = 10
	maxEnvVars      = 20
	maxEnvValue     = 128
	maxWasmMemory   = 1 << 48
	defaultFreezing = 2_592_000
	defaultReserved = 5_000_000_000_000
)

// wireSettings is canister_settings.
type wireSettings struct {
	Controllers         *[]principal.Principal `candid:"controllers"`
	ComputeAllocation   *candid.Nat            `candid:"compute_allocation"`
	MemoryAllocation    *candid.Nat            `candid:"memory_allocation"`
	FreezingThreshold   *candid.Nat            `candid:"freezing_threshold"`
	ReservedCyclesLimit *candid.Nat            `candid:"reserved_cycles_limit"`
	MinCallCycles       *candid.Nat            `candid:"minimum_incoming_canister_call_cycles"`
	LogVisibility       *wireVisibility        `candid:"log_visibility"`
	LogMemoryLimit      *candid.Nat            `candid:"log_memory_limit"`
	SnapshotVisibility  *wireVisibility        `candid:"snapshot_visibility"`
	StatusVisibility    *wireVisibility        `candid:"status_visibility"`
	WasmMemoryLimit     *candid.Nat            `candid:"wasm_memory_limit"`
	WasmMemoryThreshold *candid.Nat            `candid:"wasm_memory_threshold"`
	Env                 *[]wireEnv             `candid:"environment_variables"`
}

// definiteSettings is definite_canister_settings.
type definiteSettings struct {
	Controllers         []principal.Principal `candid:"controllers"`
	ComputeAllocation   candid.Nat            `candid:"compute_allocation"`
	MemoryAllocation    candid.Nat            `candid:"memory_allocation"`
	FreezingThreshold   candid.Nat            `candid:"freezing_threshold"`
	ReservedCyclesLimit candid.Nat            `candid:"reserved_cycles_limit"`
	MinCallCycles       candid.Nat            `candid:"minimum_incoming_canister_call_cycles"`
	LogVisibility       wireVisibility        `candid:"log_visibility"`
	LogMemoryLimit      candid.Nat            `candid:"log_memory_limit"`
	SnapshotVisibility  wireVisibility        `candid:"snapshot_visibility"`
	StatusVisibility    wireVisibility        `candid:"status_visibility"`
	WasmMemoryLimit     candid.Nat            `candid:"wasm_memory_limit"`
	WasmMemoryThreshold candid.Nat            `candid:"wasm_memory_threshold"`
	Env                 []wireEnv             `candid:"environment_variables"`
}

type wireEnv struct {
	Name  string `candid:"name"`
	Value string `candid:"value"`
}

type wireVisibility struct {
	_              candid.OneOf
	Controllers    *candid.Null           `candid:"controllers"`
	Public         *candid.Null           `candid:"public"`
	AllowedViewers *[]principal.Principal `candid:"allowed_viewers"`
}

func defaultSettings(controller pid) settings {
	return settings{
		Controllers:         []pid{controller},
		FreezingThreshold:   defaultFreezing,
		ReservedCyclesLimit: newCycles(defaultReserved),
		LogMemoryLimit:      maxLogBytes,
	}
}

// apply returns s with what w sets, or says what is out of bounds.
func (w *wireSettings) apply(s settings) (settings, *reject) {
	if w == nil {
		return s, nil
	}
	if w.Controllers != nil {
		if len(*w.Controllers) > maxControllers {
			return s, badSetting("controllers", "at most %d are allowed, %d given", maxControllers, len(*w.Controllers))
		}
		s.Controllers = toPIDs(*w.Controllers)
	}
	for _, f := range w.numbers(&s) {
		if rej := f.set(); rej != nil {
			return s, rej
		}
	}
	for _, f := range []struct {
		name string
		from *wireVisibility
		to   *visibility
	}{
		{"log_visibility", w.LogVisibility, &s.LogVisibility},
		{"snapshot_visibility", w.SnapshotVisibility, &s.SnapshotVisibility},
		{"status_visibility", w.StatusVisibility, &s.StatusVisibility},
	} {
		if rej := f.from.apply(f.name, f.to); rej != nil {
			return s, rej
		}
	}
	return s, w.applyEnv(&s)
}

// numberSetting is a number with an upper bound, in 64 bits or as cycles.
type numberSetting struct {
	name   string
	from   *candid.Nat
	to     *uint64
	cycles *cycles
	limit  uint64 // inclusive, of to; 0: none
}

func (w *wireSettings) numbers(s *settings) []numberSetting {
	return []numberSetting{
		{name: "compute_allocation", from: w.ComputeAllocation, to: &s.ComputeAllocation, limit: 100},
		{name: "memory_allocation", from: w.MemoryAllocation, to: &s.MemoryAllocation},
		{name: "freezing_threshold", from: w.FreezingThreshold, to: &s.FreezingThreshold},
		{name: "reserved_cycles_limit", from: w.ReservedCyclesLimit, cycles: &s.ReservedCyclesLimit},
		{name: "minimum_incoming_canister_call_cycles", from: w.MinCallCycles, cycles: &s.MinCallCycles},
		{name: "log_memory_limit", from: w.LogMemoryLimit, to: &s.LogMemoryLimit, limit: 2 << 20},
		{name: "wasm_memory_limit", from: w.WasmMemoryLimit, to: &s.WasmMemoryLimit, limit: maxWasmMemory},
		{name: "wasm_memory_threshold", from: w.WasmMemoryThreshold, to: &s.WasmMemoryThreshold, limit: maxWasmMemory},
	}
}

func (f numberSetting) set() *reject {
	if f.from == nil {
		return nil
	}
	c, err := cyclesFromBig(f.from.Big())
	switch {
	case err != nil:
		return badSetting(f.name, "%v is out of bounds", f.from)
	case f.cycles != nil:
		*f.cycles = c
		return nil
	case !c.fits64() || f.limit > 0 && c.Lo > f.limit:
		return badSetting(f.name, "%v is out of bounds", f.from)
	case f.name == "wasm_memory_threshold" && c.Lo > 0:
		return badSetting(f.name, "the hook canister_on_low_wasm_memory is not available in the embedded development network")
	}
	*f.to = c.Lo
	return nil
}

func (v *wireVisibility) apply(name string, to *visibility) *reject {
	switch {
	case v == nil:
	case v.AllowedViewers != nil:
		if len(*v.AllowedViewers) > maxViewers {
			return badSetting(name, "at most %d viewers are allowed, %d given", maxViewers, len(*v.AllowedViewers))
		}
		*to = visibility{Viewers: toPIDs(*v.AllowedViewers)}
	default:
		*to = visibility{Public: v.Public != nil}
	}
	return nil
}

func (w *wireSettings) applyEnv(s *settings) *reject {
	if w.Env == nil {
		return nil
	}
	if len(*w.Env) > maxEnvVars {
		return badSetting("environment_variables", "at most %d are allowed, %d given", maxEnvVars, len(*w.Env))
	}
	s.Env = nil
	seen := make(map[string]bool)
	for _, v := range *w.Env {
		if len(v.Name) > maxEnvName || len(v.Value) > maxEnvValue || !utf8.ValidString(v.Name) {
			return badSetting("environment_variables", "%q: names have at most %d bytes, values %d", v.Name[:min(len(v.Name), maxEnvName)], maxEnvName, maxEnvValue)
		}
		if seen[v.Name] {
			return badSetting("environment_variables", "%q is given twice", v.Name)
		}
		seen[v.Name] = true
		s.Env = append(s.Env, envVar(v))
	}
	return nil
}

func badSetting(name, format string, args ...any) *reject {
	r := rejectf(canisterReject, "IC0406", format, args...)
	r.Message = "Setting " + name + ": " + r.Message
	return r
}

func toPIDs(list []principal.Principal) []pid {
	out := make([]pid, len(list))
	for i, p := range list {
		out[i] = pid{p}
	}
	return out
}

func toPrincipals(list []pid) []principal.Principal {
	out := make([]principal.Principal, len(list))
	for i, p := range list {
		out[i] = p.Principal
	}
	return out
}

func (v visibility) wire() wireVisibility {
	switch {
	case v.Viewers != nil:
		list := toPrincipals(v.Viewers)
		return wireVisibility{AllowedViewers: &list}
	case v.Public:
		return wireVisibility{Public: &candid.Null{}}
	}
	return wireVisibility{Controllers: &candid.Null{}}
}

func (s settings) wire() definiteSettings {
	d := definiteSettings{
		Controllers:         toPrincipals(s.Controllers),
		ComputeAllocation:   candid.NatOf(s.ComputeAllocation),
		MemoryAllocation:    candid.NatOf(s.MemoryAllocation),
		FreezingThreshold:   candid.NatOf(s.FreezingThreshold),
		ReservedCyclesLimit: natOf(s.ReservedCyclesLimit),
		MinCallCycles:       natOf(s.MinCallCycles),
		LogVisibility:       s.LogVisibility.wire(),
		LogMemoryLimit:      candid.NatOf(s.LogMemoryLimit),
		SnapshotVisibility:  s.SnapshotVisibility.wire(),
		StatusVisibility:    s.StatusVisibility.wire(),
		WasmMemoryLimit:     candid.NatOf(s.WasmMemoryLimit),
		WasmMemoryThreshold: candid.NatOf(s.WasmMemoryThreshold),
	}
	for _, v := range s.Env {
		d.Env = append(d.Env, wireEnv(v))
	}
	return d
}

package localnet

import (
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// maxHistory is how many changes a canister remembers.
const maxHistory = 20

// changeKind is what was changed.
type changeKind byte

const (
	changeCreation changeKind = iota + 1
	changeUninstall
	changeDeployment
	changeControllers
)

// changeMode is how code was installed.
type changeMode byte

const (
	modeInstall changeMode = iota + 1
	modeReinstall
	modeUpgrade
)

// change is one entry of a canister's history.
type change struct {
	Kind        changeKind
	Time        uint64
	Version     uint64 // of the canister, after
	By          pid
	ByCanister  bool
	ByVersion   uint64
	Controllers []pid
	Mode        changeMode
	ModuleHash  []byte
}

// record adds a change made by m to c's history.
func (n *Network) record(c *canister, m *message, ch change) {
	ch.Time, ch.Version = n.Time, c.Version
	ch.By, ch.ByCanister, ch.ByVersion = m.From, m.Origin.Kind == fromCanister, m.Version
	c.History = append(c.History, ch)
	if len(c.History) > maxHistory {
		c.History = append([]change(nil), c.History[1:]...)
	}
	c.Changes++
	c.dirty = true
}

type wireChange struct {
	Time    uint64      `candid:"timestamp_nanos"`
	Version uint64      `candid:"canister_version"`
	Origin  wireOrigin  `candid:"origin"`
	Details wireDetails `candid:"details"`
}

type wireOrigin struct {
	_        candid.OneOf
	User     *wireUser     `candid:"from_user"`
	Canister *wireCanister `candid:"from_canister"`
}

type wireUser struct {
	ID principal.Principal `candid:"user_id"`
}

type wireCanister struct {
	ID      principal.Principal `candid:"canister_id"`
	Version *uint64             `candid:"canister_version"`
}

type wireDetails struct {
	_           candid.OneOf
	Creation    *wireCreation    `candid:"creation"`
	Uninstall   *candid.Null     `candid:"code_uninstall"`
	Deployment  *wireDeployment  `candid:"code_deployment"`
	Controllers *wireControllers `candid:"controllers_change"`
}

type wireCreation struct {
	Controllers []principal.Principal `candid:"controllers"`
	EnvHash     *[]byte               `candid:"environment_variables_hash"`
}

type wireControllers struct {
	Controllers []principal.Principal `candid:"controllers"`
}

type wireDeployment struct {
	Mode struct {
		_         candid.OneOf
		Install   *candid.Null `candid:"install"`
		Reinstall *candid.Null `candid:"reinstall"`
		Upgrade   *candid.Null `candid:"upgrade"`
	} `candid:"mode"`
	ModuleHash []byte `candid:"module_hash"`
}

func (ch change) wire() wireChange {
	w := wireChange{Time: ch.Time, Version: ch.Version, Origin: wireOrigin{User: &wireUser{ch.By.Principal}}}
	if ch.ByCanister {
		w.Origin = wireOrigin{Canister: &wireCanister{ch.By.Principal, &ch.ByVersion}}
	}
	switch ch.Kind {
	case changeCreation:
		w.Details.Creation = &wireCreation{Controllers: toPrincipals(ch.Controllers)}
	case changeUninstall:
		w.Details.Uninstall = &candid.Null{}
	case changeControllers:
		w.Details.Controllers = &wireControllers{toPrincipals(ch.Controllers)}
	case changeDeployment:
		d := &wireDeployment{ModuleHash: ch.ModuleHash}
		switch ch.Mode {
		case modeReinstall:
			d.Mode.Reinstall = &candid.Null{}
		case modeUpgrade:
			d.Mode.Upgrade = &candid.Null{}
		default:
			d.Mode.Install = &candid.Null{}
		}
		w.Details.Deployment = d
	}
	return w
}

// canisterInfo tells canisters of a canister's history and controllers.
func (n *Network) canisterInfo(m *message) outcome {
	arg := struct {
		ID   principal.Principal `candid:"canister_id"`
		Last *uint64             `candid:"num_requested_changes"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c := n.canisters[pid{arg.ID}]
	if c == nil {
		return failed(rejectf(destinationInvalid, "IC0301", "Canister %v not found.", arg.ID))
	}
	reply := struct {
		Total       uint64                `candid:"total_num_changes"`
		Recent      []wireChange          `candid:"recent_changes"`
		ModuleHash  *[]byte               `candid:"module_hash"`
		Controllers []principal.Principal `candid:"controllers"`
	}{Total: c.Changes, Recent: []wireChange{}, Controllers: toPrincipals(c.Settings.Controllers)}
	if c.ModuleHash != nil {
		reply.ModuleHash = &c.ModuleHash
	}
	want := uint64(0)
	if arg.Last != nil {
		want = min(*arg.Last, uint64(len(c.History)))
	}
	for _, ch := range c.History[uint64(len(c.History))-want:] {
		reply.Recent = append(reply.Recent, ch.wire())
	}
	return outcome{reply: reply}
}

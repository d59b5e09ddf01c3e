package localnet_test

import (
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// marshal encodes Candid arguments.
func marshal(t testing.TB, args ...any) []byte {
	t.Helper()
	b, err := candid.Marshal(args...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// manage calls the management canister about a canister.
func (n *network) manage(t testing.TB, id identity.Identity, about principal.Principal, method string, arg any) result {
	t.Helper()
	return n.updateAt(t, id, about, principal.Management(), method, marshal(t, arg))
}

type idArg struct {
	ID principal.Principal `candid:"canister_id"`
}

type createArg struct {
	Amount      *candid.Nat          `candid:"amount"`
	Settings    *settingsArg         `candid:"settings"`
	SpecifiedID *principal.Principal `candid:"specified_id"`
}

type settingsArg struct {
	Controllers *[]principal.Principal `candid:"controllers"`
}

type modeArg struct {
	_         candid.OneOf
	Install   *candid.Null `candid:"install"`
	Reinstall *candid.Null `candid:"reinstall"`
	Upgrade   *candid.Null `candid:"upgrade"`
}

type installArg struct {
	Mode modeArg             `candid:"mode"`
	ID   principal.Principal `candid:"canister_id"`
	Wasm []byte              `candid:"wasm_module"`
	Arg  []byte              `candid:"arg"`
}

func (n *network) create(t testing.TB, id identity.Identity) principal.Principal {
	t.Helper()
	return n.createWith(t, id, createArg{})
}

func (n *network) createWith(t testing.TB, id identity.Identity, arg createArg) principal.Principal {
	t.Helper()
	r := n.manage(t, id, n.EffectiveCanisterID(), "provisional_create_canister_with_cycles", arg)
	return createdID(t, r)
}

func createdID(t testing.TB, r result) principal.Principal {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("create: %v", r)
	}
	var out idArg
	if err := candid.Unmarshal(r.data, &out); err != nil {
		t.Fatal(err)
	}
	return out.ID
}

func (n *network) installMode(t testing.TB, id identity.Identity, to principal.Principal, mode string, wasm, arg []byte) result {
	t.Helper()
	a := installArg{ID: to, Wasm: wasm, Arg: arg}
	switch mode {
	case "install":
		a.Mode.Install = &candid.Null{}
	case "reinstall":
		a.Mode.Reinstall = &candid.Null{}
	default:
		a.Mode.Upgrade = &candid.Null{}
	}
	return n.manage(t, id, to, "install_code", a)
}

// install makes a canister with a module, controlled by id.
func (n *network) install(t testing.TB, id identity.Identity, wasm, arg []byte) principal.Principal {
	t.Helper()
	c := n.create(t, id)
	if r := n.installMode(t, id, c, "install", wasm, arg); r.code != 0 {
		t.Fatalf("install: %v", r)
	}
	return c
}

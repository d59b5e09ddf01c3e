package agent

import (
	"bytes"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// systemCanister names a well-known canister whose calls move funds, votes or code of others than its caller's own
// project.
type systemCanister struct{ id, name string }

// systemCanisters returns those outside the ranges of the system subnets.
func systemCanisters() []systemCanister {
	return []systemCanister{
		{"aaaaa-aa", "management"},
		{"rwlgt-iiaaa-aaaaa-aaaaa-cai", "NNS registry"},
		{"rrkah-fqaaa-aaaaa-aaaaq-cai", "NNS governance"},
		{"ryjl3-tyaaa-aaaaa-aaaba-cai", "ICP ledger"},
		{"r7inp-6aaaa-aaaaa-aaabq-cai", "NNS root"},
		{"rkp4c-7iaaa-aaaaa-aaaca-cai", "cycles minting"},
		{"rno2w-sqaaa-aaaaa-aaacq-cai", "NNS lifeline"},
		{"renrk-eyaaa-aaaaa-aaada-cai", "NNS genesis tokens"},
		{"rdmx6-jaaaa-aaaaa-aaadq-cai", "Internet Identity"},
		{"qoctq-giaaa-aaaaa-aaaea-cai", "NNS front end"},
		{"qaa6y-5yaaa-aaaaa-aaafa-cai", "SNS wasm store"},
		{"qhbym-qaaaa-aaaaa-aaafq-cai", "ICP index"},
		{"um5iw-rqaaa-aaaaq-qaaba-cai", "cycles ledger"},
		{"mxzaz-hqaaa-aaaar-qaada-cai", "ckBTC ledger"},
		{"mqygn-kiaaa-aaaar-qaadq-cai", "ckBTC minter"},
		{"ss2fx-dyaaa-aaaar-qacoq-cai", "ckETH ledger"},
		{"sv3dd-oaaaa-aaaar-qacoa-cai", "ckETH minter"},
		{"xevnm-gaaaa-aaaar-qafnq-cai", "ckUSDC ledger"},
	}
}

// rootSubnetLast is the last canister of the range that belongs to the main network's root subnet, which begins with
// the very first canister; Internet Identity's is the one gap in it.
const rootSubnetLast = "\x00\x00\x00\x00\x00\x0f\xff\xff\x01\x01"

// SystemCanisterName returns what the canister is if it is one of the network's own: the management canister, a
// canister of the main network's root subnet (registry, governance, ledger and others), or a well-known ledger or
// minter elsewhere. "" means that it is none.
func SystemCanisterName(id principal.Principal) string {
	text := id.String()
	for _, c := range systemCanisters() {
		if c.id == text {
			return c.name
		}
	}
	if b := id.Bytes(); len(b) == len(rootSubnetLast) && bytes.HasSuffix(b, []byte{1, 1}) && string(b) <= rootSubnetLast {
		return "canister of the root subnet"
	}
	return ""
}

// IsSystemCanister reports whether the canister is one of the network's own, see [SystemCanisterName].
func IsSystemCanister(id principal.Principal) bool { return SystemCanisterName(id) != "" }

package localnet

import "github.com/berth-cli/berth/internal/ic/principal"

// selfAPI is about the canister and the subnet it runs on.
func selfAPI() []apiFunc {
	return []apiFunc{
		{name: "canister_self_size", sig: ":I", modes: "*", body: func(x *execution, a []uint64) error {
			a[0] = uint64(len(x.c.ID.Bytes()))
			return nil
		}},
		{name: "canister_self_copy", sig: "III:", modes: "*", body: func(x *execution, a []uint64) error { return x.copyOut(x.c.ID.Bytes(), a) }},
		{name: "canister_status", sig: ":i", modes: "*", body: func(x *execution, a []uint64) error { a[0] = uint64(x.c.Status); return nil }},
		{name: "canister_version", sig: ":l", modes: "*", body: func(x *execution, a []uint64) error { a[0] = x.version; return nil }},
		{name: "subnet_self_size", sig: ":I", modes: "*", body: func(x *execution, a []uint64) error {
			a[0] = uint64(len(x.n.keys.subnet.Bytes()))
			return nil
		}},
		{name: "subnet_self_copy", sig: "III:", modes: "*", body: func(x *execution, a []uint64) error {
			return x.copyOut(x.n.keys.subnet.Bytes(), a)
		}},
		{name: "subnet_self_node_count", sig: ":i", modes: "*", body: func(_ *execution, a []uint64) error { a[0] = 1; return nil }},
		{name: "is_controller", sig: "II:i", modes: "* s", body: (*execution).isController},
	}
}

func (x *execution) isController(a []uint64) error {
	b, err := x.view(a[0], a[1])
	if err != nil {
		return err
	}
	p, err := principal.FromBytes(b)
	if err != nil {
		return trapf("\"ic0.is_controller\": %v", err)
	}
	a[0] = 0
	if x.c.isController(pid{p}) {
		a[0] = 1
	}
	return nil
}

package localnet

// cyclesAPI moves cycles. An execution works on copies of the balances, which
// replace the canister's when it is committed.
func cyclesAPI() []apiFunc {
	const available, refunded = "U RQ Rt Ry", "Rt Ry"
	const burn = "I G U RQ Ry Rt C T"
	balance := func(x *execution, a []uint64) error { return x.putCycles(a[0], x.balance) }
	return []apiFunc{
		{name: "msg_cycles_available", sig: ":l", modes: available, body: func(x *execution, a []uint64) error { return put64(a, x.available) }},
		{name: "msg_cycles_available128", sig: "I:", modes: available, body: func(x *execution, a []uint64) error { return x.putCycles(a[0], x.available) }},
		{name: "msg_cycles_refunded", sig: ":l", modes: refunded, body: func(x *execution, a []uint64) error { return put64(a, x.refunded) }},
		{name: "msg_cycles_refunded128", sig: "I:", modes: refunded, body: func(x *execution, a []uint64) error { return x.putCycles(a[0], x.refunded) }},
		{name: "msg_cycles_accept", sig: "l:l", modes: available, body: func(x *execution, a []uint64) error {
			a[0] = x.accept(newCycles(a[0])).Lo
			return nil
		}},
		{name: "msg_cycles_accept128", sig: "llI:", modes: available, body: func(x *execution, a []uint64) error {
			return x.putCycles(a[2], x.accept(cycles{Hi: a[0], Lo: a[1]}))
		}},
		{name: "cycles_burn128", sig: "llI:", modes: burn, body: (*execution).burn},
		{name: "canister_cycle_balance", sig: ":l", modes: "*", body: func(x *execution, a []uint64) error { return put64(a, x.balance) }},
		{name: "canister_cycle_balance128", sig: "I:", modes: "*", body: balance},
		{name: "canister_liquid_cycle_balance128", sig: "I:", modes: "*", body: balance},
	}
}

// accept moves cycles from the call to the balance.
func (x *execution) accept(most cycles) cycles {
	n := minCycles(most, x.available)
	n = minCycles(n, maxCycles().sub(x.balance))
	x.available = x.available.sub(n)
	x.balance = x.balance.add(n)
	return n
}

func maxCycles() cycles { return cycles{Hi: 1<<64 - 1, Lo: 1<<64 - 1} }

func (x *execution) burn(a []uint64) error {
	n := minCycles(cycles{Hi: a[0], Lo: a[1]}, x.balance)
	if err := x.putCycles(a[2], n); err != nil {
		return err
	}
	x.balance = x.balance.sub(n)
	x.burned = x.burned.add(n)
	return nil
}

package localnet

import "github.com/berth-cli/berth/internal/ic/cert"

// maxCertifiedData is the most bytes certified_data_set takes.
const maxCertifiedData = 32

// maxPrintBytes is the most bytes of one debug_print that are kept.
const maxPrintBytes = 4 << 10

// certifiedAPI is certified data and what certifies it.
func certifiedAPI() []apiFunc {
	const key = "I G U RQ Ry Rt C T"
	return []apiFunc{
		{name: "root_key_size", sig: ":I", modes: key, body: func(x *execution, a []uint64) error {
			a[0] = uint64(len(x.n.keys.rootDER))
			return nil
		}},
		{name: "root_key_copy", sig: "III:", modes: key, body: func(x *execution, a []uint64) error { return x.copyOut(x.n.keys.rootDER, a) }},
		{name: "certified_data_set", sig: "II:", modes: "I G U Ry Rt T", body: (*execution).certifiedDataSet},
		{name: "data_certificate_present", sig: ":i", modes: "*", body: func(x *execution, a []uint64) error {
			a[0] = 0
			if x.certifiable {
				a[0] = 1
			}
			return nil
		}},
		{name: "data_certificate_size", sig: ":I", modes: "NRQ CQ", body: func(x *execution, a []uint64) error {
			b, err := x.dataCertificate("data_certificate_size")
			a[0] = uint64(len(b))
			return err
		}},
		{name: "data_certificate_copy", sig: "III:", modes: "NRQ CQ", body: func(x *execution, a []uint64) error {
			b, err := x.dataCertificate("data_certificate_copy")
			if err != nil {
				return err
			}
			return x.copyOut(b, a)
		}},
	}
}

// dataCertificate makes the certificate when it is first asked for: few queries do.
func (x *execution) dataCertificate(f string) ([]byte, error) {
	if !x.certifiable {
		return nil, violation("\"ic0.%s\": no certificate is available", f)
	}
	if x.certificate != nil {
		return x.certificate, nil
	}
	var err error
	x.certificate, err = x.n.certify(cert.NewPath("canister", string(x.c.ID.Bytes()), "certified_data"))
	return x.certificate, err
}

func (x *execution) certifiedDataSet(a []uint64) error {
	b, err := x.read(a[0], a[1], maxCertifiedData, "certified data")
	if err != nil {
		return err
	}
	x.certified = b
	return nil
}

// miscAPI is time, timers, counters, logs and traps.
func miscAPI() []apiFunc {
	return []apiFunc{
		{name: "time", sig: ":l", modes: "*", body: func(x *execution, a []uint64) error { a[0] = x.time; return nil }},
		{name: "global_timer_set", sig: "l:l", modes: "I G U Ry Rt C T", body: func(x *execution, a []uint64) error {
			a[0], x.timer = x.timer, a[0]
			return nil
		}},
		{name: "performance_counter", sig: "i:l", modes: "* s", body: (*execution).performanceCounter},
		{name: "in_replicated_execution", sig: ":i", modes: "* s", body: func(x *execution, a []uint64) error {
			a[0] = 0
			if x.mode.replicated() {
				a[0] = 1
			}
			return nil
		}},
		{name: "debug_print", sig: "II:", modes: "* s", body: (*execution).debugPrint},
		{name: "trap", sig: "II:", modes: "* s", body: (*execution).trapNow},
	}
}

func (x *execution) performanceCounter(a []uint64) error {
	switch a[0] {
	case 0:
		a[0] = x.spent()
	case 1:
		a[0] = x.spentBefore + x.spent()
	default:
		return violation("\"ic0.performance_counter\": there is no counter %d", a[0])
	}
	return nil
}

// debugPrint never traps, even out of bounds.
func (x *execution) debugPrint(a []uint64) error {
	b, err := x.view(a[0], min(a[1], maxPrintBytes))
	if err != nil {
		b = []byte("(debug_print message out of memory bounds)")
	}
	x.print(b)
	return nil
}

func (x *execution) trapNow(a []uint64) error {
	b, err := x.view(a[0], min(a[1], maxRejectBytes))
	if err != nil {
		return err
	}
	return &trapError{errorCode: "IC0503", text: "Canister called `ic0.trap` with message: '" + textOf(b) + "'"}
}

// costAPI tells what things cost here: nothing. The functions that price threshold
// signatures answer 2, "no such key", since there is none.
func costAPI() []apiFunc {
	free := func(dst int) func(*execution, []uint64) error {
		return func(x *execution, a []uint64) error { return x.putCycles(a[dst], cycles{}) }
	}
	noKey := func(x *execution, a []uint64) error {
		if _, err := x.view(a[0], a[1]); err != nil {
			return err
		}
		a[0] = 2
		return nil
	}
	return []apiFunc{
		{name: "cost_call", sig: "llI:", modes: "* s", body: free(2)},
		{name: "cost_create_canister", sig: "I:", modes: "* s", body: free(0)},
		{name: "cost_http_request", sig: "llI:", modes: "* s", body: free(2)},
		{name: "cost_http_request_v2", sig: "III:", modes: "* s", body: func(x *execution, a []uint64) error {
			if _, err := x.view(a[0], a[1]); err != nil {
				return err
			}
			return x.putCycles(a[2], cycles{})
		}},
		{name: "cost_sign_with_ecdsa", sig: "IIiI:i", modes: "* s", body: noKey},
		{name: "cost_sign_with_schnorr", sig: "IIiI:i", modes: "* s", body: noKey},
		{name: "cost_vetkd_derive_key", sig: "IIiI:i", modes: "* s", body: noKey},
	}
}

package localnet

import (
	"fmt"
	"strings"

	"github.com/berth-cli/berth/engine"
)

// apiFunc is one function of module "ic0".
type apiFunc struct {
	name  string
	sig   string // parameters, ':', results; I is a pointer, i is i32, l is i64
	modes string // where it may be called, as in the specification's overview
	body  func(x *execution, a []uint64) error

	allowed mode
}

// api is the whole system API, by name.
type api map[string]*apiFunc

func newAPI() api {
	all := make(api)
	for _, group := range [][]apiFunc{messageAPI(), cyclesAPI(), selfAPI(), callAPI(), stableAPI(), certifiedAPI(), costAPI(), envAPI(), miscAPI()} {
		for i := range group {
			f := &group[i]
			f.allowed = parseModes(f.modes)
			all[f.name] = f
		}
	}
	return all
}

// is32Only reports whether f exists only for 32-bit memories: the amounts of
// cycles in 64 bits and the stable memory API of 4 GiB.
func (f *apiFunc) is32Only() bool {
	switch f.name {
	case "msg_cycles_available", "msg_cycles_refunded", "msg_cycles_accept", "canister_cycle_balance",
		"call_cycles_add", "stable_size", "stable_grow", "stable_write", "stable_read":
		return true
	}
	return false
}

// signature is wasmprep.Options.Signature.
func (a api) signature(name string, memory64 bool) (engine.FuncType, bool) {
	f := a[name]
	if f == nil || memory64 && f.is32Only() {
		return engine.FuncType{}, false
	}
	return f.typ(memory64), true
}

func (f *apiFunc) typ(memory64 bool) engine.FuncType {
	params, results, _ := strings.Cut(f.sig, ":")
	return engine.FuncType{Params: valTypes(params, memory64), Results: valTypes(results, memory64)}
}

func valTypes(letters string, memory64 bool) []engine.ValType {
	var out []engine.ValType
	for _, l := range letters {
		if l == 'l' || l == 'I' && memory64 {
			out = append(out, engine.I64)
		} else {
			out = append(out, engine.I32)
		}
	}
	return out
}

// host makes the function guests of in call. Parameters arrive with clean high
// halves, so that bodies need not know the width of pointers.
func (f *apiFunc) host(in *instance) engine.HostFunc {
	typ := f.typ(in.module.prepared.Memory64)
	return func(stack []uint64) error {
		x := in.running
		if x == nil {
			return fmt.Errorf("ic0.%s called outside a message", f.name)
		}
		if x.mode&f.allowed == 0 {
			return &trapError{errorCode: "IC0504", text: fmt.Sprintf("Canister violated contract: \"ic0.%s\" cannot be executed in %v mode", f.name, x.mode)}
		}
		for i, t := range typ.Params {
			if t == engine.I32 {
				stack[i] = uint64(uint32(stack[i]))
			}
		}
		return f.body(x, stack)
	}
}

// memory is the guest's linear memory, empty if it has none.
func (x *execution) memory() []byte {
	if x.in.memory == nil {
		return nil
	}
	return x.in.memory.Bytes()
}

// view returns [ptr, ptr+size) of guest memory, valid until the guest runs. Every
// byte costs an instruction: what the host copies is work of the guest's, too.
func (x *execution) view(ptr, size uint64) ([]byte, error) {
	m := x.memory()
	if size > uint64(len(m)) || ptr > uint64(len(m))-size {
		return nil, trapf("heap out of bounds: [%d, %d+%d) of %d bytes", ptr, ptr, size, len(m))
	}
	left := x.in.store.Fuel()
	if left < size {
		x.in.store.SetFuel(0)
		return nil, engine.ErrOutOfFuel
	}
	x.in.store.SetFuel(left - size)
	return m[ptr : ptr+size], nil
}

// read copies [ptr, ptr+size) out of guest memory, at most limit bytes.
func (x *execution) read(ptr, size, limit uint64, what string) ([]byte, error) {
	if size > limit {
		return nil, trapf("%s of %d bytes: at most %d are allowed", what, size, limit)
	}
	b, err := x.view(ptr, size)
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), b...), nil
}

// copyOut is the body of every "…_copy" function: a is (dst, offset, size).
func (x *execution) copyOut(src []byte, a []uint64) error {
	dst, off, size := a[0], a[1], a[2]
	if size > uint64(len(src)) || off > uint64(len(src))-size {
		return trapf("offset %d and size %d go beyond the %d bytes to copy", off, size, len(src))
	}
	b, err := x.view(dst, size)
	if err != nil {
		return err
	}
	copy(b, src[off:])
	return nil
}

// putCycles stores an amount at dst.
func (x *execution) putCycles(dst uint64, c cycles) error {
	b, err := x.view(dst, 16)
	if err != nil {
		return err
	}
	copy(b, c.bytes())
	return nil
}

// put64 returns an amount in 64 bits, or traps.
func put64(a []uint64, c cycles) error {
	if !c.fits64() {
		return trapf("%v cycles do not fit into 64 bits: use the 128-bit function", c)
	}
	a[0] = c.Lo
	return nil
}

// trapError ends a message. It is turned into a reject by execution.reject.
type trapError struct {
	errorCode string
	text      string
}

func (e *trapError) Error() string { return e.text }

// trapf is the ordinary trap, IC0502.
func trapf(format string, args ...any) error {
	return &trapError{errorCode: "IC0502", text: "Canister trapped: " + fmt.Sprintf(format, args...)}
}

// violation is the trap for using the API against its contract, IC0504.
func violation(format string, args ...any) error {
	return &trapError{errorCode: "IC0504", text: "Canister violated contract: " + fmt.Sprintf(format, args...)}
}

//go:build wasmtime

package localnet_test

import (
	"testing"

	"github.com/berth-cli/berth/engine"
	w "github.com/berth-cli/berth/engine/enginetest/wasmtest"
	"github.com/berth-cli/berth/internal/localnet"
)

// import64 imports a function of ic0 with pointers of 64 bits.
func import64(m *w.Module, name string) uint32 {
	t, _ := localnet.Signature(name, true)
	return m.ImportFunc("ic0", name, m.Type(w.Signature(t)))
}

// Row N27: a canister with a 64-bit memory runs, and is called back, on wasmtime.
func TestMemory64(t *testing.T) {
	n := open(t)
	m := w.New()
	selfCopy, selfSize := import64(m, "canister_self_copy"), import64(m, "canister_self_size")
	callNew, perform := import64(m, "call_new"), import64(m, "call_perform")
	argSize, argCopy := import64(m, "msg_arg_data_size"), import64(m, "msg_arg_data_copy")
	appendData, reply := import64(m, "msg_reply_data_append"), import64(m, "msg_reply")
	m.RawMemory(4, 1)
	m.Table(w.Limits{Min: 2})
	counter := m.Global(w.Global{Type: engine.I64, Mutable: true}, w.I64Const(0))
	m.Data(w.I64Const(100), "callee")
	zero, hundred := w.I64Const(0), w.I64Const(100)
	answer := [][]byte{
		zero, zero, w.Call(argSize), w.Call(argCopy), zero, w.Call(argSize), w.Call(appendData), w.Call(reply),
	}
	// The callback replies with what it got; its environment goes to the global.
	callback := m.Func(m.Type(w.Func(engine.I64)), nil, append([][]byte{w.LocalGet(0), w.GlobalSet(counter)}, answer...)...)
	m.Elem(0, w.I32Const(1), callback)
	start := [][]byte{
		zero, zero, w.Call(selfSize), w.Call(selfCopy),
		zero, w.Call(selfSize), hundred, w.I64Const(6), w.I64Const(1), w.I64Const(7), w.I64Const(1), w.I64Const(8), w.Call(callNew),
		w.Call(perform), w.Op(0x1a),
	}
	m.Export("canister_update caller", engine.KindFunc, plain(m, start...))
	m.Export("canister_update callee", engine.KindFunc, plain(m, hundred, w.I64Const(6), w.Call(appendData), w.Call(reply)))
	m.Export("canister_query env", engine.KindFunc, plain(m,
		zero, w.GlobalGet(counter), w.Op(0x37, 3, 0), // i64.store
		zero, w.I64Const(8), w.Call(appendData), w.Call(reply)))
	c := n.install(t, alice(t), m.Bytes(), nil)
	wantReply(t, n.update(t, alice(t), c, "caller", nil), []byte("callee"))
	wantReply(t, n.query(t, alice(t), c, "env", nil), []byte{7, 0, 0, 0, 0, 0, 0, 0})
}

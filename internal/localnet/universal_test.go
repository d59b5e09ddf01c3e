package localnet_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// prog is a program for testdata/universal.c.
type prog []byte

// The instructions.
const (
	opInt = iota + 1
	opBlob
	opDrop
	opConcat
	opBytes4
	opBytes8
)

const (
	opReplyAppend = iota + 10
	opReply
	opReject
	opCaller
	opRejectMsg
	opRejectCode
	opArg
	opSelf
	opMethodName
	opAccept
	opDeadline
	opReplyZeroes
	opRawArgCopy
)

const (
	opAvailable = iota + 30
	opBalance
	opRefunded
	opAcceptCycles
	opBurn
	opAvailable64
	opBalance64
)

const (
	opCallNew = iota + 40
	opCallData
	opCallCycles
	opCallCleanup
	opCallPerform
	opCallBounded
	opCallRaw
)

const (
	opStableSize = iota + 50
	opStableGrow
	opStableRead
	opStableWrite
	opStableSize32
	opStableGrow32
	opSetGlobal
	opGetGlobal
	opSetPreUpgrade
	opSetInspect
	opSetHeartbeat
	opSetTimer
	opCertifiedData
	opCertPresent
	opCertificate
	opTimerSet
	opMemoryGrow
)

const (
	opTime = iota + 70
	opVersion
	opStatus
	opIsController
	opReplicated
	opPerformance
	opEnvVar
	opPrint
	opTrap
	opLoop
	opRecurse
	opUnreachable
)

// do appends instructions.
func (p prog) do(ops ...byte) prog { return append(p[:len(p):len(p)], ops...) }

// num pushes a number.
func (p prog) num(v uint64) prog { return binary.LittleEndian.AppendUint64(p.do(opInt), v) }

// blob pushes bytes.
func (p prog) blob(b []byte) prog {
	return append(binary.LittleEndian.AppendUint32(p.do(opBlob), uint32(len(b))), b...)
}

func (p prog) text(s string) prog { return p.blob([]byte(s)) }

// then appends another program.
func (p prog) then(q prog) prog { return append(p[:len(p):len(p)], q...) }

// reply answers with what is on top of the stack.
func (p prog) reply() prog { return p.do(opReplyAppend, opReply) }

// replyWith answers with a text.
func replyWith(s string) prog { return prog(nil).text(s).reply() }

// outcall is a call the universal canister makes.
type outcall struct {
	to               principal.Principal
	method           string
	arg              []byte
	onReply          prog // nil: reply with the answer
	onReject         prog // nil: reply with "rejected " code message
	cleanup          prog
	cycles           uint64
	bounded          uint64
	dontPerform      bool
	keepPerformValue bool
}

// showReject replies with the reject code, 4 bytes, and message.
func showReject() prog {
	return prog(nil).do(opRejectCode, opBytes4, opRejectMsg, opConcat).reply()
}

func (p prog) call(c outcall) prog {
	if c.onReply == nil {
		c.onReply = prog(nil).do(opArg).reply()
	}
	if c.onReject == nil {
		c.onReject = showReject()
	}
	p = p.blob(c.to.Bytes()).text(c.method).blob(c.onReply).blob(c.onReject).do(opCallNew)
	p = p.blob(c.arg).do(opCallData)
	if c.cleanup != nil {
		p = p.blob(c.cleanup).do(opCallCleanup)
	}
	if c.cycles != 0 {
		p = p.num(c.cycles).do(opCallCycles)
	}
	if c.bounded != 0 {
		p = p.num(c.bounded).do(opCallBounded)
	}
	if c.dontPerform {
		return p
	}
	p = p.do(opCallPerform)
	if c.keepPerformValue {
		return p
	}
	return p.do(opDrop)
}

func universalWasm(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "universal.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// universal installs a universal canister controlled by alice.
func (n *network) universal(t testing.TB) principal.Principal {
	t.Helper()
	return n.install(t, alice(t), universalWasm(t), nil)
}

func (n *network) run(t testing.TB, c principal.Principal, p prog) result {
	t.Helper()
	return n.update(t, identity.Anonymous(), c, "update", p)
}

func (n *network) ask(t testing.TB, c principal.Principal, p prog) result {
	t.Helper()
	return n.query(t, identity.Anonymous(), c, "query", p)
}

func TestUniversalCanisterIsBuiltFromSource(t *testing.T) {
	clang, err := exec.LookPath("clang-16")
	if err != nil {
		t.Skip("clang-16 is not installed")
	}
	out := filepath.Join(t.TempDir(), "universal.wasm")
	cmd := exec.CommandContext(t.Context(), clang, "--target=wasm32-unknown-unknown", "-O2", "-nostdlib", "-fno-builtin",
		"-Wl,--no-entry", "-Wl,--strip-all", "-o", out, filepath.Join("testdata", "universal.c"))
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("clang: %v: %s", err, msg)
	}
	built, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, universalWasm(t)) {
		t.Errorf("testdata/universal.wasm has digest %x, its source gives %x", digest(universalWasm(t)), digest(built))
	}
}

package localnet

import (
	"context"
	"errors"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// eopMarker is the metadata of modules whose memory survives upgrades.
const eopMarker = "enhanced-orthogonal-persistence"

type wireMode struct {
	_         candid.OneOf
	Install   *candid.Null  `candid:"install"`
	Reinstall *candid.Null  `candid:"reinstall"`
	Upgrade   **wireUpgrade `candid:"upgrade"`
}

type wireUpgrade struct {
	SkipPreUpgrade *bool            `candid:"skip_pre_upgrade"`
	Memory         *wirePersistence `candid:"wasm_memory_persistence"`
}

type wirePersistence struct {
	_       candid.OneOf
	Keep    *candid.Null `candid:"keep"`
	Replace *candid.Null `candid:"replace"`
}

// installation is one install, reinstall or upgrade.
type installation struct {
	c      *canister
	module *module
	mode   changeMode
	arg    []byte
	caller pid

	skipPre     bool
	memoryGiven bool // wasm_memory_persistence was given
	keep        bool // as keep
}

func (n *Network) installCode(ctx context.Context, m *message) outcome {
	arg := struct {
		Mode          wireMode            `candid:"mode"`
		ID            principal.Principal `candid:"canister_id"`
		Wasm          []byte              `candid:"wasm_module"`
		Arg           []byte              `candid:"arg"`
		SenderVersion *uint64             `candid:"sender_canister_version"`
	}{}
	if rej := decodeArg(m.Arg, &arg); rej != nil {
		return failed(rej)
	}
	c, rej := n.managed(pid{arg.ID}, m.From, controllersOnly)
	if rej == nil {
		rej = m.checkSender(arg.SenderVersion)
	}
	if rej != nil {
		return failed(rej)
	}
	return failed(n.install(ctx, m, arg.Mode.installation(c, m.From, arg.Arg), arg.Wasm))
}

func (w wireMode) installation(c *canister, caller pid, arg []byte) *installation {
	i := &installation{c: c, caller: caller, arg: arg, mode: modeInstall}
	switch {
	case w.Reinstall != nil:
		i.mode = modeReinstall
	case w.Upgrade != nil:
		i.mode = modeUpgrade
		if u := *w.Upgrade; u != nil {
			i.skipPre = u.SkipPreUpgrade != nil && *u.SkipPreUpgrade
			i.memoryGiven = u.Memory != nil
			i.keep = u.Memory != nil && u.Memory.Keep != nil
		}
	}
	return i
}

// install does i with the module as uploaded; a reject means nothing happened.
func (n *Network) install(ctx context.Context, m *message, i *installation, uploaded []byte) *reject {
	var rej *reject
	if i.module, rej = n.loadModule(uploaded); rej != nil {
		return inCanister(i.c, rej)
	}
	if rej := i.check(); rej != nil {
		return rej
	}
	if err := n.compile(ctx, i.module); err != nil {
		return inCanister(i.c, rejectf(canisterError, "IC0505", "Canister's Wasm module is not valid: %v", rootCause(err)))
	}
	if rej := n.runInstall(ctx, i); rej != nil {
		n.discardModule(i.module)
		return rej
	}
	n.modules[i.module.hash] = i.module
	n.mutated = true
	n.record(i.c, m, change{Kind: changeDeployment, Mode: i.mode, ModuleHash: i.module.hash[:]})
	n.sweepModules()
	return nil
}

// inCanister names the canister in a reject about its module.
func inCanister(c *canister, r *reject) *reject {
	return &reject{Code: r.Code, ErrorCode: r.ErrorCode, Message: "Error from Canister " + c.ID.String() + ": " + r.Message}
}

func rootCause(err error) error {
	if e, ok := errors.AsType[*engine.CompileError](err); ok {
		return e
	}
	return err
}

// check checks what the mode asks of the canister and its modules.
func (i *installation) check() *reject {
	c := i.c
	switch {
	case i.mode == modeInstall && c.module != nil:
		return rejectf(canisterError, "IC0514", "Canister %v cannot be installed because the canister is not empty. Try installing with mode='reinstall' instead.", c.ID)
	case i.mode != modeUpgrade:
		return nil
	case c.module == nil:
		return rejectf(canisterError, "IC0537", "Error from Canister %v: Attempted to upgrade, but the canister contains no Wasm module.", c.ID)
	case !i.memoryGiven && c.module.hasMetadata(eopMarker):
		return rejectf(canisterError, "IC0504", "Error from Canister %v: Missing upgrade option: Enhanced orthogonal persistence requires the `wasm_memory_persistence` upgrade option.", c.ID)
	case i.keep && !i.module.hasMetadata(eopMarker):
		return rejectf(canisterError, "IC0504", "Error from Canister %v: Invalid upgrade option: `wasm_memory_persistence: opt keep` needs a new module with enhanced orthogonal persistence.", c.ID)
	}
	return nil
}

func (m *module) hasMetadata(name string) bool {
	for _, md := range m.prepared.Metadata {
		if md.Name == name {
			return true
		}
	}
	return false
}

// runInstall runs the old module's pre_upgrade and the new module's start and
// init or post_upgrade, and commits all of it or nothing.
func (n *Network) runInstall(ctx context.Context, i *installation) *reject {
	c := i.c
	oldStable := c.stable
	x := n.newExecution(c, modePreUpgrade)
	x.caller = i.caller
	undo := func(err error) *reject {
		c.stable = oldStable
		x.discard(true) // also the instance pre_upgrade ran on
		rej := x.reject(err)
		x.log(rej)
		return rej
	}
	var heap []byte
	if i.mode == modeUpgrade {
		var err error
		if heap, err = n.preUpgrade(ctx, i, x); err != nil {
			return undo(err)
		}
	} else {
		c.stable = newStableMemory()
		x.certified, x.timer = nil, 0
	}
	in, err := n.newInstance(ctx, i.module)
	if err != nil {
		return undo(instantiationError(err))
	}
	if err := n.runNew(i, x, in, heap); err != nil {
		in.store.Close()
		return undo(err)
	}
	n.adopt(i, x, in)
	return nil
}

// preUpgrade runs pre_upgrade and returns the heap it left, if that is to be kept.
func (n *Network) preUpgrade(ctx context.Context, i *installation, x *execution) ([]byte, error) {
	in, err := n.liveInstance(ctx, i.c)
	if err == nil && !i.skipPre {
		err = x.call(in, "canister_pre_upgrade")
	}
	x.timer = 0
	if err != nil || !i.keep {
		return nil, err
	}
	return append([]byte(nil), in.bytes()...), nil
}

// runNew runs the new module's start function and its init or post_upgrade.
func (n *Network) runNew(i *installation, x *execution, in *instance, heap []byte) error {
	if err := in.load(heap, nil); err != nil {
		return err
	}
	x.time, x.version = n.nextTime(), i.c.Version+1
	x.mode = modeStart
	if err := x.call(in, wasmprep.StartExport); err != nil {
		return err
	}
	x.mode, x.arg = modeInit, i.arg
	if i.mode == modeUpgrade {
		return x.call(in, "canister_post_upgrade")
	}
	return x.call(in, "canister_init")
}

// adopt makes the new instance the canister's.
func (n *Network) adopt(i *installation, x *execution, in *instance) {
	c := i.c
	c.dropInstance()
	c.live, c.module, c.ModuleHash = in, i.module, i.module.hash[:]
	c.heap = nil
	clear(c.dirtyHeap)
	c.void.Heap = true
	if i.mode != modeUpgrade {
		c.void.Stable = true
		c.Logs = nil
	}
	c.Installed = x.time
	x.commit()
	x.log(nil)
	n.evict(c)
}

// instantiationError words why a module that compiles does not start.
func instantiationError(err error) error {
	if l, ok := errors.AsType[*engine.LimitError](err); ok {
		return &trapError{errorCode: "IC0402", text: "Canister's Wasm module needs too much memory: " + l.Error()}
	}
	if _, ok := errors.AsType[*engine.Trap](err); ok {
		return &trapError{errorCode: "IC0505", text: "Canister's Wasm module is not valid: instantiation: " + err.Error()}
	}
	return err
}

// uninstall makes c empty and rejects the calls it has not answered.
func (n *Network) uninstall(c *canister) {
	for _, id := range sortedKeys(n.contexts) {
		call := n.contexts[id]
		if call.Canister != c.ID {
			continue
		}
		call.Deleted = true
		if !call.Responded {
			call.Responded = true
			refund := call.Available
			call.Available = cycles{}
			n.respond(call.Origin, &response{Reject: rejectf(canisterReject, "IC0406", "Canister %v was uninstalled", c.ID)}, refund)
		}
	}
	c.dropInstance()
	c.module, c.ModuleHash, c.Globals, c.heap, c.HeapBytes = nil, nil, nil, nil, 0
	c.stable, c.StablePages = newStableMemory(), 0
	c.Certified, c.Timer, c.Logs, c.Installed = nil, 0, nil, 0
	clear(c.dirtyHeap)
	clear(c.chunks)
	clear(c.newChunks)
	c.void.Heap, c.void.Stable, c.void.Chunks = true, true, true
	c.Version++
	c.changed()
	n.sweepModules()
}

func (n *Network) uninstallCode(m *message) outcome {
	c, rej := n.subject(m, controllersOnly)
	if rej != nil {
		return failed(rej)
	}
	n.uninstall(c)
	n.record(c, m, change{Kind: changeUninstall})
	return outcome{}
}

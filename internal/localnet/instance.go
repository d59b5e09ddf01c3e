package localnet

import (
	"context"
	"fmt"
	"slices"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/localnet/wasmprep"
)

// maxLive is how many canisters keep an instance; the others are rebuilt from
// their saved state when they run.
const maxLive = 32

// maxTableElems is the most elements the tables of a canister may have.
const maxTableElems = 1_000_000

// instance is a canister's module at work. Between messages its memory and globals
// are those of the committed state.
type instance struct {
	module  *module
	store   engine.Store
	inst    engine.Instance
	memory  engine.Memory // nil if the module has none
	table   engine.Table  // nil if the module has none
	globals []engine.Global
	running *execution // what host functions act for
}

// newInstance instantiates m with the state its data segments give.
func (n *Network) newInstance(ctx context.Context, m *module) (*instance, error) {
	if err := n.compile(ctx, m); err != nil {
		return nil, err
	}
	store, err := n.cfg.Engine.NewStore(engine.StoreConfig{
		MaxMemoryBytes: n.cfg.MaxHeapBytes,
		MaxTableElems:  maxTableElems,
		Fuel:           n.cfg.MaxInstructions,
		StackBytes:     n.cfg.StackBytes,
	})
	if err != nil {
		return nil, err
	}
	in := &instance{module: m, store: store}
	if err := in.link(n.api); err != nil {
		store.Close()
		return nil, err
	}
	return in, nil
}

func (in *instance) link(all api) error {
	var imports []engine.Extern
	for _, i := range in.module.compiled.Imports() {
		f := all[i.Name]
		if f == nil || i.Module != "ic0" {
			return fmt.Errorf("import %s.%s is unknown", i.Module, i.Name)
		}
		imports = append(imports, in.store.NewHostFunc(f.typ(in.module.prepared.Memory64), f.host(in)))
	}
	inst, err := in.store.Instantiate(in.module.compiled, imports)
	if err != nil {
		return err
	}
	in.inst = inst
	in.memory, _ = inst.Export(wasmprep.MemoryExport).(engine.Memory)
	in.table, _ = inst.Export(wasmprep.TableExport).(engine.Table)
	for _, g := range in.module.prepared.Globals {
		v, ok := inst.Export(g.Export).(engine.Global)
		if !ok {
			return fmt.Errorf("global %s is not exported", g.Export)
		}
		in.globals = append(in.globals, v)
	}
	return nil
}

// bytes is the memory of the instance, empty if it has none.
func (in *instance) bytes() []byte {
	if in.memory == nil {
		return nil
	}
	return in.memory.Bytes()
}

// load puts a heap and globals into the instance.
func (in *instance) load(heap []byte, globals []uint64) error {
	if have := len(in.bytes()); have < len(heap) {
		if in.memory == nil || !in.memory.Grow(uint64(len(heap)-have)/wasmPage) {
			return &trapError{errorCode: "IC0504", text: fmt.Sprintf("Canister violated contract: the %d bytes of memory to keep do not fit the module's memory", len(heap))}
		}
	}
	if len(heap) > 0 {
		copyChanged(in.bytes(), heap, nil)
	}
	return in.setGlobals(globals)
}

func (in *instance) setGlobals(globals []uint64) error {
	for i, v := range globals {
		if err := in.globals[i].Set(v); err != nil {
			return fmt.Errorf("restore global %d: %w", i, err)
		}
	}
	return nil
}

func (in *instance) readGlobals() []uint64 {
	out := make([]uint64, len(in.globals))
	for i, g := range in.globals {
		out[i] = g.Get()
	}
	return out
}

// function returns an exported function, nil if there is none.
func (in *instance) function(export string) engine.Func {
	f, _ := in.inst.Export(export).(engine.Func)
	return f
}

// liveInstance returns c's instance in its committed state.
func (n *Network) liveInstance(ctx context.Context, c *canister) (*instance, error) {
	n.ticks++
	c.lastRun = n.ticks
	if c.live != nil {
		return c.live, nil
	}
	in, err := n.newInstance(ctx, c.module)
	if err != nil {
		return nil, err
	}
	if err := in.load(c.heap, c.Globals); err != nil {
		in.store.Close()
		return nil, err
	}
	c.live = in
	n.evict(c)
	return in, nil
}

// dropInstance forgets c's instance; its state stays.
func (c *canister) dropInstance() {
	if c.live != nil {
		c.live.store.Close()
		c.live = nil
	}
}

// evict drops the longest idle instance if there are too many.
func (n *Network) evict(keep *canister) {
	var live []*canister
	for _, c := range n.canisters {
		if c.live != nil && c != keep && c.live.running == nil {
			live = append(live, c)
		}
	}
	if len(live) < maxLive {
		return
	}
	oldest := slices.MinFunc(live, func(a, b *canister) int { return int(a.lastRun) - int(b.lastRun) })
	oldest.dropInstance()
}

// reset makes c's instance equal to the committed state again after a message that
// returned but is not to be kept.
func (c *canister) reset() {
	in := c.live
	if in == nil {
		return
	}
	if len(in.bytes()) != len(c.heap) { // memory cannot shrink
		c.dropInstance()
		return
	}
	copyChanged(in.bytes(), c.heap, nil)
	if in.setGlobals(c.Globals) != nil {
		c.dropInstance()
	}
}

// keep makes the instance's state the committed one.
func (c *canister) keep() {
	mem := c.live.bytes()
	if more := len(mem) - len(c.heap); more > 0 {
		c.heap = append(c.heap, make([]byte, more)...)
	}
	copyChanged(c.heap, mem, c.dirtyHeap.add)
	c.HeapBytes = uint64(len(c.heap))
	c.Globals = c.live.readGlobals()
}

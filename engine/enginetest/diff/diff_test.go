package diff_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/enginetest/diff"
	"github.com/berth-cli/berth/engine/enginetest/testengine"
)

// A program is a function of its seed, and seeds differ.
func TestGenerate(t *testing.T) {
	seen := map[string]bool{}
	for n := range uint64(100) {
		p := diff.Generate(diff.Seed{Number: n})
		if again := diff.Generate(diff.Seed{Number: n}); !bytes.Equal(p.Wasm, again.Wasm) {
			t.Fatalf("seed %d gives two programs", n)
		}
		if seen[string(p.Wasm)] {
			t.Errorf("seed %d gives a program another gave", n)
		}
		seen[string(p.Wasm)] = true
	}
}

// A twist changes a program, and a node that is cut leaves the others as they are.
func TestTwistAndCut(t *testing.T) {
	seed := diff.Seed{Number: 3}
	p := diff.Generate(seed)
	twisted := diff.Generate(diff.Seed{Number: 3, Twist: []byte{0, 0, 0, 9}})
	if bytes.Equal(p.Wasm, twisted.Wasm) {
		t.Error("a twist changes nothing")
	}
	seed.Cut = map[uint64]bool{p.Nodes[0]: true}
	left := map[uint64]bool{}
	for _, n := range p.Nodes {
		left[n] = true
	}
	for _, n := range diff.Generate(seed).Nodes {
		if !left[n] {
			t.Fatalf("cutting a node made another one, %#x", n)
		}
	}
}

// Shrink keeps what fails and little else.
func TestShrink(t *testing.T) {
	const divS = "\x6d"
	fails := func(s diff.Seed) bool { return strings.Contains(string(diff.Generate(s).Wasm), divS) }
	seed := diff.Seed{Number: 1}
	for !fails(seed) {
		seed.Number++
	}
	small := diff.Shrink(seed, fails)
	if !fails(small) {
		t.Fatal("Shrink lost the failure")
	}
	if a, b := len(diff.Generate(small).Nodes), len(diff.Generate(seed).Nodes); a > b/2 {
		t.Errorf("%d nodes of %d are left", a, b)
	}
}

// wrong is an engine whose functions give another result once in a while.
type wrong struct{ engine.Engine }

type wrongStore struct{ engine.Store }

type wrongInstance struct{ engine.Instance }

type wrongFunc struct{ engine.Func }

func (e wrong) NewStore(c engine.StoreConfig) (engine.Store, error) {
	s, err := e.Engine.NewStore(c)
	return wrongStore{s}, err
}

func (s wrongStore) Instantiate(m engine.Module, imports []engine.Extern) (engine.Instance, error) {
	i, err := s.Store.Instantiate(m, imports)
	return wrongInstance{i}, err
}

func (i wrongInstance) Export(name string) engine.Extern {
	if f, ok := i.Instance.Export(name).(engine.Func); ok {
		return wrongFunc{f}
	}
	return i.Instance.Export(name)
}

func (f wrongFunc) Call(stack []uint64) error {
	err := f.Func.Call(stack)
	for i, t := range f.Type().Results {
		if err == nil && t == engine.I32 && stack[i]&0xf == 12 {
			stack[i] ^= 1
		}
	}
	return err
}

// An engine that is wrong about one value is found.
func TestFindsWrongEngine(t *testing.T) {
	e, err := testengine.New()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for n := range uint64(100) {
		p := diff.Generate(diff.Seed{Number: n})
		if d := diff.Disagreement(t, wrong{e}, e, p); d != "" {
			return
		}
	}
	t.Error("100 programs did not find it")
}

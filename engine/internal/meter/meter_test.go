package meter_test

import (
	"errors"
	"io"
	"math"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/internal/meter"
	"github.com/berth-cli/berth/engine/internal/rewrite"
)

// gauge is an instance's fuel.
type gauge uint64

func (g *gauge) Get() uint64  { return uint64(*g) }
func (g *gauge) Set(v uint64) { *g = gauge(v) }

func newMeter(t *testing.T, c engine.StoreConfig) *meter.Meter {
	t.Helper()
	m, err := meter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refuel is what rewritten code does when an instance's fuel is below zero.
func refuel(m *meter.Meter, g *gauge, left int32) *engine.Trap {
	*g = gauge(uint32(left))
	fuel, trap := m.Refuel(left)
	if trap == nil {
		*g = gauge(uint32(fuel))
	}
	return trap
}

func TestRefuel(t *testing.T) {
	const total = 3*meter.Slice + 10
	m := newMeter(t, engine.StoreConfig{Fuel: total})
	one, two := new(gauge), new(gauge)
	m.Add(one)
	m.Add(two)
	if trap := refuel(m, one, -1); trap != nil || *one != meter.Slice || m.Fuel() != total-1 {
		t.Fatalf("first refuel: %v, %d held, %d left, want a slice and all but 1", trap, *one, m.Fuel())
	}
	if trap := refuel(m, two, -meter.Slice); trap != nil || m.Fuel() != total-1-meter.Slice {
		t.Fatalf("refuel of a debt: %v, %d left", trap, m.Fuel())
	}
	// what one holds is needed by two
	if trap := refuel(m, two, -int32(m.Fuel()-uint64(*two))); trap != nil || *one != 0 {
		t.Fatalf("refuel of all: %v, %d still held by the other", trap, *one)
	}
	trap := refuel(m, two, -int32(*two)-1)
	if trap == nil || trap.Code != engine.TrapOutOfFuel || !errors.Is(trap, engine.ErrOutOfFuel) || m.Fuel() != 0 {
		t.Errorf("refuel beyond all: %v, %d left", trap, m.Fuel())
	}
	m.SetFuel(math.MaxUint64)
	if trap := refuel(m, one, math.MinInt32); trap != nil || int32(uint32(*one)) < 0 {
		t.Errorf("the largest debt: %v, %d held", trap, int32(uint32(*one)))
	}
}

func TestInterrupt(t *testing.T) {
	m := newMeter(t, engine.StoreConfig{})
	if fuel, trap := m.Refuel(-5); trap != nil || fuel != meter.Slice {
		t.Errorf("Refuel of a store that is not metered: %d, %v", fuel, trap)
	}
	m.Interrupt(io.EOF)
	m.Interrupt(io.ErrClosedPipe)
	_, trap := m.Refuel(-5)
	if trap == nil || !errors.Is(trap, engine.ErrInterrupted) || !errors.Is(trap, io.EOF) || errors.Is(trap, io.ErrClosedPipe) {
		t.Errorf("Refuel after Interrupt: %v, want the first cause", trap)
	}
}

func TestAdmit(t *testing.T) {
	c := engine.StoreConfig{MaxMemoryBytes: 4 * meter.PageSize, MaxTableElems: 10, MaxInstances: 1}
	mod := func(pages, elems uint64) *rewrite.Module {
		return &rewrite.Module{
			Memories: []engine.Limits{{Min: pages}},
			Tables:   []engine.ExternType{{Kind: engine.KindTable, Limits: engine.Limits{Min: elems}}},
		}
	}
	for _, tt := range []struct {
		name  string
		mod   *rewrite.Module
		used  uint64
		limit string
	}{
		{"fits", mod(4, 10), 0, ""},
		{"memory", mod(4, 10), 1, "MaxMemoryBytes"},
		{"huge memory", mod(math.MaxUint64, 0), 0, "MaxMemoryBytes"},
		{"table", mod(0, 11), 0, "MaxTableElems"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMeter(t, c)
			err := m.Admit(tt.mod, tt.used)
			limit, ok := errors.AsType[*engine.LimitError](err)
			if ok != (tt.limit != "") || ok && limit.Limit != tt.limit {
				t.Fatalf("Admit error = %v, want limit %q", err, tt.limit)
			}
			if ok {
				return
			}
			m.Add(new(gauge))
			if got := m.GrowTables(1); got != meter.Refused {
				t.Errorf("GrowTables beyond the limit = %d", got)
			}
			if err := m.Admit(mod(0, 0), 0); err == nil {
				t.Error("a second instance was admitted")
			}
		})
	}
}

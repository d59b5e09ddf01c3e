package plugin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/plugin"
)

// patient is a plugin as a doctor sees it.
type patient struct {
	plugin.Doctor
	now      time.Time
	memory   uint64
	warnings []string
}

func newPatient(cfg plugin.Session) *patient {
	p := &patient{now: time.Unix(1_700_000_000, 0), memory: 1 << 20}
	cfg.Limits = plugin.DefaultLimits()
	p.Doctor = plugin.NewDoctor(cfg, func(text string) { p.warnings = append(p.warnings, text) }, p.now)
	return p
}

// call makes a call that takes a millisecond.
func (p *patient) call(method, arg, reply string) error {
	p.now = p.now.Add(time.Millisecond)
	return p.Observe(plugin.CallInfo{Method: method, Kind: "query", Args: []byte(arg)},
		component.ResultValue{Value: []byte(reply)}, p.now, p.memory)
}

// fail is a call that fails.
func (p *patient) fail(method, arg, text string) error {
	return p.Observe(plugin.CallInfo{Method: method, Kind: "query", Args: []byte(arg)},
		component.ResultValue{Err: true, Value: text}, p.now, p.memory)
}

var page = strings.Repeat("entry ", 1000)

// TestDoctor plays what plugins do to the doctor.
func TestDoctor(t *testing.T) {
	for _, tt := range []struct {
		name  string
		call  func(p *patient, i int) error
		calls int
		warns int
		sign  plugin.LoopSign
	}{
		{"stores items", func(p *patient, i int) error {
			p.memory += 64 << 10
			return p.call("store", fmt.Sprint(i), "ok")
		}, 5000, 0, ""},
		{"asks what is there", func(p *patient, i int) error { return p.call("exists", fmt.Sprint(i), "null") }, 5000, 0, ""},
		{"reads pages", func(p *patient, i int) error { return p.call("list", fmt.Sprint(i), page+fmt.Sprint(i)) }, 5000, 0, ""},
		{"asks again now and then", func(p *patient, i int) error {
			p.memory += 64 << 10
			if i%10 == 0 {
				return p.call("list", "", page)
			}
			return p.call("store", fmt.Sprint(i), "ok")
		}, 5000, 1, ""},
		{"waits for something", func(p *patient, _ int) error { return p.call("status", "", "busy") }, 5000, 1, ""},
		{"pages in vain", func(p *patient, i int) error { return p.call("list", fmt.Sprint(i), page) }, 5000, 1, ""},
		{"pages in vain and keeps it", func(p *patient, i int) error {
			p.memory += uint64(len(page))
			return p.call("list", fmt.Sprint(i), page)
		}, 5000, 1, plugin.LoopMemory},
		{"fills its memory with something else", func(p *patient, i int) error {
			p.memory += 10 << 20
			return p.call("list", fmt.Sprint(i), page)
		}, 300, 1, ""},
		{"keeps more after it learnt something", func(p *patient, i int) error {
			if i == 199 {
				return p.call("list", "", "new")
			}
			if i > 199 {
				p.memory += 4 << 20
			}
			return p.call("list", fmt.Sprint(i), page)
		}, 210, 1, ""},
		{"pages two lists in vain and keeps them", func(p *patient, i int) error {
			p.memory += uint64(len(page))
			return p.call(fmt.Sprint("list", i%2), fmt.Sprint(i), page)
		}, 5000, 2, plugin.LoopMemory},
		{"retries what is refused", func(p *patient, i int) error {
			p.now = p.now.Add(time.Second)
			return p.call("store", "x", "no")
		}, 5000, 1, plugin.LoopStall},
		{"retries what the network refuses", func(p *patient, i int) error {
			p.now = p.now.Add(time.Second)
			return p.fail("store", fmt.Sprint(i), fmt.Sprintf("read tcp 127.0.0.1:%d->127.0.0.1:4943: read: connection reset by peer", 40_000+i))
		}, 5000, 1, plugin.LoopStall},
		{"fails to store items", func(p *patient, i int) error {
			p.now = p.now.Add(time.Second)
			return p.fail("store", fmt.Sprint(i), fmt.Sprintf("no room for item %x", i))
		}, 5000, 0, ""},
		{"hammers", func(p *patient, i int) error {
			p.now = p.now.Add(time.Microsecond - time.Millisecond)
			return p.call("store", "x", "no")
		}, 300_000, 1, plugin.LoopFlood},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPatient(plugin.Session{})
			var err error
			for i := 0; i < tt.calls && err == nil; i++ {
				err = tt.call(p, i)
			}
			loop, _ := errors.AsType[*plugin.LoopError](err)
			if (loop != nil) != (tt.sign != "") || loop != nil && loop.Sign != tt.sign {
				t.Errorf("ended by %v, want %q", err, tt.sign)
			}
			if len(p.warnings) != tt.warns {
				t.Errorf("warnings %q, want %d", p.warnings, tt.warns)
			}
		})
	}
}

func TestDoctorWarns(t *testing.T) {
	var seen [][]byte
	p := newPatient(plugin.Session{Loops: plugin.Loops{Differ: func(method string, args [][]byte) string {
		seen = args
		if method == "list" {
			return "`start` (0 … 49)\x1b[2J"
		}
		return ""
	}}})
	for i := range 49 {
		if err := errors.Join(p.call("list", fmt.Sprintf("%02d", i), page), p.call("other", fmt.Sprintf("%02d", i), page)); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.warnings) > 0 {
		t.Errorf("warnings after 49 equal replies: %q", p.warnings)
	}
	_, _ = p.call("list", "49", page), p.call("other", "49", page)
	want := []string{
		"the plugin may be calling in circles: `list` was called 50 times, 50 replies were identical, arguments differ only in `start` (0 … 49)[2J",
		"the plugin may be calling in circles: `other` was called 50 times, 50 replies were identical, arguments differ only in bytes 0-1, counting up",
	}
	if fmt.Sprint(p.warnings) != fmt.Sprint(want) {
		t.Errorf("warnings\n%q\nwant\n%q", p.warnings, want)
	}
	if got := fmt.Sprintf("%s", seen); got != "[00 46 47 48 49]" {
		t.Errorf("samples %s", got)
	}
}

// TestDoctorIsBounded checks that neither a million methods nor a million replies
// take more memory, and that names are shown harmless and short.
func TestDoctorIsBounded(t *testing.T) {
	monitor := &plugin.Monitor{}
	p := newPatient(plugin.Session{Monitor: monitor})
	name := "\x1b[31m" + strings.Repeat("m", 1000)
	for i := range 20_000 {
		if err := p.call(fmt.Sprint(i, name), "", page+fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.Methods(); got != 64 {
		t.Errorf("%d methods are kept apart, want 64", got)
	}
	for range 100 {
		_ = p.call("one", fmt.Sprint(len(p.warnings)), page+p.now.String())
	}
	if got := p.Replies(); got != 32 {
		t.Errorf("%d replies are kept, want 32", got)
	}
	a := monitor.Activity()
	if len(a.Methods) != 3 || a.Methods[0].Name != "(other methods)" || a.Methods[0].Calls != 20_100-63 {
		t.Errorf("activity %+v", a)
	}
	if n := a.Methods[1].Name; len(n) > 110 || strings.Contains(n, "\x1b") {
		t.Errorf("name %q", n)
	}
	got := testing.AllocsPerRun(1000, func() { _ = p.call("more", "arg", page) })
	if got > 20 {
		t.Errorf("%v allocations a call", got)
	}
}

// TestDigest checks that values of one type which differ have digests which differ.
func TestDigest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []component.Value
	}{
		{"string", []component.Value{"", "a", "b", "ab"}},
		{"bool", []component.Value{true, false}},
		{"s8", []component.Value{int8(0), int8(1), int8(-1)}},
		{"s16", []component.Value{int16(0), int16(1), int16(-1)}},
		{"s32", []component.Value{int32(0), int32(1), int32(-1)}},
		{"s64", []component.Value{int64(0), int64(1), int64(-1)}},
		{"u8", []component.Value{uint8(0), uint8(1)}},
		{"u16", []component.Value{uint16(0), uint16(1)}},
		{"u32", []component.Value{uint32(0), uint32(1)}},
		{"u64", []component.Value{uint64(0), uint64(1)}},
		{"f32", []component.Value{float32(0), float32(0.5)}},
		{"f64", []component.Value{float64(0), float64(0.5)}},
		{"char", []component.Value{component.Char('x'), component.Char('y')}},
		{"bytes", []component.Value{[]byte{}, []byte{1, 2}, []byte{1, 2, 0}}},
		{"record", []component.Value{
			component.Record{{Name: "a", Value: "a"}, {Name: "b", Value: "bc"}},
			component.Record{{Name: "a", Value: "ab"}, {Name: "b", Value: "c"}},
		}},
		{"list of lists", []component.Value{
			[]component.Value{[]component.Value{"x"}, []component.Value{"y"}},
			[]component.Value{[]component.Value{"x", "y"}, []component.Value{}},
		}},
		{"tuple", []component.Value{component.Tuple{"x", "y"}, component.Tuple{"y", "x"}}},
		{"option", []component.Value{component.Option{}, component.Option{Some: true, Value: ""}}},
		{"result", []component.Value{component.ResultValue{Value: "a"}, component.ResultValue{Err: true, Value: "a"}}},
		{"variant", []component.Value{component.Variant{Case: "a"}, component.Variant{Case: "b"}, component.Variant{Case: "b", Value: "c"}}},
		{"enum", []component.Value{component.Enum("one"), component.Enum("two")}},
		{"flags", []component.Value{component.Flags{}, component.Flags{"f"}, component.Flags{"f", "g"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			digest, seen := plugin.Digester(), make(map[uint64]component.Value)
			for _, v := range tt.values {
				d := digest(v)
				if other, ok := seen[d]; ok {
					t.Errorf("%#v and %#v have one digest", v, other)
				}
				if digest(v) != d {
					t.Errorf("%#v has two digests", v)
				}
				seen[d] = v
			}
		})
	}
}

func TestMonitor(t *testing.T) {
	monitor := &plugin.Monitor{}
	p := newPatient(plugin.Session{Monitor: monitor})
	for i := range 6 {
		for j := range i {
			_ = p.call(fmt.Sprint("m", i), fmt.Sprint(j), page)
		}
	}
	got := fmt.Sprintf("%+v", monitor.Activity())
	want := "{Calls:[{Name:query Calls:15 Identical:0}] Methods:[{Name:m5 Calls:5 Identical:5} {Name:m4 Calls:4 Identical:4} {Name:m3 Calls:3 Identical:3}] Calling: MemoryBytes:1048576}"
	if got != want {
		t.Errorf("Activity = %s\nwant %s", got, want)
	}
	if a := (&plugin.Monitor{}).Activity(); len(a.Calls)+len(a.Methods) > 0 {
		t.Errorf("Activity of nothing = %+v", a)
	}
}

func BenchmarkDoctor(b *testing.B) {
	for _, size := range []int{8, 25 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := newPatient(plugin.Session{Loops: plugin.Loops{Allow: true}})
			reply := component.NewReply(component.ResultValue{Value: make([]byte, size)})
			info := plugin.CallInfo{Method: "list", Kind: "query", Args: make([]byte, 30)}
			b.ReportAllocs()
			for b.Loop() {
				if err := p.ObserveReply(info, reply, p.now, p.memory); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package component_test

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/berth-cli/berth/component"
)

// The Go types of testdata/echo.wat.
type (
	point struct {
		X     int32
		YAxis float64
	}
	level uint8
	perms uint8
	wide  struct {
		A     uint8
		B     int8
		C     uint16
		D     int16
		E     uint32
		F     int32
		G     uint64
		H     int64
		I     float32
		J     float64
		K     component.Char
		L     bool
		M     string
		N     []byte
		O     *level
		P     perms
		Queue component.Tuple2[uint8, string] `wit:"q"`
	}
	shape interface {
		shape(empty, circle, polygon, shapeNamed)
	}
	empty   struct{}
	circle  struct{ Radius float32 }
	polygon struct{ Points []point }

	shapeNamed struct{ Name string }
)

func (empty) shape(empty, circle, polygon, shapeNamed)      {}
func (circle) shape(empty, circle, polygon, shapeNamed)     {}
func (polygon) shape(empty, circle, polygon, shapeNamed)    {}
func (shapeNamed) shape(empty, circle, polygon, shapeNamed) {}

const echoHost = "test:echo/host@0.1"

// echo returns what it is given.
func echo[T any](_ context.Context, v T) (T, error) { return v, nil }

// typedEcho offers every function of echo.wat with Go types.
func typedEcho() *component.Linker {
	l := component.NewLinker()
	h := l.Instance(echoHost)
	h.Func("u32", component.Func1(echo[uint32]))
	h.Func("s8", component.Func1(echo[int8]))
	h.Func("u64", component.Func1(echo[uint64]))
	h.Func("f64", component.Func1(echo[float64]))
	h.Func("char", component.Func1(echo[component.Char]))
	h.Func("bool", component.Func1(echo[bool]))
	h.Func("string", component.Func1(echo[string]))
	h.Func("bytes", component.Func1(echo[[]byte]))
	h.Func("numbers", component.Func1(echo[[]uint32]))
	h.Func("strings", component.Func1(echo[[]string]))
	h.Func("point-of", component.Func1(echo[point]))
	h.Func("level-of", component.Func1(echo[level]))
	h.Func("perms-of", component.Func1(echo[perms]))
	h.Func("shape-of", component.Func1(echo[shape]))
	h.Func("wide-of", component.Func1(echo[wide]))
	h.Func("option", component.Func1(echo[*string]))
	h.Func("result", component.Func1(echo[component.Result[uint32, string]]))
	h.Func("status", component.Func1(echo[component.Result[component.Unit, component.Unit]]))
	h.Func("pairs", component.Func1(echo[[]component.Tuple2[string, uint32]]))
	h.Func("unit", component.Func0(func(context.Context) (component.Unit, error) { return component.Unit{}, nil }))
	h.Func("many", component.Func6(many))
	return l
}

func many(_ context.Context, a uint8, b string, c uint64, d float32, e bool, f int16) (string, error) {
	return strings.Repeat(b, int(a)), nil
}

// dynamicEcho offers the same with dynamic functions.
func dynamicEcho() *component.Linker {
	l := component.NewLinker()
	f := component.DynamicFunc(func(_ context.Context, args []component.Value) ([]component.Value, error) {
		if len(args) > 1 {
			return []component.Value{args[1]}, nil
		}
		return args, nil
	})
	for _, name := range strings.Fields("u32 s8 u64 f64 char bool string bytes numbers strings point-of level-of perms-of " +
		"shape-of wide-of option result status pairs unit many") {
		l.Instance(echoHost).Func(name, f)
	}
	return l
}

// checkEcho sends values through an export with Go types.
func checkEcho[T any](t *testing.T, in *component.Instance, name string, values ...T) {
	t.Helper()
	f := bind1[T, T](t, in, name)
	for _, v := range values {
		if got, err := f(t.Context(), v); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%s(%#v) = %#v, %v", name, v, got, err)
		}
	}
}

var aWide = wide{
	255, -128, 65535, -32768, math.MaxUint32, math.MinInt32, math.MaxUint64, math.MinInt64,
	1.5, math.Inf(-1), '\U0010ffff', true, "grüße", []byte{0, 255}, component.Some(level(2)), 5,
	component.Tuple2[uint8, string]{V0: 1, V1: "two"},
}

// Typed exports over typed and over dynamic imports.
func TestEchoTyped(t *testing.T) {
	for name, linker := range map[string]*component.Linker{"typed host": typedEcho(), "dynamic host": dynamicEcho()} {
		t.Run(name, func(t *testing.T) {
			in := world{component: "echo", linker: linker}.start(t)
			checkEcho(t, in, "u32", 0, 7, uint32(math.MaxUint32))
			checkEcho(t, in, "s8", 0, -1, int8(-128), 127)
			checkEcho(t, in, "u64", 0, uint64(math.MaxUint64))
			checkEcho(t, in, "f64", 0, math.Inf(1), math.SmallestNonzeroFloat64)
			checkEcho(t, in, "char", component.Char(0), 'x', '\U0010ffff')
			checkEcho(t, in, "bool", true, false)
			checkEcho(t, in, "string", "", "hello", "h\u00f6\u2603\U0001f370", strings.Repeat("long ", 50_000))
			checkEcho(t, in, "bytes", []byte{}, []byte{1, 2, 3}, make([]byte, 300_000))
			checkEcho(t, in, "numbers", []uint32{}, []uint32{1, math.MaxUint32}, make([]uint32, 70_000))
			checkEcho(t, in, "strings", []string{}, []string{"", "a", "bc"})
			checkEcho(t, in, "point-of", point{}, point{-1, 2.5})
			checkEcho(t, in, "level-of", level(0), 1, 2)
			checkEcho(t, in, "perms-of", perms(0), 1, 7)
			checkEcho[shape](t, in, "shape-of", empty{}, circle{1.5}, polygon{[]point{{1, 2}, {3, 4}}}, shapeNamed{"box"})
			checkEcho(t, in, "wide-of", aWide, wide{N: []byte{}})
			checkEcho(t, in, "option", nil, component.Some(""), component.Some("x"))
			checkEcho(t, in, "result", component.OK[string](uint32(3)), component.Fail[uint32]("no"))
			checkEcho(t, in, "status", component.OK[component.Unit](component.Unit{}), component.Fail[component.Unit](component.Unit{}))
			checkEcho(t, in, "pairs", []component.Tuple2[string, uint32]{{V0: "a", V1: 1}, {V0: "b", V1: 2}})
		})
	}
}

// Dynamic exports over typed and over dynamic imports.
func TestEchoDynamic(t *testing.T) {
	wideValue := component.Record{
		{"a", uint8(1)}, {"b", int8(-2)}, {"c", uint16(3)}, {"d", int16(-4)}, {"e", uint32(5)}, {"f", int32(-6)},
		{"g", uint64(7)}, {"h", int64(-8)}, {"i", float32(9)}, {"j", 10.5}, {"k", component.Char('k')}, {"l", true},
		{"m", "m"}, {"n", []byte("n")}, {"o", component.Option{Some: true, Value: component.Enum("info")}},
		{"p", component.Flags{"read", "exec"}}, {"q", component.Tuple{uint8(1), "q"}},
	}
	for name, linker := range map[string]*component.Linker{"typed host": typedEcho(), "dynamic host": dynamicEcho()} {
		t.Run(name, func(t *testing.T) {
			in := world{component: "echo", linker: linker}.start(t)
			for _, tt := range []struct {
				fn string
				v  component.Value
			}{
				{"u32", uint32(7)},
				{"char", component.Char('\u2603')},
				{"string", "hello"},
				{"bytes", []byte("bytes")},
				{"numbers", []component.Value{uint32(1), uint32(2)}},
				{"point-of", component.Record{{"x", int32(1)}, {"y-axis", 2.0}}},
				{"level-of", component.Enum("last-resort")},
				{"perms-of", component.Flags{}},
				{"perms-of", component.Flags{"read", "write", "exec"}},
				{"shape-of", component.Variant{Case: "empty"}},
				{"shape-of", component.Variant{Case: "named", Value: "box"}},
				{"wide-of", wideValue},
				{"option", component.Option{}},
				{"option", component.Option{Some: true, Value: "x"}},
				{"result", component.ResultValue{Value: uint32(1)}},
				{"result", component.ResultValue{Err: true, Value: "no"}},
				{"status", component.ResultValue{Err: true}},
				{"pairs", []component.Value{component.Tuple{"a", uint32(1)}}},
			} {
				got, err := call(t, in, tt.fn, tt.v)
				if err != nil || !reflect.DeepEqual(got, []component.Value{tt.v}) {
					t.Errorf("%s(%#v) = %#v, %v", tt.fn, tt.v, got, err)
				}
			}
			if got, err := call(t, in, "unit"); err != nil || len(got) != 0 {
				t.Errorf("unit() = %v, %v", got, err)
			}
		})
	}
}

// More parameters than one, and not all of one kind.
func TestManyParameters(t *testing.T) {
	in := world{component: "echo", linker: typedEcho()}.start(t)
	got, err := call(t, in, "many", uint8(3), "ab", uint64(1), float32(2), true, int16(-4))
	if err != nil || len(got) != 1 || got[0] != "ababab" {
		t.Errorf("many = %v, %v", got, err)
	}
}

// Fields of a dynamic record go by name.
func TestRecordFieldOrder(t *testing.T) {
	in := world{component: "echo", linker: typedEcho()}.start(t)
	got, err := call(t, in, "point-of", component.Record{{"y-axis", 2.0}, {"x", int32(1)}})
	if err != nil || got[0].(component.Record).Get("x") != int32(1) || got[0].(component.Record).Get("z") != nil {
		t.Errorf("point-of = %v, %v", got, err)
	}
}

// What a caller may not pass changes nothing in the guest.
func TestWrongArguments(t *testing.T) {
	in := world{component: "echo", linker: typedEcho()}.start(t)
	for _, tt := range []struct {
		fn   string
		args []component.Value
		want string
	}{
		{"u32", nil, "0 arguments, want 1"},
		{"u32", []component.Value{"x"}, "u32"},
		{"string", []component.Value{"\xff"}, "not UTF-8"},
		{"level-of", []component.Value{component.Enum("fatal")}, `no case "fatal"`},
		{"shape-of", []component.Value{component.Variant{Case: "cube"}}, `no case "cube"`},
		{"perms-of", []component.Value{component.Flags{"fly"}}, `no flag "fly"`},
		{"point-of", []component.Value{component.Record{{"x", int32(1)}, {"z", 2.0}}}, `no field "y-axis"`},
		{"point-of", []component.Value{nil}, "no value"},
	} {
		if _, err := call(t, in, tt.fn, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s(%v): %v, want %q", tt.fn, tt.args, err, tt.want)
		}
	}
	checkEcho(t, in, "string", "still works")
}

package candid_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// billion is 1,000,000,000 in LEB128.
const billion = "\x80\x94\xeb\xdc\x03"

func TestQuotaRefuses(t *testing.T) {
	vecNull := "DIDL\x01\x6d\x7f\x01\x00"
	tests := []struct {
		name, types, message string
		quota                candid.Quota
		limit                string
	}{
		{"a billion nulls, skipped", "()", vecNull + billion, candid.Quota{}, "MaxValues"},
		{"a billion nulls, wanted", "(vec null)", vecNull + billion, candid.Quota{}, "MaxValues"},
		{"a billion nulls, under opt", "(opt nat)", vecNull + billion, candid.Quota{}, "MaxValues"},
		{"one value too many", "(vec null)", vecNull + "\x03", candid.Quota{MaxValues: 3}, "MaxValues"},
		{"long text counts more", "(text)", "DIDL\x00\x01\x71\x80\x01" + strings.Repeat("a", 128), candid.Quota{MaxValues: 2}, "MaxValues"},
		{"long number counts more", "(nat)", "DIDL\x00\x01\x7d" + strings.Repeat("\x80", 128) + "\x00", candid.Quota{MaxValues: 2}, "MaxValues"},
		{"missing fields count", "(vec record { a : opt nat; b : opt nat })",
			"DIDL\x02\x6d\x01\x6c\x00\x01\x00\x02", candid.Quota{MaxValues: 6}, "MaxValues"},
		{"depth", "(opt opt nat8)", "DIDL\x02\x6e\x01\x6e\x7b\x01\x00\x01\x01\x05", candid.Quota{MaxDepth: 2}, "MaxDepth"},
		{"depth, skipped", "()", "DIDL\x02\x6e\x01\x6e\x7b\x01\x00\x01\x01\x05", candid.Quota{MaxDepth: 2}, "MaxDepth"},
		{"comparing references", "(opt func () -> (variant { 1; 2; 3; 4; 5 }))",
			"DIDL\x02\x6a\x00\x01\x01\x00\x6b\x05\x01\x7f\x02\x7f\x03\x7f\x04\x7f\x05\x7f\x01\x00\x01\x01\x00\x01m",
			candid.Quota{MaxValues: 10}, "MaxValues"},
		{"types", "()", "DIDL\x02\x6e\x7f\x6e\x7f\x00", candid.Quota{MaxTypes: 1}, "MaxTypes"},
		{"fields", "()", "DIDL\x01\x6c\x02\x01\x7f\x02\x7f\x00", candid.Quota{MaxTypes: 2}, "MaxTypes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			types, err := parseTypes("", tt.types)
			if err != nil {
				t.Fatal(err)
			}
			v, err := candid.Decode([]byte(tt.message), types, tt.quota)
			if e, ok := errors.AsType[*candid.LimitError](err); !ok || e.Limit != tt.limit {
				t.Errorf("Decode(%q) = %.80s, %v, want a *LimitError of %s", tt.message, candid.Format(v), err, tt.limit)
			}
		})
	}
}

func TestQuotaIsEnough(t *testing.T) {
	types, _ := parseTypes("", "(vec null, opt opt nat8)")
	message := []byte("DIDL\x03\x6d\x7f\x6e\x02\x6e\x7b\x02\x00\x01\x03\x01\x01\x05")
	// Two arguments, three nulls, and two parts of the option.
	if v, err := candid.Decode(message, types, candid.Quota{MaxValues: 7, MaxDepth: 3, MaxTypes: 5}); err != nil {
		t.Errorf("Decode = %v, %v", v, err)
	}
}

// What is too long is refused before its first element.
func TestLengthIsComparedWithTheQuota(t *testing.T) {
	types, _ := parseTypes("", "(vec null)")
	_, err := candid.Decode([]byte("DIDL\x01\x6d\x7f\x01\x00"+billion), types, candid.Quota{})
	if e, ok := errors.AsType[*candid.DecodeError](err); !ok || e.Path != "argument 1" {
		t.Errorf("Decode = %v, want an error of the vector itself", err)
	}
}

// A message of a few bytes may announce anything; memory goes only to what is there.
func TestAnnouncedSizesAreNotAllocated(t *testing.T) {
	types, _ := parseTypes("", "(vec bool, text)")
	messages := []string{
		"DIDL" + billion + "\x00",
		"DIDL\x00" + billion,
		"DIDL\x01\x6c" + billion + "\x00\x7f",
		"DIDL\x01\x6a" + billion + "\x00\x7f",
		"DIDL\x01\x69" + billion + "\x00\x7f",
		"DIDL\x01\x67" + billion,
		"DIDL\x01\x6d\x7e\x01\x00" + billion + "\x00\x00",
		"DIDL\x01\x6d\x7b\x01\x00" + billion + "\x00\x00",
		"DIDL\x00\x01\x71" + billion + "abc",
	}
	for _, m := range messages {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := candid.Decode([]byte(m), types, candid.Quota{})
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; err == nil || grown > 1<<20 {
			t.Errorf("Decode(%q) = %v after allocating %d bytes", m, err, grown)
		}
	}
}

// A record that contains itself, a vector of vectors, and options without end.
func TestDeepMessages(t *testing.T) {
	types, _ := parseTypes("type R = record { R }; type O = opt O; type V = vec V;", "(R, O, V)")
	deep := strings.Repeat("\x01", 1<<20)
	tests := []struct {
		name, message string
		want          *candid.Type
	}{
		{"record of itself", "DIDL\x01\x6c\x01\x00\x00\x01\x00", types[0]},
		{"record of itself, skipped", "DIDL\x01\x6c\x01\x00\x00\x01\x00", candid.Prim(candid.KindReserved)},
		{"options", "DIDL\x01\x6e\x00\x01\x00" + deep, types[1]},
		{"vectors", "DIDL\x01\x6d\x00\x01\x00" + deep, types[2]},
		{"bool at endless options", "DIDL\x00\x01\x7e\x01", types[1]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := candid.Decode([]byte(tt.message), []*candid.Type{tt.want}, candid.Quota{})
			if e, ok := errors.AsType[*candid.LimitError](err); !ok || e.Limit != "MaxDepth" {
				t.Errorf("Decode = %v, want a *LimitError of MaxDepth", err)
			}
			if len(err.Error()) > 500 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

// Each opt that reads as null makes its value be read twice.
func TestRereadingIsCharged(t *testing.T) {
	// The wire has a bool where a nat is wanted, in every record: the innermost record is read again for every level around it.
	types, err := parseTypes("type R = opt record { 0 : text; 1 : R; 2 : nat };", "(R)")
	if err != nil {
		t.Fatal(err)
	}
	wire := "DIDL\x02\x6e\x01\x6c\x03\x00\x71\x01\x00\x02\x7e\x01\x00"
	text := "\x80\x20" + strings.Repeat("a", 1<<12)
	const levels = 100
	message := wire + strings.Repeat("\x01"+text, levels) + "\x00" + strings.Repeat("\x01", levels)
	_, err = candid.Decode([]byte(message), types, candid.Quota{MaxValues: 1_000_000})
	if err != nil {
		t.Fatalf("Decode with a large quota: %v", err)
	}
	_, err = candid.Decode([]byte(message), types, candid.Quota{MaxValues: 100_000})
	if _, ok := errors.AsType[*candid.LimitError](err); !ok {
		t.Errorf("Decode = %v, want a *LimitError", err)
	}
}

func TestDeepTexts(t *testing.T) {
	n := 100_000
	tests := map[string]string{
		"options":     "(" + strings.Repeat("opt ", n) + "1)",
		"parentheses": strings.Repeat("(", n),
		"vectors":     "(" + strings.Repeat("vec {", n),
		"records":     "(" + strings.Repeat("record {", n),
		"types":       "(1 : " + strings.Repeat("opt ", n) + "nat)",
		"functions":   "(1 : " + strings.Repeat("func (", n),
		"comments":    strings.Repeat("/*", n),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := candid.ParseArgs(text)
			if _, ok := errors.AsType[*candid.SyntaxError](err); !ok || len(err.Error()) > 300 {
				t.Errorf("ParseArgs = %.300v, want a short *SyntaxError", err)
			}
		})
	}
}

// Ten thousand empty records at a type of a thousand optional fields are ten million
// values.
func TestTextThatStandsForTooMuch(t *testing.T) {
	var fields strings.Builder
	for range 1000 {
		fields.WriteString("opt nat;")
	}
	text := "(vec {" + strings.Repeat("record {};", 10_000) + "} : vec record {" + fields.String() + "})"
	if _, err := candid.ParseArgs(text); err == nil || !strings.Contains(err.Error(), "too many values") {
		t.Errorf("ParseArgs = %.200v, want too many values", err)
	}
}

// A graph of 40 nodes that is a tree of 2^40.
func TestLargeTypesPrintShort(t *testing.T) {
	typ := candid.Prim(candid.KindNat)
	for range 40 {
		typ = candid.RecordOf(
			candid.FieldType{Label: candid.Name("a"), Type: typ},
			candid.FieldType{Label: candid.Name("b"), Type: typ})
	}
	if s := typ.String(); len(s) > 5000 || !strings.Contains(s, "…") {
		t.Errorf("String is %d bytes", len(s))
	}
	loop := candid.OptOf(nil)
	loop.Elem = loop
	if s := loop.String(); len(s) > 1000 {
		t.Errorf("String of a loop is %d bytes", len(s))
	}
}

package enginetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// value is a value in a script.
type value struct {
	Type     string
	LaneType string `json:"lane_type"`
	Value    json.RawMessage
}

// slots returns how many stack elements the value takes.
func (v value) slots() int {
	if v.Type == "v128" {
		return 2
	}
	return 1
}

// bits returns the value's raw bits.
func (v value) bits() ([]uint64, error) {
	lanes, width, err := v.lanes()
	if err != nil {
		return nil, err
	}
	out := make([]uint64, v.slots())
	for i, lane := range lanes {
		n, err := parseBits(lane, width)
		switch {
		case lane == "null":
			n = 0
		case err != nil:
			return nil, fmt.Errorf("value %s: %w", lane, err)
		case strings.HasSuffix(v.Type, "ref"):
			n++ // zero is null
		}
		out[i*width/64] |= n << (i * width % 64)
	}
	return out, nil
}

// lanes returns the value's lanes, one unless it is a vector, and their width in
// bits.
func (v value) lanes() ([]string, int, error) {
	if v.Type == "v128" {
		var lanes []string
		err := json.Unmarshal(v.Value, &lanes)
		return lanes, width(v.LaneType), err
	}
	var one string
	err := json.Unmarshal(v.Value, &one)
	return []string{one}, width(v.Type), err
}

func width(t string) int {
	switch t {
	case "i8":
		return 8
	case "i16":
		return 16
	case "i32", "f32":
		return 32
	}
	return 64
}

// matches reports whether raw bits are the value, or one of the NaNs it allows.
func (v value) matches(got []uint64) bool {
	if len(v.Value) == 0 {
		return true
	}
	lanes, width, err := v.lanes()
	if err != nil {
		return false
	}
	for i, lane := range lanes {
		bits := got[i*width/64] >> (i * width % 64)
		if width < 64 {
			bits &= 1<<width - 1
		}
		if !matchLane(lane, bits, width, strings.HasSuffix(v.Type, "ref")) {
			return false
		}
	}
	return true
}

func matchLane(want string, bits uint64, width int, ref bool) bool {
	if strings.HasPrefix(want, "nan:") {
		quiet := uint64(0x7fc0_0000)
		if width == 64 {
			quiet = 0x7ff8 << 48
		}
		if want == "nan:canonical" {
			return bits&^(1<<(width-1)) == quiet
		}
		return bits&quiet == quiet
	}
	if want == "null" {
		return bits == 0
	}
	n, err := parseBits(want, width)
	if ref {
		n++
	}
	return err == nil && bits == n
}

// parseBits reads a number, some of which are signed, as bits.
func parseBits(s string, width int) (uint64, error) {
	if !strings.HasPrefix(s, "-") {
		return strconv.ParseUint(s, 10, 64)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return uint64(n) << (64 - width) >> (64 - width), err
}

package wast

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/berth-cli/berth/component"
)

// literal is the value an expression such as (u32.const 7) stands for.
func literal(n Node) (component.Value, error) {
	head := n.Head()
	if head == "" {
		return nil, &SyntaxError{Offset: n.Start, Msg: "not a value"}
	}
	v, err := constant(head, n.Children[1:])
	if err != nil {
		return nil, &SyntaxError{Offset: n.Start, Msg: fmt.Sprintf("%s: %v", head, err)}
	}
	return v, nil
}

func constant(head string, args []Node) (component.Value, error) {
	switch head {
	case "list.const":
		return literals(args)
	case "tuple.const":
		vs, err := literals(args)
		return component.Tuple(vs), err
	case "record.const":
		return recordLiteral(args)
	case "flags.const":
		return flagsLiteral(args)
	case "variant.const":
		return variantLiteral(args)
	case "option.none", "option.some", "result.ok", "result.err":
		return optional(head, args)
	}
	if len(args) != 1 {
		return nil, fmt.Errorf("%d operands, want 1", len(args))
	}
	return scalar(head, args[0].Text)
}

func scalar(head, text string) (component.Value, error) {
	switch head {
	case "bool.const":
		return strconv.ParseBool(text)
	case "char.const":
		c, size := utf8.DecodeRuneInString(text)
		if size != len(text) || size == 0 {
			return nil, fmt.Errorf("%q is not one character", text)
		}
		return component.Char(c), nil
	case "str.const":
		return text, nil
	case "enum.const":
		return component.Enum(text), nil
	case "f32.const":
		bits, err := floatBits(text, 32)
		return math.Float32frombits(uint32(bits)), err
	case "f64.const":
		bits, err := floatBits(text, 64)
		return math.Float64frombits(bits), err
	}
	return integer(strings.TrimSuffix(head, ".const"), text)
}

func integer(kind, text string) (component.Value, error) {
	bits, err := strconv.Atoi(strings.TrimLeft(kind, "su"))
	if err != nil || !strings.HasPrefix(kind, "s") && !strings.HasPrefix(kind, "u") {
		return nil, fmt.Errorf("unknown literal")
	}
	v, ok := new(big.Int).SetString(strings.ReplaceAll(text, "_", ""), 0)
	if !ok {
		return nil, fmt.Errorf("%q is not an integer", text)
	}
	low := new(big.Int)
	high := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	if kind[0] == 's' {
		high.Rsh(high, 1)
		low.Neg(high)
	}
	if v.Cmp(low) < 0 || v.Cmp(high) >= 0 {
		return nil, fmt.Errorf("%s is out of range", text)
	}
	return sized(kind, v.Int64(), v.Uint64())
}

func sized(kind string, s int64, u uint64) (component.Value, error) {
	switch kind {
	case "s8":
		return int8(s), nil
	case "s16":
		return int16(s), nil
	case "s32":
		return int32(s), nil
	case "s64":
		return s, nil
	case "u8":
		return uint8(u), nil
	case "u16":
		return uint16(u), nil
	case "u32":
		return uint32(u), nil
	case "u64":
		return u, nil
	}
	return nil, fmt.Errorf("unknown literal")
}

// floatBits is the bit pattern of a core float literal.
//
// Core specification, "Floating-Point" (text format).
func floatBits(text string, size int) (uint64, error) {
	text = strings.ReplaceAll(text, "_", "")
	body := strings.TrimLeft(text, "+-")
	if strings.HasPrefix(body, "nan") {
		return nanBits(body, size, strings.HasPrefix(text, "-"))
	}
	if strings.HasPrefix(body, "0x") && !strings.ContainsAny(body, "pP") {
		text += "p0"
	}
	f, err := strconv.ParseFloat(text, size)
	if size == 32 {
		return uint64(math.Float32bits(float32(f))), err
	}
	return math.Float64bits(f), err
}

func nanBits(body string, size int, negative bool) (uint64, error) {
	mantissa := uint(23)
	exponent := uint64(0xff)
	if size == 64 {
		mantissa, exponent = 52, 0x7ff
	}
	payload := uint64(1) << (mantissa - 1)
	if hex, ok := strings.CutPrefix(body, "nan:0x"); ok {
		p, err := strconv.ParseUint(hex, 16, int(mantissa))
		if err != nil {
			return 0, err
		}
		payload = p
	} else if body != "nan" && body != "nan:canonical" && body != "nan:arithmetic" {
		return 0, fmt.Errorf("%q is not a float", body)
	}
	bits := exponent<<mantissa | payload
	if negative {
		bits |= 1 << (size - 1)
	}
	return bits, nil
}

func literals(nodes []Node) ([]component.Value, error) {
	vs := make([]component.Value, 0, len(nodes))
	for _, n := range nodes {
		v, err := literal(n)
		if err != nil {
			return nil, err
		}
		vs = append(vs, v)
	}
	return vs, nil
}

func recordLiteral(args []Node) (component.Record, error) {
	var rec component.Record
	for _, f := range args {
		if f.Head() != "field" || len(f.Children) < 3 {
			return nil, fmt.Errorf("malformed field")
		}
		v, err := fieldValue(f.Children[2:])
		if err != nil {
			return nil, err
		}
		rec = append(rec, component.Field{Name: f.Children[1].Text, Value: v})
	}
	return rec, nil
}

// fieldValue is the value of a field, whose parentheses may be left out.
func fieldValue(nodes []Node) (component.Value, error) {
	if nodes[0].Kind == Atom {
		return constant(nodes[0].Text, nodes[1:])
	}
	if len(nodes) > 1 {
		return nil, fmt.Errorf("malformed field")
	}
	return literal(nodes[0])
}

func flagsLiteral(args []Node) (component.Flags, error) {
	flags := component.Flags{}
	for _, a := range args {
		if a.Kind != String {
			return nil, fmt.Errorf("malformed flag")
		}
		flags = append(flags, a.Text)
	}
	return flags, nil
}

func variantLiteral(args []Node) (component.Variant, error) {
	if len(args) == 0 || len(args) > 2 || args[0].Kind != String {
		return component.Variant{}, fmt.Errorf("malformed variant")
	}
	v := component.Variant{Case: args[0].Text}
	var err error
	if len(args) == 2 {
		v.Value, err = literal(args[1])
	}
	return v, err
}

// optional is an option or a result.
func optional(head string, args []Node) (component.Value, error) {
	var payload component.Value
	switch {
	case len(args) > 1 || head == "option.none" && len(args) > 0 || head == "option.some" && len(args) == 0:
		return nil, fmt.Errorf("%d operands", len(args))
	case len(args) == 1:
		var err error
		if payload, err = literal(args[0]); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(head, "option") {
		return component.Option{Some: head == "option.some", Value: payload}, nil
	}
	return component.ResultValue{Err: head == "result.err", Value: payload}, nil
}

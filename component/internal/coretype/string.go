package coretype

import (
	"fmt"
	"strings"
)

// String is the kind as the text format writes it.
func (k ExternKind) String() string {
	names := [...]string{"func", "table", "memory", "global", "tag"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown kind"
}

// String is the type as the text format writes it.
func (t ValType) String() string {
	switch t.Code {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case RefNull:
		return "(ref null " + heapString(t.Heap) + ")"
	case Ref:
		return "(ref " + heapString(t.Heap) + ")"
	}
	return "unknown type"
}

func heapString(h int64) string {
	names := map[int64]string{
		HeapFunc: "func", HeapExtern: "extern", HeapExn: "exn", -0x12: "any", -0x13: "eq", -0x14: "i31",
		-0x15: "struct", -0x16: "array", -0x0f: "none", -0x0e: "noextern", -0x0d: "nofunc", -0x0c: "noexn",
		-0x18: "cont", -0x0b: "nocont",
	}
	if n, ok := names[h]; ok {
		return n
	}
	return fmt.Sprint(h)
}

// String is the type as the text format writes it.
func (f *Func) String() string {
	if f == nil {
		return "(func)"
	}
	var b strings.Builder
	b.WriteString("(func")
	writeTypes(&b, "param", f.Params)
	writeTypes(&b, "result", f.Results)
	b.WriteByte(')')
	return b.String()
}

func writeTypes(b *strings.Builder, word string, types []ValType) {
	if len(types) == 0 {
		return
	}
	b.WriteString(" (" + word)
	for _, t := range types {
		b.WriteString(" " + t.String())
	}
	b.WriteByte(')')
}

// String is the type as the text format writes it.
func (x Extern) String() string {
	switch x.Kind {
	case ExternFunc:
		return x.Func.String()
	case ExternTag:
		return "(tag " + x.Func.String() + ")"
	case ExternTable:
		return "(table" + x.Table.Limits.String() + " " + x.Table.Elem.String() + ")"
	case ExternMemory:
		return "(memory" + x.Memory.String() + ")"
	case ExternGlobal:
		return x.Global.String()
	}
	return "unknown"
}

// String is the global as the text format writes it.
func (g Global) String() string {
	t := g.Type.String()
	if g.Mutable {
		t = "(mut " + t + ")"
	}
	if g.Shared {
		t = "shared " + t
	}
	return "(global " + t + ")"
}

// String is the memory as the text format writes it, without its keyword.
func (m Memory) String() string {
	s := m.Limits.String()
	if m.PageBits != 16 {
		s += fmt.Sprintf(" (pagesize %d)", uint64(1)<<m.PageBits)
	}
	return s
}

// String is the limits as the text format writes them, with a space in front.
func (l Limits) String() string {
	s := fmt.Sprintf(" %d", l.Min)
	if l.Is64 {
		s = " i64" + s
	}
	if l.HasMax {
		s += fmt.Sprintf(" %d", l.Max)
	}
	if l.Shared {
		s += " shared"
	}
	return s
}

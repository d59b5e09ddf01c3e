package wazero

import (
	"reflect"
	"sort"

	"github.com/tetratelabs/wazero/api"
)

// wazero does not say where in a function it trapped unless its modules carry debug
// information, and with it a table of 16 bytes for every call and memory access
// that it reads, at each start, eight bytes at a time: a warm load of 3 MB took
// four times as long. What it knows is in its structs, so this file reads, by
// reflection and without changing anything, their fields. Where they are not as
// expected there is no place to tell, and traps are reported without.

// dig follows fields by name, through pointers and interfaces. The result is not
// valid if there is no such field.
func dig(v reflect.Value, path ...string) reflect.Value {
	for _, name := range path {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		v = v.FieldByName(name)
	}
	return v
}

func digUint(v reflect.Value, path ...string) uint64 {
	switch v = dig(v, path...); v.Kind() {
	case reflect.Uintptr, reflect.Uint64:
		return v.Uint()
	case reflect.Pointer:
		return uint64(v.Pointer())
	}
	return 0
}

// machineStack is the stack of a call of wazero's compiler that did not return.
type machineStack struct {
	bytes     []byte
	base      uint64 // address of bytes
	sp, fp    uint64 // at the last exit from machine code
	returnsTo uint64 // of that exit
}

// machineStackOf returns the stack of fn's last call, false if it is not known.
func machineStackOf(fn api.Function) (machineStack, bool) {
	v := reflect.ValueOf(fn)
	stack := dig(v, "stack")
	s := machineStack{
		sp:        digUint(v, "execCtx", "stackPointerBeforeGoCall"),
		fp:        digUint(v, "execCtx", "framePointerBeforeGoCall"),
		returnsTo: digUint(v, "execCtx", "goCallReturnAddress"),
	}
	if stack.Kind() != reflect.Slice || stack.Type().Elem().Kind() != reflect.Uint8 || s.sp == 0 || s.returnsTo == 0 {
		return s, false
	}
	s.bytes, s.base = stack.Bytes(), uint64(stack.Pointer())
	return s, true
}

// word returns the 64-bit word at an address of the stack.
func (s *machineStack) word(address uint64) (uint64, bool) {
	at := address - s.base
	if address < s.base || at+8 > uint64(len(s.bytes)) {
		return 0, false
	}
	w := uint64(0)
	for i := range 8 {
		w |= uint64(s.bytes[int(at)+i]) << (8 * i)
	}
	return w, true
}

// machineCode is the machine code of an instantiated or compiled module.
type machineCode struct {
	base, size uint64
	offsets    reflect.Value // []int by function, those imported left out
	sources    reflect.Value // the table of debug information
}

// machineCodeOf reads wazero's compiledModule.
func machineCodeOf(compiled reflect.Value) (machineCode, bool) {
	code := dig(compiled, "executables", "executable")
	c := machineCode{offsets: dig(compiled, "functionOffsets"), sources: dig(compiled, "sourceMap")}
	if code.Kind() != reflect.Slice || code.Len() == 0 ||
		c.offsets.Kind() != reflect.Slice || c.offsets.Type().Elem().Kind() != reflect.Int {
		return c, false
	}
	c.base, c.size = uint64(code.Pointer()), uint64(code.Len())
	return c, true
}

// instanceCode returns the code of an instance's module, its name, and how many
// functions it imports.
func instanceCode(mod api.Module) (code machineCode, id string, imported int, ok bool) {
	v := reflect.ValueOf(mod)
	name, count := dig(v, "Source", "NameSection", "ModuleName"), dig(v, "Source", "ImportFunctionCount")
	if name.Kind() != reflect.String || count.Kind() != reflect.Uint32 {
		return code, "", 0, false
	}
	code, ok = machineCodeOf(dig(v, "Engine", "parent"))
	return code, name.String(), int(count.Uint()), ok
}

// function returns the function an address is in, imported ones left out, and where
// the function begins and ends.
func (c machineCode) function(address uint64) (index int, begin, end uint64, ok bool) {
	if address <= c.base || address > c.base+c.size {
		return 0, 0, 0, false
	}
	at, n := int64(address-c.base), c.offsets.Len()
	index = sort.Search(n, func(i int) bool { return c.offsets.Index(i).Int() >= at }) - 1
	if index < 0 {
		return 0, 0, 0, false
	}
	begin, end = c.bounds(index)
	return index, begin, end, true
}

// bounds returns where a function begins and ends.
func (c machineCode) bounds(index int) (begin, end uint64) {
	begin, end = c.base+uint64(c.offsets.Index(index).Int()), c.base+c.size
	if index+1 < c.offsets.Len() {
		end = c.base + uint64(c.offsets.Index(index+1).Int())
	}
	return begin, end
}

// source returns the offset in the code section of the instruction that the machine
// code before an address is of.
func (c machineCode) source(address uint64) (int, bool) {
	from, to := dig(c.sources, "executableOffsets"), dig(c.sources, "wasmBinaryOffsets")
	if from.Kind() != reflect.Slice || to.Kind() != reflect.Slice || from.Len() != to.Len() ||
		from.Type().Elem().Kind() != reflect.Uintptr || to.Type().Elem().Kind() != reflect.Uint64 {
		return 0, false
	}
	i := sort.Search(from.Len(), func(i int) bool { return from.Index(i).Uint() >= address }) - 1
	if i < 0 {
		return 0, false
	}
	return int(to.Index(i).Uint()), true
}

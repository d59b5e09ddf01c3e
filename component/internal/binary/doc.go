// Package binary decodes the component binary format into a syntax tree.
//
//	c, err := binary.Decode(b, binary.Limits{})
//	for _, d := range c.Defs {
//		switch d := d.(type) {
//		case *binary.CoreModule: // d.Bytes is a slice of b
//		}
//	}
//
// A component is a preamble and sections:
//
//	00 61 73 6d  0d 00  01 00     magic, version 13, layer 1 (a component)
//	id:u8 size:u32 content...     section, any order, any number
//
// The decoder checks the grammar and nothing else: indices, names and types are
// left to validation. It slices its input and copies only names, so the input
// must not change while the tree is in use.
//
// No input makes it panic or hang. What it allocates is proportional to the
// input, with a bound on nesting: a claimed count or size larger than what is
// left is an error before anything is allocated for it. Its errors are
// *DecodeError, with the offset of the offending byte.
//
// Decode may be called from any number of goroutines. A tree is never modified
// once decoded.
package binary

// Package cabi moves component values between Go and guest memory, and between
// guests, by the rules of the Canonical ABI.
//
// To lift is to take a value out of a guest, to lower is to put one in. How is
// compiled once into a plan, from a WIT type and a Go type:
//
//	p, err := env.Compile(witType, reflect.TypeFor[MyRecord]())
//	...
//	cx.Begin()
//	err = p.LiftFlat(cx, stack, reflect.ValueOf(&rec).Elem())
//
// A [Mover] does the same between two guests, without a Go value between them. A
// [Context] is one side of one call: the guest's memory, its realloc, its handle
// table, the handles it lent, and what may still be lifted.
//
// # Hostile input
//
// Every pointer, length, discriminant, code point, handle and every result of
// realloc comes from a guest that may lie. Each is checked, alignment before bounds;
// what is wrong is a *Trap, never clamped and never a panic. Host memory taken by
// lifting is charged to the Context's budget before it is allocated.
//
// # Concurrency
//
// Plans and movers are immutable and safe for concurrent use. Contexts, instances and
// tables are for one goroutine at a time.
package cabi

// Package elab elaborates a decoded component: it validates it and turns it into
// a flat [Program] that instantiates it.
//
//	p, err := elab.Elaborate(tree, elab.Options{})
//	for _, s := range p.Steps { ... }
//
// # One walk
//
// What a component does when it is instantiated is fixed by its bytes: which core modules are
// instantiated, with what, in what order. So definitions are evaluated once,
// abstractly: an index space holds entities (a function, a type, an instance
// with its exports), never running things, and evaluating a definition appends
// an entity. Imports of the root are made up from their declared types.
//
// A component is evaluated
//
//   - where it is defined, with made-up imports and all checks: this is validation,
//   - again for each instantiation, with the actual arguments, no checks and,
//     if the instantiation really happens, with steps emitted. Each run makes
//     fresh resource types, so generativity needs no rule of its own.
//
// Component and instance types are closures (declarators and the scope they stand in) that
// are run the same way. Running one with made-up exports gives what an import of
// that type is; running one against an actual instance is the subtype check, and gives
// the view of the instance through the type. There is no substitution of types,
// except that a resource type hidden by an ascription is replaced by the actual one when a
// step is emitted.
//
// # Two notions of type
//
// Structural equality is pointer equality of a [types.Type]. But a type used in an
// import or export must have been imported or exported itself ("external visibility"),
// and that is about definitions, not structures: two records with the same
// fields are two definitions. So index spaces of types hold nodes, which
// remember what they are made of, and each import and export of a type makes a new node.
//
// # Hostile input
//
// No tree that package binary decodes makes this package panic, hang, or use
// memory out of proportion. Work is counted: nested double instantiations and
// types that share parts can ask for 2^n steps, and get a [*LimitError] after
// [Limits].MaxSteps of them. A component that breaks a rule gives a
// [*ValidationError], one that uses what is not built a [*UnsupportedError].
//
// Functions of this package are safe for concurrent use.
package elab

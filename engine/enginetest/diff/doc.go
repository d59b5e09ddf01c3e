// Package diff finds disagreements between engines: it makes core modules that are
// rich in what compilers get wrong, runs them, and describes what happened so that
// two descriptions can be compared.
//
//	p := diff.Generate(diff.Seed{Number: 7})
//	if line := diff.Disagreement(t, compiler, interpreter, p); line != "" {
//		t.Error(line)
//	}
//
// A program is a pure function of its seed, valid, ends on its own and never
// overflows a stack: its functions call only earlier ones, and every loop and
// every function takes from a budget in a global. So whatever an engine does
// otherwise is a fault of an engine, not of the program.
//
// # NaN
//
// WebAssembly leaves the bits of a NaN to the engine, so no program looks at them:
// where a float becomes bits (reinterpretation, a store, the sign copysign takes, a
// lane of a vector) generated code first puts the canonical NaN in the place of any
// other, and Observe does the same with results and globals. Everything else must
// agree bit by bit: results, the code of a trap, memory and globals, also those a
// trap leaves behind. An element of a table that is null counts as one that is not
// there: wazero does not tell them apart.
//
// It is for tests: nothing here reads hostile bytes, and only Seed comes from a
// fuzzer. All functions are safe for concurrent use.
package diff

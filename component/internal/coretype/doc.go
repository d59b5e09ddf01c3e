// Package coretype reads the types of core modules: what they import and what
// they export, not their code.
//
//	m, err := coretype.Parse(wasm, coretype.Options{})
//	for _, i := range m.Imports {
//		fmt.Println(i.Module, i.Name, i.Type)
//	}
//
// It also reads the module types that a component spells out, and says which
// type may stand for which ([Match], [MatchModule]).
//
// A module that Parse accepts is not valid on that account: the engine validates
// it. No input makes the package panic or allocate more than in proportion to
// the input; errors are *binread.Error with an offset.
//
// Functions may be called from any number of goroutines. Types are shared and
// never modified.
package coretype

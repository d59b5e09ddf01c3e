package rewrite

import "github.com/berth-cli/berth/engine"

// Fits reports whether an extern of type got, with the size it has now as its
// minimum, may be imported as want.
//
// WebAssembly core specification, "Import Subtyping".
func Fits(want, got engine.ExternType) bool {
	if want.Kind != got.Kind {
		return false
	}
	switch want.Kind {
	case engine.KindFunc, engine.KindTag:
		return want.Func.Equal(got.Func)
	case engine.KindGlobal:
		return want.Val == got.Val && want.Mutable == got.Mutable
	case engine.KindTable:
		return want.Val == got.Val && limitsFit(want.Limits, got.Limits)
	}
	return limitsFit(want.Limits, got.Limits)
}

func limitsFit(want, got engine.Limits) bool {
	return want.Is64 == got.Is64 && got.Min >= want.Min && (!want.HasMax || got.HasMax && got.Max <= want.Max)
}

package engine

import "context"

// compileKey is the key of a context's value.
type compileKey struct{}

// defaultCompileBytes is what compiling may take where nobody says.
const defaultCompileBytes = 2 << 30

// LimitCompile returns a context under which compiling one module may take about that
// many bytes of memory. An engine estimates what it takes of the code, from above,
// before it begins; beyond it Engine.Compile returns *LimitError, of "MaxCompileBytes".
// What comes from a cache is not compiled. 0: as without, 2 GiB.
//
// It is of the context because engines are shared by those who have different limits.
func LimitCompile(ctx context.Context, maxBytes uint64) context.Context {
	return context.WithValue(ctx, compileKey{}, maxBytes)
}

// CheckCompile is for engines: it returns *LimitError if compiling takes more than
// the context allows.
func CheckCompile(ctx context.Context, bytes uint64) error {
	most, _ := ctx.Value(compileKey{}).(uint64)
	if most == 0 {
		most = defaultCompileBytes
	}
	if bytes > most {
		return &LimitError{Limit: "MaxCompileBytes", Max: most, Want: bytes}
	}
	return nil
}

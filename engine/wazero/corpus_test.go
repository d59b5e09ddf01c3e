package wazero_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	wz "github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/berth-cli/berth/engine/internal/multimem"
	"github.com/berth-cli/berth/engine/wazero"
)

// specTests returns the folder of the core specification tests that come with the
// wazero module.
func specTests(t *testing.T) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
	if _, serr := os.Stat(dir); err != nil || serr != nil {
		t.Skipf("the wazero module's source is not here: %v, %v", err, serr)
	}
	return dir
}

// TestAcceptsAsWazero compiles every module of the specification tests, valid or
// not, with and without rewriting: the verdicts must agree.
func TestAcceptsAsWazero(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("compiles some thousand modules")
	}
	eng := newEngine(wazero.Config{Interpreter: true})(t)
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst
	raw := wz.NewRuntimeWithConfig(t.Context(), wz.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
	defer raw.Close(t.Context())

	var files []string
	for _, suite := range []string{"v1", "v2", "tail-call", "extended-const"} {
		found, err := filepath.Glob(filepath.Join(specTests(t), suite, "testdata", "*.wasm"))
		if err != nil || len(found) == 0 {
			t.Fatalf("suite %s: no modules found: %v", suite, err)
		}
		files = append(files, found...)
	}
	for _, f := range files {
		wasm, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code, rawErr := raw.CompileModule(t.Context(), wasm)
		if rawErr == nil {
			code.Close(t.Context())
		}
		m, err := eng.Compile(t.Context(), wasm)
		if err == nil {
			m.Close()
		}
		if (err == nil) != (rawErr == nil) && !knownDifference(wasm, err, rawErr) {
			t.Errorf("%s: rewritten: %v; as it is: %v", strings.TrimPrefix(f, specTests(t)), err, rawErr)
		}
	}
	t.Logf("%d modules", len(files))
}

// knownDifference reports whether rewriting changed a verdict as it should: it
// links imports without a name, takes modules with several memories apart, and
// refuses mutable globals in constant expressions, which wazero lets pass.
func knownDifference(wasm []byte, err, rawErr error) bool {
	if err == nil {
		return multimem.Needed(wasm) || strings.Contains(rawErr.Error(), "has an empty module name")
	}
	return strings.Contains(err.Error(), "mutable global 0 in a constant expression")
}

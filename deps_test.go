package berth_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/berth-cli/berth/"

// A rule is what a package may import of ours and of others, beside the standard
// library. A name that ends in "/" stands for everything below it.
type rule struct {
	pkg    string
	ours   []string
	others []string
}

// rules is the drawing of who may import whom; the first rule that fits counts.
// What is not named here may not exist.
var rules = []rule{
	{"engine", nil, nil},
	{"engine/cache", []string{"internal/atomicfile"}, nil},
	{"engine/internal/", []string{"engine", "engine/internal/", "internal/binread"}, nil},
	{"engine/enginetest", []string{"engine", "engine/enginetest/"}, nil},
	{"engine/enginetest/testengine", []string{"engine", "engine/wazero", "engine/wasmtime"}, nil},
	{"engine/enginetest/diff", []string{"engine", "engine/enginetest/wasmtest"}, nil},
	{"engine/enginetest/", []string{"engine"}, nil},
	{"engine/wazero", []string{"engine", "engine/cache", "engine/internal/"}, []string{"github.com/tetratelabs/wazero"}},
	{"engine/wasmtime", []string{"engine", "engine/cache", "engine/internal/"}, []string{"github.com/bytecodealliance/wasmtime-go"}},
	{"component", []string{"engine", "component/internal/", "internal/binread"}, nil},
	{"component/internal/", []string{"engine", "component", "component/internal/", "internal/binread"}, nil},
	{"wasi", []string{"component"}, []string{"golang.org/x/sys"}},
	{"plugin", []string{"component", "engine", "wasi", "plugin/internal/"}, nil},
	{"plugin/internal/", nil, nil},
	{"plugin/icpsync", []string{"component", "engine", "wasi", "plugin"}, nil},
	{"internal/binread", nil, nil},
	{"internal/atomicfile", nil, []string{"golang.org/x/sys"}},
	{"internal/fetch", []string{"internal/atomicfile"}, []string{"github.com/gofrs/flock"}},
	{"internal/project", []string{"internal/ic/principal"}, []string{"github.com/goccy/go-yaml"}},
	{"internal/ic/principal", nil, nil},
	{"internal/ic/candid", []string{"internal/ic/principal"}, nil},
	{"internal/ic/identity", []string{"internal/ic/principal"}, []string{"github.com/decred/dcrd/"}},
	{"internal/ic/cert", []string{"internal/ic/principal"}, []string{"github.com/fxamacker/cbor", "github.com/consensys/gnark-crypto"}},
	{"internal/ic/cert/", []string{"internal/ic/principal", "internal/ic/cert"}, []string{"github.com/fxamacker/cbor", "github.com/consensys/gnark-crypto"}},
	{"internal/ic/agent", []string{"internal/ic/principal", "internal/ic/candid", "internal/ic/identity", "internal/ic/cert"},
		[]string{"github.com/fxamacker/cbor"}},
	{"internal/ic/agent/", []string{"internal/ic/principal", "internal/ic/candid", "internal/ic/agent"}, nil},
	// The network and the agent share no code that could hide a mistake of both.
	{"internal/localnet", []string{
		"engine", "internal/localnet/", "internal/atomicfile",
		"internal/ic/principal", "internal/ic/candid", "internal/ic/identity", "internal/ic/cert",
	}, []string{"github.com/fxamacker/cbor", "github.com/consensys/gnark-crypto", "github.com/decred/dcrd/", "github.com/gofrs/flock"}},
	{"internal/localnet/", []string{
		"engine", "internal/localnet/", "internal/atomicfile",
		"internal/ic/principal", "internal/ic/candid", "internal/ic/identity", "internal/ic/cert",
	}, []string{"github.com/fxamacker/cbor", "github.com/consensys/gnark-crypto", "github.com/decred/dcrd/", "github.com/gofrs/flock"}},
	{"internal/interop", nil, nil}, // only tests
	// Beside internal/deploy, which runs script steps, only the worker starts a
	// program: berth itself.
	{"internal/worker", []string{
		"component", "engine/cache", "plugin", "plugin/icpsync", "internal/worker/wire", "internal/worker/jail",
	}, []string{"golang.org/x/sys"}},
	{"internal/worker/wire", []string{"component", "engine", "plugin", "plugin/icpsync"}, nil},
	{"internal/worker/jail", nil, []string{"golang.org/x/sys"}},
	{"internal/deploy", []string{
		"internal/project", "internal/fetch", "internal/ic/", "internal/localnet", "internal/atomicfile", "internal/worker",
		"component", "plugin", "plugin/icpsync", "guests", "engine",
	}, []string{"github.com/gofrs/flock"}},
	{"internal/cli", []string{
		"component", "engine", "engine/", "wasi", "plugin", "plugin/", "internal/", "guests",
	}, []string{"github.com/spf13/cobra", "golang.org/x/term", "github.com/ianlancetaylor/demangle"}},
	{"cmd/berth", []string{"internal/cli"}, nil},
	{"guests", nil, nil},
	{"examples/", []string{"component", "engine/wazero", "plugin", "wasi"}, nil}, // what an embedder may
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestImports(t *testing.T) {
	packages := list(t, "./...")
	if len(packages) == 0 {
		t.Fatal("no packages")
	}
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name+"/" == module {
			continue
		}
		r, ok := ruleFor(name)
		if !ok {
			t.Errorf("package %s is not in the drawing: add a rule, and the reason to RATIONALE.md", name)
			continue
		}
		for _, imported := range p.Imports {
			if !r.allows(imported) {
				t.Errorf("%s imports %s, which its rule does not allow", name, imported)
			}
		}
	}
}

// TestEmbedderGraph checks that who embeds plugins gets no command line, registry
// or cryptography of ours with them.
func TestEmbedderGraph(t *testing.T) {
	allowed := []string{module, "github.com/tetratelabs/wazero", "golang.org/x/sys"}
	packages := list(t, "-deps", "./component/...", "./plugin/...", "./wasi/...", "./engine/wazero")
	for _, p := range packages {
		if !p.Standard && !hasPrefix(p.ImportPath, allowed) && !strings.HasPrefix(p.ImportPath, "vendor/") {
			t.Errorf("an embedder gets %s", p.ImportPath)
		}
		if strings.HasPrefix(p.ImportPath, module+"internal/ic/") || p.ImportPath == module+"internal/localnet" {
			t.Errorf("an embedder gets %s", p.ImportPath)
		}
	}
}

func ruleFor(name string) (rule, bool) {
	for _, r := range rules {
		if fits(name, r.pkg) {
			return r, true
		}
	}
	return rule{}, false
}

func (r rule) allows(imported string) bool {
	if ours, ok := strings.CutPrefix(imported, module); ok {
		return hasFit(ours, r.ours)
	}
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") || hasPrefix(imported, r.others)
}

func fits(name, pattern string) bool {
	return name == pattern || strings.HasSuffix(pattern, "/") && strings.HasPrefix(name, pattern)
}

func hasFit(name string, patterns []string) bool {
	for _, p := range patterns {
		if fits(name, p) {
			return true
		}
	}
	return false
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Standard"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

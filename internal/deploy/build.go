package deploy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/berth-cli/berth/internal/project"
)

var errNoOutput = errors.New("build did not produce a wasm output file")

// Build builds canisters and returns their modules by name. It needs no network.
// The error is *FailedError.
func (d *Deployer) Build(ctx context.Context, canisters []*project.Canister) (map[string][]byte, error) {
	d.Report.Phase("Building canisters:")
	built := make(chan module, len(canisters))
	err := d.phase(ctx, "build", canisters, func(ctx context.Context, c *project.Canister, out *output) (string, error) {
		wasm, err := d.build(ctx, c, out)
		if err != nil {
			return "", err
		}
		built <- module{c.Name, wasm}
		return "Built successfully", nil
	})
	close(built)
	modules := make(map[string][]byte)
	for m := range built {
		modules[m.canister] = m.wasm
	}
	return modules, err
}

type module struct {
	canister string
	wasm     []byte
}

// build runs the steps of one canister, which share one output file.
func (d *Deployer) build(ctx context.Context, c *project.Canister, out *output) ([]byte, error) {
	dir, err := os.MkdirTemp("", "berth-build-")
	if err != nil {
		return nil, fmt.Errorf("make build folder: %w", err)
	}
	defer os.RemoveAll(dir)
	target := filepath.Join(dir, "out.wasm")
	for i, step := range c.Build {
		out.Step(fmt.Sprintf("Building: step %d of %d %s", i+1, len(c.Build), buildTitle(step)))
		if err := d.buildStep(ctx, c, step, target, out); err != nil {
			return nil, err
		}
	}
	wasm, err := os.ReadFile(target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoOutput
	}
	if err != nil {
		return nil, fmt.Errorf("read what was built: %w", err)
	}
	return wasm, ProjectArtifacts(d.Project.Dir).Save(ctx, c.Name, wasm)
}

func (d *Deployer) buildStep(
	ctx context.Context, c *project.Canister, step project.BuildStep, target string, out *output,
) error {
	switch s := step.(type) {
	case *project.ScriptStep:
		vars := []string{"ICP_WASM_OUTPUT_PATH=" + target, "ICP_CLI_ENVIRONMENT=" + d.Environment.Name}
		return d.shell(c, vars).run(ctx, s, out.Line)
	case *project.PrebuiltStep:
		wasm, err := d.wasm(ctx, c, s.Wasm, out)
		if err != nil {
			return err
		}
		out.Line("Writing WASM file: " + target)
		return os.WriteFile(target, wasm, 0o600)
	}
	return fmt.Errorf("build step %T is unknown", step)
}

func buildTitle(step project.BuildStep) string {
	switch s := step.(type) {
	case *project.ScriptStep:
		return s.Title()
	case *project.PrebuiltStep:
		if s.Wasm.Path != "" {
			return "pre-built path: " + s.Wasm.Path
		}
		return "pre-built url: " + s.Wasm.URL
	}
	return ""
}

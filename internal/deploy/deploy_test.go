package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/plugin"
	"golang.org/x/tools/txtar"
)

// guest returns the absolute path of a built guest, with slashes.
func guest(t testing.TB, name string) string {
	t.Helper()
	abs, err := filepath.Abs(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(abs)
}

func seedPlugin(t testing.TB) string { return guest(t, "examples/seed-data/seed-plugin.wasm") }
func seeding(t testing.TB) string    { return guest(t, "examples/seed-data/seeding.wasm") }
func hostile(t testing.TB) string    { return guest(t, "guests/hostile-c/sync.wasm") }

// lay writes the files of a txtar text into a new folder and loads the project in
// it. $SEEDING and the like stand for the guests.
func lay(t *testing.T, files string) *project.Project {
	t.Helper()
	dir := t.TempDir()
	files = strings.NewReplacer("$SEEDING", seeding(t), "$PLUGIN", seedPlugin(t), "$HOSTILE", hostile(t),
		"$PAGER", guest(t, "guests/pager/plugin.wasm"), "$LISTING", guest(t, "guests/pager/canister.wasm")).Replace(files)
	for _, f := range txtar.Parse([]byte(files)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recorder is a deploy.Reporter that remembers.
type recorder struct {
	mu     sync.Mutex
	events []string // "phase …", "result …", "[name] step …", "[name] line …", "[name] end …", "[name] notice …"
}

var _ deploy.Reporter = (*recorder)(nil)

func (r *recorder) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *recorder) Phase(title string)                { r.add("phase %s", title) }
func (r *recorder) Result(line string)                { r.add("result %s", line) }
func (r *recorder) Notice(canister, line string)      { r.add("[%s] notice %s", canister, line) }
func (r *recorder) Warn(canister, line string)        { r.add("[%s] warning %s", canister, line) }
func (r *recorder) Canister(n string) deploy.Progress { return &part{r, n} }

type part struct {
	*recorder
	name string
}

func (p *part) Step(title string) { p.add("[%s] step %s", p.name, title) }
func (p *part) Line(text string)  { p.add("[%s] line %s", p.name, text) }
func (p *part) Running(look func() plugin.Activity) {
	p.add("[%s] running %d", p.name, len(look().Calls))
}
func (p *part) End(message string, failed bool) {
	p.add("[%s] end %s", p.name, message)
}

// with returns the rest of the events that begin with a text.
func (r *recorder) with(prefix string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, e := range r.events {
		if rest, ok := strings.CutPrefix(e, prefix); ok {
			out = append(out, rest)
		}
	}
	return out
}

// said returns what the steps of a canister said, but what a build says of itself.
func (r *recorder) said(canister string) []string {
	return slices.DeleteFunc(r.with("["+canister+"] line "), func(l string) bool {
		return strings.HasPrefix(l, "Writing WASM file: ")
	})
}

// index is where the first event that begins with a text is, -1 if there is none.
func (r *recorder) index(prefix string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.IndexFunc(r.events, func(e string) bool { return strings.HasPrefix(e, prefix) })
}

// engines is the engine that all tests share.
var engines = sync.OnceValues(func() (engine.Engine, error) { return wazero.New(wazero.Config{}) })

// newDeployer returns a deployer of an environment on the network inside the
// program, or wherever the environment's network is, as the anonymous identity.
func newDeployer(t *testing.T, p *project.Project, environment string) (*deploy.Deployer, *recorder) {
	t.Helper()
	env, err := p.Environment(environment)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d := &deploy.Deployer{
		Project: p, Environment: env, Limits: plugin.DefaultLimits(), Report: r,
		PackageDir: filepath.Join(p.Dir, "pkg"), Environ: []string{"PATH=" + os.Getenv("PATH")},
		Plugins: func() (*plugin.Host, error) {
			eng, err := engines()
			if err != nil {
				return nil, err
			}
			return plugin.NewHost(plugin.Config{Engine: eng})
		},
		Open: func(ctx context.Context) (*deploy.Network, error) {
			return deploy.OpenNetwork(ctx, networkConfig(p, env))
		},
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return d, r
}

func networkConfig(p *project.Project, env *project.Environment) deploy.NetworkConfig {
	return deploy.NetworkConfig{
		ProjectDir: p.Dir, Environment: env, Engine: engines,
		Signer: agent.SignerRequest{Identity: identity.Anonymous(), Name: identity.AnonymousName},
	}
}

// deployAll deploys all canisters of the environment.
func deployAll(t *testing.T, d *deploy.Deployer) error {
	t.Helper()
	_, err := d.Deploy(t.Context(), d.Environment.Canisters, deploy.Auto)
	return err
}

// one is a manifest of a canister "c" with these sync steps.
func one(steps string) string {
	return `
-- icp.yaml --
canisters:
  - name: c
    build: {steps: [{type: pre-built, path: $SEEDING}]}
    sync: {steps: [` + steps + `]}
`
}

// onlyFailure returns what became of the one canister that failed.
func onlyFailure(t *testing.T, err error) deploy.Failure {
	t.Helper()
	failed, ok := errors.AsType[*deploy.FailedError](err)
	if !ok || len(failed.Failures) != 1 {
		t.Fatalf("error = %v, want *FailedError of one canister", err)
	}
	return failed.Failures[0]
}

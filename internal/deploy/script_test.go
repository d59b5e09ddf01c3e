package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// TestScriptVariables checks what sync scripts are told, in which order, and that
// they have berth's own environment beside it.
func TestScriptVariables(t *testing.T) {
	needShell(t)
	p := lay(t, `
-- icp.yaml --
canisters:
  - name: my-web
    build: {steps: [{type: pre-built, path: $SEEDING}]}
    sync: {steps: [{type: script, command: 'env | grep -e ^ICP_ -e ^INHERITED'}]}
  - name: api
    build: {steps: [{type: pre-built, path: $SEEDING}]}
environments:
  - {name: dev, network: local}
`)
	d, r := newDeployer(t, p, "dev")
	d.Environ = append(d.Environ, "INHERITED=yes", "ICP_CLI_CID=overlaid")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	created := r.with("result Created canister ")
	if len(created) != 2 {
		t.Fatalf("created = %q", created)
	}
	web := strings.TrimPrefix(created[0], "my-web with ID ")
	api := strings.TrimPrefix(created[1], "api with ID ")
	want := []string{
		"ICP_CLI_CID=" + web, "ICP_CLI_CID_API=" + api, "ICP_CLI_CID_MY_WEB=" + web,
		"ICP_CLI_ENVIRONMENT=dev", "ICP_CLI_NETWORK=local", "INHERITED=yes",
	}
	got := r.said("my-web")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("environment of the script:\n%q\nwant\n%q", got, want)
	}
}

func TestIDVariables(t *testing.T) {
	ids := map[string]principal.Principal{"my-web": principal.Management(), "dep:api": principal.Anonymous(), "Ünï": principal.Anonymous()}
	want := []string{"ICP_CLI_CID_DEP_API=2vxsx-fae", "ICP_CLI_CID_MY_WEB=aaaaa-aa", "ICP_CLI_CID__N_=2vxsx-fae"}
	if got := deploy.IDVars(ids); !slices.Equal(got, want) {
		t.Errorf("IDVars = %q, want %q", got, want)
	}
}

func TestScriptReadsStandardInput(t *testing.T) {
	needShell(t)
	p := lay(t, one("{type: script, command: 'read word; echo got $word'}"))
	d, r := newDeployer(t, p, "local")
	d.Stdin = strings.NewReader("typed\n")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	if got := r.said("c"); !slices.Equal(got, []string{"got typed"}) {
		t.Errorf("lines = %q", got)
	}
}

func TestScriptFailure(t *testing.T) {
	needShell(t)
	p := lay(t, one("{type: script, commands: ['echo out; echo err >&2; exit 4', 'echo never']}, {type: script, command: 'echo never'}"))
	d, r := newDeployer(t, p, "local")
	err := deployAll(t, d)
	failure := onlyFailure(t, err)
	want := "script sync step failed: command 'echo out; echo err >&2; exit 4' failed with status code 4"
	if failure.Err.Error() != want || !isA[*deploy.CommandError](failure.Err) {
		t.Errorf("failure = %v, want %q", failure.Err, want)
	}
	if got := r.said("c"); !slices.Equal(got, []string{"out", "err"}) {
		t.Errorf("lines = %q, want what the command said and nothing after it", got)
	}
}

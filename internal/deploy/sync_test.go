package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
)

// TestDeployOrder checks that each phase ends before the next one begins.
func TestDeployOrder(t *testing.T) {
	d, r := newDeployer(t, lay(t, one("{type: plugin, path: $PLUGIN, dirs: [data]}")+"-- data/a.txt --\napple\n"), "local")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, event := range []string{
		"phase Building canisters:", "[c] step Building: step 1 of 1 pre-built", "[c] end Built successfully",
		"phase Creating canisters:", "result Created canister c with ID ",
		"phase Installing canisters:", "[c] step Installing", "[c] end Installed successfully: ",
		"phase Syncing canisters:", "[c] step Syncing: plugin path: ", "[c] line data/a.txt: ok",
		"[c] notice registered 1 item(s) in canister ", "[c] end Synced successfully: ",
	} {
		at := r.index(event)
		if at <= last {
			t.Errorf("event %q is number %d, want it after %d in\n%s", event, at, last, strings.Join(r.events, "\n"))
		}
		last = at
	}
}

func TestSyncStepsStopAtTheFirstFailure(t *testing.T) {
	needShell(t)
	p := lay(t, `
-- icp.yaml --
canisters:
  - name: bad
    build: {steps: [{type: pre-built, path: $SEEDING}]}
    sync:
      steps:
        - {type: script, command: 'echo first'}
        - {type: script, command: 'echo second; exit 1'}
        - {type: script, command: 'echo third'}
  - name: good
    build: {steps: [{type: pre-built, path: $SEEDING}]}
    sync: {steps: [{type: script, command: 'echo one'}, {type: script, command: 'echo two'}]}
  - name: worse
    build: {steps: [{type: pre-built, path: $SEEDING}]}
    sync: {steps: [{type: plugin, path: missing.wasm}]}
`)
	d, r := newDeployer(t, p, "local")
	d.Jobs = 1
	err := deployAll(t, d)
	if err == nil || err.Error() != `Canister(s) ["bad" "worse"] failed to sync.` {
		t.Fatalf("Deploy = %v, want the names of both that failed", err)
	}
	if got := r.said("bad"); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("steps of the one that failed said %q", got)
	}
	if got := r.said("good"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("steps of the one beside it said %q, want all of it", got)
	}
	ends := r.with("[good] end ")
	if !strings.HasPrefix(ends[len(ends)-1], "Synced successfully: ") {
		t.Errorf("ends = %q", ends)
	}
}

func TestSyncNothingToDo(t *testing.T) {
	d, r := newDeployer(t, lay(t, one("")), "local")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	if r.index("phase No canisters have sync steps configured") < 0 || r.index("phase Syncing") >= 0 {
		t.Errorf("events = %q", r.events)
	}
}

func TestSyncWithoutID(t *testing.T) {
	d, _ := newDeployer(t, lay(t, one("{type: plugin, path: $PLUGIN}")), "local")
	_, err := d.SyncAll(t.Context(), d.Environment.Canisters)
	want := "failed to lookup canister ID for canister 'c' in environment 'local': " +
		"could not find ID for canister 'c' in environment 'local'"
	if !isA[*deploy.NoIDError](err) || err.Error() != want {
		t.Errorf("SyncAll = %v, want %q", err, want)
	}
}

// TestSyncNeedsRunningCanisters checks that nothing runs if one canister does not.
func TestSyncNeedsRunningCanisters(t *testing.T) {
	needShell(t)
	s := serveNetwork(t, localnet.Config{})
	p, canister := s.project(t, "{type: script, command: 'echo ran'}", "")
	if err := mgmt.New(s.agent(t)).Stop(t.Context(), canister); err != nil {
		t.Fatal(err)
	}
	d, r := newDeployer(t, p, "far")
	_, err := d.SyncAll(t.Context(), d.Environment.Canisters)
	want := "Canister " + canister.String() + " is Stopped; asset sync requires it to be Running. " +
		"Start it with `berth canister start c -e far` and retry."
	if !isA[*deploy.NotRunningError](err) || err.Error() != want {
		t.Errorf("SyncAll = %v, want %q", err, want)
	}
	if r.index("[c]") >= 0 {
		t.Errorf("events = %q, want that no step ran", r.events)
	}
}

// TestSyncAsksThroughTheProxy checks that with a proxy the status is asked by it.
func TestSyncAsksThroughTheProxy(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p, canister := s.project(t, "{type: plugin, path: $PLUGIN}", "")
	proxy := s.create(t, guest(t, "guests/proxy/proxy.wasm"))
	only := []principal.Principal{proxy}
	if err := mgmt.New(s.agent(t)).UpdateSettings(t.Context(), canister, mgmt.Settings{Controllers: &only}); err != nil {
		t.Fatal(err)
	}
	d, _ := newDeployer(t, p, "far")
	if _, err := d.SyncAll(t.Context(), d.Environment.Canisters); err == nil {
		t.Error("SyncAll without the proxy succeeds though only the proxy controls the canister")
	}
	s.asked("")
	d.Proxy = &proxy
	if _, err := d.SyncAll(t.Context(), d.Environment.Canisters); err != nil {
		t.Errorf("SyncAll through the proxy = %v", err)
	}
	for _, r := range s.asked("call ") {
		if !strings.HasPrefix(r, "call "+proxy.String()+" proxy ") {
			t.Errorf("request %q, want all of them to the proxy", r)
		}
	}
}

// TestSystemCanistersAreRefused checks that no plugin is pointed at one of the
// network's own canisters by a file of ids.
func TestSystemCanistersAreRefused(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p, _ := s.project(t, "{type: plugin, path: $PLUGIN}", "")
	ledger, err := principal.Parse("ryjl3-tyaaa-aaaaa-aaaba-cai")
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []principal.Principal{ledger, principal.Management()} {
		if err := deploy.ConnectedIDs(p.Dir, "far").Set("c", system); err != nil {
			t.Fatal(err)
		}
		d, _ := newDeployer(t, p, "far")
		s.asked("")
		if _, err := d.SyncAll(t.Context(), d.Environment.Canisters); !isA[*deploy.SystemCanisterError](err) {
			t.Errorf("SyncAll of %s = %v, want *SystemCanisterError", system, err)
		}
		if got := s.asked(" "); len(got) > 0 {
			t.Errorf("requests = %q, want none", got)
		}
	}
}

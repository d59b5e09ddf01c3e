package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
)

// TestReadiness checks that a canister which was started is asked until it answers
// twice in a row, and only then synced.
func TestReadiness(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	var probes atomic.Int64
	s.refuse = func(kind, method string) bool {
		// The second and the third probe get no answer from the canister.
		if kind == "query" && strings.Contains(method, "readiness probe") {
			n := probes.Add(1)
			return n == 2 || n == 3
		}
		return false
	}
	p, _ := s.project(t, "{type: plugin, path: $PLUGIN}", "")
	d, r := newDeployer(t, p, "far")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	// One answer, two failures, two answers; the agent repeats a request that failed.
	if n := probes.Load(); n < 4 || r.index("[c] notice registered") < 0 {
		t.Errorf("%d probes, events %q", n, r.events)
	}
}

// TestReadinessWaitsForStarted checks that a canister which says that it is stopped
// is not taken for ready, as nodes that lag behind say of one that was started.
func TestReadinessWaitsForStarted(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p, canister := s.project(t, "{type: plugin, path: $PLUGIN}", "")
	m := mgmt.New(s.agent(t))
	probes := 0
	s.before = func(kind, method string) {
		if kind != "query" || !strings.Contains(method, "readiness probe") {
			return
		}
		probes++
		var err error
		switch probes {
		case 1:
			err = m.Stop(t.Context(), canister)
		case 3:
			err = m.Start(t.Context(), canister)
		}
		if err != nil {
			t.Error(err)
		}
	}
	d, _ := newDeployer(t, p, "far")
	if err := deployAll(t, d); err != nil || probes != 4 {
		t.Errorf("Deploy = %v after %d probes, want 4: two of a stopped canister, two of a running one", err, probes)
	}
}

func TestNotReady(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	s.refuse = func(kind, _ string) bool { return kind == "query" }
	p, canister := s.project(t, "{type: plugin, path: $PLUGIN}", "")
	d, r := newDeployer(t, p, "far")
	d.ReadyWithin = 100 * time.Millisecond
	err := deployAll(t, d)
	want := fmt.Sprintf("canister %s did not start serving queries within 100ms after being started; "+
		"the sync plugin's first call would fail. Re-run the deploy.", canister)
	if !isA[*deploy.NotReadyError](err) || err.Error() != want {
		t.Errorf("Deploy = %v, want %q", err, want)
	}
	if r.index("phase Syncing") >= 0 {
		t.Errorf("events = %q, want that nothing was synced", r.events)
	}
}

// TestRedeployStoppedCanister checks that a canister that was stopped is started
// before it is synced, and runs afterwards.
func TestRedeployStoppedCanister(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p, canister := s.project(t, "{type: plugin, path: $PLUGIN}", "")
	m := mgmt.New(s.agent(t))
	if err := m.Stop(t.Context(), canister); err != nil {
		t.Fatal(err)
	}
	d, r := newDeployer(t, p, "far")
	if err := deployAll(t, d); err != nil {
		t.Fatal(err)
	}
	status, err := m.CanisterStatus(t.Context(), canister)
	if err != nil || status.State != mgmt.Running || r.index("[c] notice registered") < 0 {
		t.Errorf("the canister is %v, %v; events %q", status.State, err, r.events)
	}
}

// TestCreateElsewhere checks that no canister is created where that takes cycles,
// and that nothing is installed then.
func TestCreateElsewhere(t *testing.T) {
	s := serveNetwork(t, localnet.Config{})
	p := lay(t, strings.TrimSuffix(one(""), "\n")+s.connected())
	d, _ := newDeployer(t, p, "far")
	err := deployAll(t, d)
	file := filepath.Join(p.Dir, ".icp", "data", "mappings", "far.ids.json")
	want := "creating canister 'c' in environment 'far' is not supported yet: create it with icp, then put its id into " + file
	if !isA[*deploy.NoCreateError](err) || err.Error() != want {
		t.Errorf("Deploy = %v, want %q", err, want)
	}
	if got := s.asked("call "); len(got) > 0 {
		t.Errorf("requests = %q, want no call", got)
	}
}

// TestUnknownIDsAreReplaced checks that ids of a network whose state is gone do not
// keep anybody from deploying again.
func TestUnknownIDsAreReplaced(t *testing.T) {
	p := lay(t, one(""))
	for range 2 {
		d, r := newDeployer(t, p, "local")
		if err := deployAll(t, d); err != nil {
			t.Fatal(err)
		}
		if len(r.with("result Created canister c with ID ")) != 1 {
			t.Errorf("events = %q, want the canister created", r.events)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(deploy.NetworkDir(p.Dir, "local"), "state")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWaitingForAnotherProcess checks that the user is told who has the network,
// that it is waited for, and not for ever.
func TestWaitingForAnotherProcess(t *testing.T) {
	p := lay(t, one(""))
	env, err := p.Environment("local")
	if err != nil {
		t.Fatal(err)
	}
	first, err := deploy.OpenNetwork(t.Context(), networkConfig(p, env))
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	cfg := networkConfig(p, env)
	cfg.LockWait, cfg.Waiting = 50*time.Millisecond, func(pid int) { told = pid }
	_, err = deploy.OpenNetwork(t.Context(), cfg)
	if locked, ok := errors.AsType[*localnet.LockedError](err); !ok || locked.PID != os.Getpid() || told != os.Getpid() {
		t.Errorf("OpenNetwork = %v, told of process %d, want *localnet.LockedError of this process", err, told)
	}
	cfg.LockWait, cfg.Waiting = time.Minute, func(int) {
		if err := first.Close(); err != nil {
			t.Error(err)
		}
	}
	second, err := deploy.OpenNetwork(t.Context(), cfg)
	if err != nil {
		t.Fatalf("OpenNetwork after the first was closed = %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// TestServe checks that other processes find a network that is served, and that
// nothing of it is left when it ends.
func TestServe(t *testing.T) {
	p := lay(t, one("")+"networks: [{name: local, mode: managed, gateway: {port: 0}}]\n")
	network := networkOf(t, p)
	eng, err := engines()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, ended := make(chan string), make(chan error)
	go func() {
		ended <- deploy.Serve(ctx, p.Dir, network, localnet.Config{Engine: eng}, nil, func(url string) { ready <- url })
	}()
	url := <-ready
	running, err := deploy.FindRunning(p.Dir, "local")
	if err != nil || running == nil || running.URL != url || running.PID != os.Getpid() || running.Foreign {
		t.Errorf("FindRunning = %+v, %v, want this process at %s", running, err, url)
	}
	d, _ := newDeployer(t, p, "local")
	if err := deployAll(t, d); err != nil || d.Network.InProcess() {
		t.Errorf("Deploy = %v, in this process: %v", err, d.Network.InProcess())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if running, err := deploy.FindRunning(p.Dir, "local"); running != nil || err != nil {
		t.Errorf("FindRunning after the end = %+v, %v", running, err)
	}
}

func networkOf(t *testing.T, p *project.Project) *project.Network {
	t.Helper()
	env, err := p.Environment("local")
	if err != nil {
		t.Fatal(err)
	}
	return env.Network
}

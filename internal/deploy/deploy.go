package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
)

// Deployed is a canister and where it is.
type Deployed struct {
	Name string
	ID   principal.Principal
}

// Deploy builds canisters, creates those that do not exist, installs, starts and
// syncs them. A phase begins when the one before it is done for all of them. The
// network is opened after the build.
func (d *Deployer) Deploy(ctx context.Context, canisters []*project.Canister, mode Mode) ([]Deployed, error) {
	if err := d.refuseToCreate(canisters); err != nil {
		return nil, err
	}
	modules, err := d.Build(ctx, canisters)
	if err != nil {
		return nil, err
	}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	if err := d.Create(ctx, canisters); err != nil {
		return nil, err
	}
	if err := d.admitProxy(ctx, canisters); err != nil {
		return nil, err
	}
	if err := d.InstallAll(ctx, canisters, modules, mode); err != nil {
		return nil, err
	}
	if targets := withSteps(canisters); len(targets) > 0 {
		if err := d.start(ctx, targets); err != nil {
			return nil, err
		}
	}
	return d.deployed(canisters), d.Sync(ctx, canisters)
}

// SyncAll opens the network and syncs canisters.
func (d *Deployer) SyncAll(ctx context.Context, canisters []*project.Canister) ([]Deployed, error) {
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	if err := d.admitProxy(ctx, canisters); err != nil {
		return nil, err
	}
	return d.deployed(canisters), d.Sync(ctx, canisters)
}

func (d *Deployer) open(ctx context.Context) (err error) {
	if d.Network == nil {
		d.Network, err = d.Open(ctx)
	}
	return err
}

// Close closes the network, if it was opened.
func (d *Deployer) Close() error { return d.Network.Close() }

func (d *Deployer) deployed(canisters []*project.Canister) []Deployed {
	out := make([]Deployed, 0, len(canisters))
	for _, c := range canisters {
		out = append(out, Deployed{Name: c.Name, ID: d.Network.id(c.Name)})
	}
	return out
}

// start starts canisters and waits until they answer queries.
func (d *Deployer) start(ctx context.Context, canisters []*project.Canister) error {
	for _, c := range canisters {
		id := d.Network.id(c.Name)
		if err := d.management().Start(ctx, id); err != nil {
			return fmt.Errorf("start canister '%s': %w", c.Name, err)
		}
		if err := d.awaitReady(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// How long a started canister may take to answer queries on every node.
const (
	readyWithin    = 30 * time.Second // unless Deployer.ReadyWithin says otherwise
	readyEvery     = 500 * time.Millisecond
	probeTimeout   = 2 * time.Second
	readyInARow    = 2
	readinessProbe = "<berth readiness probe>"
)

// NotReadyError says that a canister was started but does not answer queries.
type NotReadyError struct {
	ID     principal.Principal
	Within time.Duration // how long it was waited for
}

func (e *NotReadyError) Error() string {
	return fmt.Sprintf("canister %s did not start serving queries within %v after being started; "+
		"the sync plugin's first call would fail. Re-run the deploy.", e.ID, e.Within)
}

// awaitReady asks for a method that does not exist, until two answers in a row say
// anything but that the canister is stopped. A network in this process has no node
// that could lag behind.
func (d *Deployer) awaitReady(ctx context.Context, id principal.Principal) error {
	if d.Network.InProcess() {
		return nil
	}
	within := d.ReadyWithin
	if within == 0 {
		within = readyWithin
	}
	deadline := time.Now().Add(within)
	for answers := 0; time.Now().Before(deadline); {
		if d.probe(ctx, id) {
			answers++
		} else {
			answers = 0
		}
		if answers == readyInARow {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(readyEvery):
		}
	}
	return &NotReadyError{ID: id, Within: within}
}

func (d *Deployer) probe(ctx context.Context, id principal.Principal) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	_, err := d.Network.Agent.Query(ctx, agent.QueryRequest{Canister: id, Method: readinessProbe})
	reject, ok := errors.AsType[*agent.RejectError](err)
	return err == nil || ok && !stopped(reject)
}

func stopped(e *agent.RejectError) bool {
	return e.ErrorCode == "IC0508" || e.ErrorCode == "IC0509" ||
		strings.Contains(e.Message, "is stopped") || strings.Contains(e.Message, "is stopping")
}

// statusName is the state of a canister as messages name it.
func statusName(s mgmt.Status) string {
	switch s.State {
	case mgmt.Running:
		return "Running"
	case mgmt.Stopping:
		return "Stopping"
	}
	return "Stopped"
}

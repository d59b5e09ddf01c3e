package cli

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
	"github.com/berth-cli/berth/plugin"
	"github.com/spf13/cobra"
)

// deployOptions are the flags of deploy and sync.
type deployOptions struct {
	environmentFlags
	names []string
	proxy string
	mode  string
	jobs  int

	isolate bool
}

func (a *app) deployCommand() *cobra.Command {
	o := &deployOptions{}
	cmd := &cobra.Command{
		Use:   "deploy [NAMES]",
		Short: "Build, create, install and sync canisters",
		Long: "Build, create, install, start and sync the canisters of the project, or the named ones.\n" +
			"Without an environment they go to a network inside berth that needs nothing else.",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return a.runDeploy(cmd.Context(), o)
		},
	}
	o.addTo(a, cmd)
	cmd.Flags().StringVarP(&o.mode, "mode", "m", "auto", "how to install: auto, install, reinstall or upgrade")
	return cmd
}

func (a *app) syncCommand() *cobra.Command {
	o := &deployOptions{}
	cmd := &cobra.Command{
		Use:   "sync [CANISTERS]",
		Short: "Run the sync steps of canisters that are deployed",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return a.runSync(cmd.Context(), o)
		},
	}
	o.addTo(a, cmd)
	return cmd
}

func (o *deployOptions) addTo(a *app, cmd *cobra.Command) {
	o.environmentFlags.add(a, cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.proxy, "proxy", "", proxyHelp)
	a.jsonFlag(cmd)
	flags.IntVarP(&o.jobs, "jobs", "j", 0, "canisters at once (default: as many as there are processors)")
	a.isolateFlag(cmd, &o.isolate)
	cmd.ValidArgsFunction = a.completeCanisters(&o.environmentFlags)
}

const proxyHelp = "canister that calls go through, by its id; \"local\": the local network's own"

// withDeployer opens what a deployment needs, runs do and closes it again. What do
// does is shown; what came of it is printed when that has ended.
func (a *app) withDeployer(ctx context.Context, o *deployOptions, do func(*deploy.Deployer, []*project.Canister) error) (err error) {
	proxy, err := parseProxy(o.proxy)
	if err != nil {
		return err
	}
	p, env, err := a.environment(o.environment)
	if err != nil {
		return err
	}
	canisters, err := env.Select(p, o.names)
	if err != nil || len(canisters) == 0 {
		return err
	}
	limits, err := a.budgets(plugin.DefaultLimits())
	if err != nil {
		return err
	}
	workers, err := a.workers(o.isolate)
	if err != nil {
		return err
	}
	if workers != nil {
		defer workers.Close()
	}
	view := a.newView(a.global.json)
	defer view.close()
	d := &deploy.Deployer{
		Project: p, Environment: env, Proxy: proxy,
		Plugins: a.plugins, Limits: limits.run, Workers: workers,
		PackageDir: a.packageDir(), Report: view, Jobs: o.jobs, Environ: a.Environ, Stdin: a.In,
	}
	d.Open = func(ctx context.Context) (*deploy.Network, error) {
		n, err := a.network(ctx, p, env, o.environmentFlags)
		if err == nil {
			err = a.ensureProxy(ctx, n, proxy)
		}
		return n, err
	}
	defer func() { err = withClosing(err, d.Close()) }()
	return do(d, canisters)
}

// parseProxy reads --proxy; nil if it was not given.
func parseProxy(flag string) (*principal.Principal, error) {
	var id principal.Principal
	switch flag {
	case "":
		return nil, nil
	case "local":
		id = deploy.LocalProxyID()
		return &id, nil
	}
	id, err := principal.Parse(flag)
	if err != nil {
		return nil, &codeError{code: exitUsage, err: fmt.Errorf("--proxy: %w", err)}
	}
	return &id, nil
}

// ensureProxy sees to it that the local network's own proxy can be used, if it is
// the one that calls go through.
func (a *app) ensureProxy(ctx context.Context, n *deploy.Network, proxy *principal.Principal) error {
	if proxy == nil || *proxy != deploy.LocalProxyID() {
		return nil
	}
	_, err := a.localProxy(ctx, n)
	return err
}

func (a *app) runDeploy(ctx context.Context, o *deployOptions) error {
	mode, err := deploy.ParseMode(o.mode)
	if err != nil {
		return &codeError{code: exitUsage, err: err}
	}
	var deployed []deploy.Deployed
	err = a.withDeployer(ctx, o, func(d *deploy.Deployer, canisters []*project.Canister) (err error) {
		deployed, err = d.Deploy(ctx, canisters, mode)
		return err
	})
	if err != nil {
		return err
	}
	if a.global.json {
		return a.printDeployed(deployed)
	}
	if len(deployed) > 0 {
		fmt.Fprintln(a.Out, "Deployed canisters:")
	}
	for _, c := range deployed {
		fmt.Fprintf(a.Out, "  %s: %s (No gateway URL available)\n", c.Name, c.ID)
	}
	return nil
}

func (a *app) runSync(ctx context.Context, o *deployOptions) error {
	var synced []deploy.Deployed
	err := a.withDeployer(ctx, o, func(d *deploy.Deployer, canisters []*project.Canister) (err error) {
		synced, err = d.SyncAll(ctx, canisters)
		return err
	})
	if err != nil || !a.global.json {
		return err
	}
	return a.printDeployed(synced)
}

// printDeployed prints one JSON object.
func (a *app) printDeployed(deployed []deploy.Deployed) error {
	type canister struct {
		Name string  `json:"name"`
		ID   string  `json:"canister_id"`
		URL  *string `json:"url"`
	}
	out := struct {
		Canisters []canister `json:"canisters"`
	}{Canisters: []canister{}}
	for _, c := range deployed {
		out.Canisters = append(out.Canisters, canister{Name: c.Name, ID: c.ID.String()})
	}
	return a.printJSON(out)
}

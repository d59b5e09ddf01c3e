package cli

import (
	"context"
	"fmt"

	"github.com/berth-cli/berth/internal/deploy"
	"github.com/berth-cli/berth/internal/ic/agent"
	"github.com/berth-cli/berth/internal/ic/agent/mgmt"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/project"
	"github.com/spf13/cobra"
)

func (a *app) canisterCommand() *cobra.Command {
	return a.group("canister", "Call, list, start and stop canisters",
		a.canisterCallCommand(), a.canisterListCommand(), a.canisterStatusCommand(),
		a.canisterStartCommand(), a.canisterStopCommand())
}

// canisterOptions are the flags of commands about one canister.
type canisterOptions struct {
	environmentFlags
	canister string
	proxy    string
}

func (o *canisterOptions) addTo(a *app, cmd *cobra.Command) {
	o.environmentFlags.add(a, cmd)
	o.prints = true
	cmd.Flags().StringVar(&o.proxy, "proxy", "", proxyHelp)
	cmd.ValidArgsFunction = a.completeCanister(&o.environmentFlags)
}

// target is a canister that a command is about.
type target struct {
	network *deploy.Network
	id      principal.Principal
	proxy   *principal.Principal
}

func (t target) management() *mgmt.Client {
	if t.proxy != nil {
		return mgmt.New(agent.ThroughProxy{Agent: t.network.Agent, Proxy: *t.proxy})
	}
	return mgmt.New(t.network.Agent)
}

// withTarget finds the canister, by its name or its id, runs do and closes the
// network.
func (a *app) withTarget(ctx context.Context, o *canisterOptions, do func(target) error) (err error) {
	proxy, err := parseProxy(o.proxy)
	if err != nil {
		return err
	}
	p, env, err := a.environment(o.environment)
	if err != nil {
		return err
	}
	if err := checkCanister(p, env, o.canister); err != nil {
		return err
	}
	n, err := a.network(ctx, p, env, o.environmentFlags)
	if err != nil {
		return err
	}
	defer func() { err = withClosing(err, n.Close()) }()
	t := target{network: n, proxy: proxy}
	if t.id, err = canisterID(n, env, o.canister); err != nil {
		return err
	}
	if err := a.ensureProxy(ctx, n, t.proxy); err != nil {
		return err
	}
	return do(t)
}

// checkCanister refuses a name that is neither an id nor a canister's.
func checkCanister(p *project.Project, env *project.Environment, canister string) error {
	if _, err := principal.Parse(canister); err == nil {
		return nil
	}
	_, err := env.Select(p, []string{canister})
	return err
}

func canisterID(n *deploy.Network, env *project.Environment, canister string) (principal.Principal, error) {
	if id, err := principal.Parse(canister); err == nil {
		return id, nil
	}
	return n.ID(env.Name, canister)
}

func (a *app) canisterListCommand() *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use: "list", Short: "List the canisters of the environment and their ids", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listCanisters(environment) },
	}
	a.environmentFlag(cmd, &environment)
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) listCanisters(environment string) error {
	p, env, err := a.environment(environment)
	if err != nil {
		return err
	}
	ids, err := deploy.KnownIDs(p.Dir, env)
	if err != nil {
		return err
	}
	type canister struct {
		Name string `json:"name"`
		ID   string `json:"canister_id,omitempty"`
	}
	out := []canister{}
	for _, c := range env.Canisters {
		entry := canister{Name: c.Name}
		if id, ok := ids[c.Name]; ok {
			entry.ID = id.String()
		}
		out = append(out, entry)
	}
	if a.global.json {
		return a.printJSON(out)
	}
	for _, c := range out {
		if c.ID == "" {
			c.ID = "-"
		}
		fmt.Fprintf(a.Out, "%s\t%s\n", c.Name, c.ID)
	}
	return nil
}

func (a *app) canisterStatusCommand() *cobra.Command {
	o := &canisterOptions{}
	cmd := &cobra.Command{
		Use: "status CANISTER", Short: "Show the state of a canister", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.canister = args[0]
			return a.withTarget(cmd.Context(), o, func(t target) error { return a.printStatus(cmd.Context(), t) })
		},
	}
	o.addTo(a, cmd)
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) printStatus(ctx context.Context, t target) error {
	s, err := t.management().CanisterStatus(ctx, t.id)
	if err != nil {
		return err
	}
	controllers := make([]string, len(s.Settings.Controllers))
	for i, c := range s.Settings.Controllers {
		controllers[i] = c.String()
	}
	out := struct {
		ID          string   `json:"canister_id"`
		Status      string   `json:"status"`
		Controllers []string `json:"controllers"`
		ModuleHash  string   `json:"module_hash,omitempty"`
		MemorySize  string   `json:"memory_size"`
		Cycles      string   `json:"cycles"`
	}{t.id.String(), string(s.State), controllers, fmt.Sprintf("%x", s.ModuleHash), s.MemorySize.String(), s.Cycles.String()}
	if a.global.json {
		return a.printJSON(out)
	}
	fmt.Fprintf(a.Out, "id\t%s\nstatus\t%s\nmodule\t%s\nmemory\t%s bytes\ncycles\t%s\n",
		out.ID, out.Status, out.ModuleHash, out.MemorySize, out.Cycles)
	for _, c := range controllers {
		fmt.Fprintf(a.Out, "controller\t%s\n", c)
	}
	return nil
}

func (a *app) canisterStartCommand() *cobra.Command {
	return a.canisterAction("start", "Start a canister", func(ctx context.Context, t target) error {
		return t.management().Start(ctx, t.id)
	})
}

func (a *app) canisterStopCommand() *cobra.Command {
	return a.canisterAction("stop", "Stop a canister", func(ctx context.Context, t target) error {
		return t.management().Stop(ctx, t.id)
	})
}

func (a *app) canisterAction(verb, short string, act func(context.Context, target) error) *cobra.Command {
	o := &canisterOptions{}
	cmd := &cobra.Command{
		Use: verb + " CANISTER", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.canister = args[0]
			return a.withTarget(cmd.Context(), o, func(t target) error { return act(cmd.Context(), t) })
		},
	}
	o.addTo(a, cmd)
	return cmd
}

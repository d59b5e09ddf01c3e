package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
	"github.com/spf13/cobra"
)

func (a *app) pluginCommand() *cobra.Command {
	return a.group("plugin", "Look at plugins", a.pluginInspectCommand())
}

func (a *app) pluginInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a component is, and what it can and cannot do",
		Long: "Show what a component is, what it imports, and what follows from that. Nothing of it runs.\n" +
			"What a component does not import it cannot do, whatever it is granted.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args[0]) },
	}
	a.jsonFlag(cmd)
	return cmd
}

// inspection is what plugin inspect prints.
type inspection struct {
	File    string   `json:"file"`
	Size    int      `json:"size"`
	SHA256  string   `json:"sha256"`
	World   string   `json:"world"`
	Served  bool     `json:"served"`
	Imports []string `json:"imports"`
	Exports []string `json:"exports"`
	Can     []string `json:"can"`
	Cannot  []string `json:"cannot"`
}

func (a *app) inspect(ctx context.Context, file string) error {
	wasm, err := readComponent(ctx, a.path(file))
	if err != nil {
		return err
	}
	host, err := a.plugins()
	if err != nil {
		return err
	}
	p, err := host.Load(ctx, wasm)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", file, err)
	}
	i := inspectPlugin(p)
	i.File = file
	if a.global.json {
		return a.printJSON(i)
	}
	i.print(a)
	return nil
}

func inspectPlugin(p *plugin.Plugin) inspection {
	i := inspection{Size: p.Size, SHA256: fmt.Sprintf("%x", p.Digest), Imports: []string{}, Exports: []string{}}
	for _, e := range p.Component.Imports() {
		i.Imports = append(i.Imports, e.Name)
	}
	for _, e := range p.Component.Exports() {
		i.Exports = append(i.Exports, e.Name)
	}
	i.World, i.Served = worldOf(p)
	i.Can, i.Cannot = abilities(i.Imports)
	return i
}

// commandWorld is the world of plain programs.
const commandWorld = "wasi:cli/command@0.2"

// worldOf names the world a component is for.
func worldOf(p *plugin.Plugin) (name string, served bool) {
	for _, e := range p.Component.Exports() {
		if strings.HasPrefix(e.Name, "wasi:cli/run@0.2") {
			return commandWorld, true
		}
	}
	err := icpsync.Check(p.Component)
	if err == nil {
		return icpsync.WorldName, true
	}
	return "unknown: " + err.Error(), false
}

// An ability is what a component can do if it imports one of some interfaces.
type ability struct{ prefix, can, cannot string }

func abilityTable() []ability {
	return []ability{
		{"canister-call", "call the canister it is run for", "call canisters"},
		{"wasi:filesystem/", "use the folders it is granted", "use files and folders"},
		{"wasi:http/", "make requests to hosts it is granted (none yet)", "make HTTP requests"},
		{"wasi:sockets/", "ask for sockets, which are refused", "open network sockets or look up names"},
		{"wasi:cli/environment", "read the variables and arguments it is granted", "read variables or arguments"},
		{"wasi:cli/stdin", "read its standard input", "read standard input"},
		{"wasi:clocks/", "tell the time", "tell the time"},
		{"wasi:random/", "get random bytes", "get random bytes"},
	}
}

func abilities(imports []string) (can, cannot []string) {
	for _, ability := range abilityTable() {
		if imported(imports, ability.prefix) {
			can = append(can, ability.can)
		} else {
			cannot = append(cannot, ability.cannot)
		}
	}
	return can, append(cannot, "start other programs")
}

func imported(imports []string, prefix string) bool {
	for _, name := range imports {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (i inspection) print(a *app) {
	served := "served"
	if !i.Served {
		served = "not served by this berth"
	}
	fmt.Fprintf(a.Out, "%s   component, %s, sha256:%s\nworld    %s (%s)\n",
		visible(i.File), plugin.FormatBytes(uint64(i.Size)), i.SHA256, visible(i.World), served)
	for _, section := range []struct {
		title string
		lines []string
	}{
		{"can", i.Can}, {"cannot (not imported, so impossible)", i.Cannot}, {"imports", i.Imports}, {"exports", i.Exports},
	} {
		fmt.Fprintf(a.Out, "\n%s\n", section.title)
		for _, line := range section.lines {
			fmt.Fprintf(a.Out, "  %s\n", visible(line)) // names are the component's own words
		}
	}
}

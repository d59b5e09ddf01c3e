package cli

import (
	"slices"

	"github.com/spf13/cobra"
)

// completion is what cobra asks for the words that could stand next.
type completion = func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective)

// completeCanisters completes the names of the environment's canisters, each once.
// It reads the manifest and nothing else.
func (a *app) completeCanisters(f *environmentFlags) completion {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		_, env, err := a.environment(f.environment)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, c := range env.Canisters {
			if !slices.Contains(args, c.Name) {
				names = append(names, c.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeCanister completes one name.
func (a *app) completeCanister(f *environmentFlags) completion {
	all := a.completeCanisters(f)
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return all(cmd, args, toComplete)
	}
}

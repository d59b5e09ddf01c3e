package cli

import (
	"fmt"

	"github.com/berth-cli/berth/internal/ic/identity"
	"github.com/spf13/cobra"
)

func (a *app) identityCommand() *cobra.Command {
	return a.group("identity", "Show who can sign calls", a.identityListCommand(), a.identityPrincipalCommand())
}

func (a *app) identityListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List icp-cli's identities", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listIdentities() },
	}
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) listIdentities() error {
	store := identity.OpenStore(a.icpHome())
	entries, err := store.List()
	if err != nil {
		return err
	}
	for i, e := range entries {
		if e.Kind == identity.KindAnonymous {
			entries[i].Principal = identity.Anonymous().Principal().String()
		}
	}
	chosen, err := store.Default()
	if err != nil {
		return err
	}
	if a.global.json {
		return a.printIdentities(entries, chosen)
	}
	for _, e := range entries {
		mark := " "
		if e.Name == chosen {
			mark = "*"
		}
		fmt.Fprintf(a.Out, "%s %s\t%s\t%s\n", mark, e.Name, e.Kind, e.Principal)
	}
	return nil
}

func (a *app) printIdentities(entries []identity.Entry, chosen string) error {
	type entry struct {
		Name      string `json:"name"`
		Kind      string `json:"kind"`
		Principal string `json:"principal,omitempty"`
		Default   bool   `json:"default"`
	}
	out := []entry{}
	for _, e := range entries {
		out = append(out, entry{e.Name, string(e.Kind), e.Principal, e.Name == chosen})
	}
	return a.printJSON(out)
}

func (a *app) identityPrincipalCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "principal", Short: "Print the principal of an identity", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			signer, err := a.signer(name)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.Out, signer.Identity.Principal())
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "identity", "", "whose (default: icp-cli's default identity)")
	return cmd
}

package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of berth and of its engine", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			eng, err := a.engines()
			if err != nil {
				return err
			}
			f := eng.Features()
			fmt.Fprintf(a.Out, "berth %s %s/%s, %s, engine %s %s\n",
				version(), runtime.GOOS, runtime.GOARCH, runtime.Version(), f.Name, f.Version)
			return nil
		},
	}
}

// version is what the module system knows of this build.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version of berth and of its engine", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.printVersion() },
	}
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) printVersion() error {
	eng, err := a.engines()
	if err != nil {
		return err
	}
	f := eng.Features()
	out := struct {
		Version       string `json:"version"`
		OS            string `json:"os"`
		Arch          string `json:"arch"`
		Go            string `json:"go"`
		Engine        string `json:"engine"`
		EngineVersion string `json:"engine_version"`
	}{version(), runtime.GOOS, runtime.GOARCH, runtime.Version(), f.Name, f.Version}
	if a.global.json {
		return a.printJSON(out)
	}
	text := fmt.Sprintf("berth %s %s/%s, %s, engine %s %s", out.Version, out.OS, out.Arch, out.Go, out.Engine, out.EngineVersion)
	fmt.Fprintln(a.Out, strings.TrimSpace(text))
	return nil
}

// version is what the module system knows of this build.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

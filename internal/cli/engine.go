package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/engine/cache"
	"github.com/berth-cli/berth/engine/wazero"
	"github.com/spf13/cobra"
)

// engineVariable names the engine where --engine does not.
const engineVariable = "BERTH_ENGINE"

// vulnerableVariable lets plugins run on an engine that does not contain a hostile
// one on this processor.
const vulnerableVariable = "BERTH_ALLOW_VULNERABLE_ENGINE"

// The names of the engines there are.
const (
	engineWazero      = "wazero"
	engineInterpreter = "wazero-interpreter"
	engineWasmtime    = "wasmtime"
)

// engineKind is an engine that this build has.
type engineKind struct {
	name string
	make func(*app) (engine.Engine, error)
}

// engineKinds is the engines that this build has; the first is the default.
func engineKinds() []engineKind {
	return append(buildEngines(), engineKind{engineWazero, makeWazero}, engineKind{engineInterpreter, makeInterpreter})
}

func makeWazero(a *app) (engine.Engine, error) {
	return wazero.New(wazero.Config{Cache: a.codeCache()})
}

// makeInterpreter makes the engine for modules that a compiler gets wrong. It has
// nothing to cache.
func makeInterpreter(*app) (engine.Engine, error) {
	return wazero.New(wazero.Config{Interpreter: true})
}

// engineFlag adds --engine to every command.
func (a *app) engineFlag(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&a.global.engine, "engine", "", "engine of plugins and canisters: "+strings.Join(engineNames(), ", ")+
		" (or $"+engineVariable+")")
	_ = root.RegisterFlagCompletionFunc("engine", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return engineNames(), cobra.ShellCompDirectiveNoFileComp
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if _, err := a.engineKind(); err != nil {
			return usage(cmd, err)
		}
		return nil
	}
}

func engineNames() []string {
	var names []string
	for _, k := range engineKinds() {
		names = append(names, k.name)
	}
	return names
}

// engineKind is the engine that the flag names, or else the variable, or the default.
func (a *app) engineKind() (engineKind, error) {
	name, from := a.global.engine, "--engine"
	if name == "" {
		name, from = a.getenv(engineVariable), engineVariable
	}
	kinds := engineKinds()
	if name == "" {
		return kinds[0], nil
	}
	for _, k := range kinds {
		if k.name == name {
			return k, nil
		}
	}
	return engineKind{}, &engineError{Name: name, From: from}
}

// engineError says that this build has no engine of that name.
type engineError struct{ Name, From string }

func (e *engineError) Error() string {
	known := strings.Join(engineNames(), ", ")
	if e.Name == engineWasmtime {
		return fmt.Sprintf("%s: this berth was built without wasmtime, it has %s; with a C compiler, "+
			"`go build -tags wasmtime ./cmd/berth` makes one that has it", e.From, known)
	}
	return fmt.Sprintf("%s: unknown engine %q: this berth has %s", e.From, e.Name, known)
}

// newEngine makes the engine that was chosen.
func (a *app) newEngine() (engine.Engine, error) {
	kind, err := a.engineKind()
	if err != nil {
		return nil, err
	}
	return kind.make(a)
}

// codeCache opens the cache of compiled code; nil if it cannot be used.
func (a *app) codeCache() *cache.Cache {
	if a.cache != nil {
		return a.cache
	}
	dir, err := a.cacheDir()
	if err != nil {
		return nil
	}
	config, err := a.configDir()
	if err != nil {
		return nil
	}
	c, err := cache.Open(cache.Options{
		Dir: filepath.Join(dir, "wasm"), SecretFile: filepath.Join(config, "cache-secret"), Log: a.log(),
	})
	if err != nil {
		a.log().Debug("no cache of compiled code", "err", err)
		return nil
	}
	return c
}

package cli_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/component"
	"github.com/berth-cli/berth/engine"
	"github.com/berth-cli/berth/internal/cli"
	"github.com/berth-cli/berth/plugin"
	"github.com/berth-cli/berth/plugin/icpsync"
	"github.com/berth-cli/berth/wasi"
)

var update = flag.Bool("update", false, "write docs/limits.md anew")

const limitsPage = "../../docs/limits.md"

// TestLimitsPage makes docs/limits.md from the structs of limits, their comments and
// defaults, and from what guests that go beyond each are told, and compares. A field
// that no row is about fails it.
func TestLimitsPage(t *testing.T) {
	page := limitsIntro
	page += "\n## A run\n\n" + limitsTable(t, "plugin.Limits", reflect.TypeFor[plugin.Limits]())
	page += "\n## A component, and what crosses its boundary\n\n" +
		limitsTable(t, "component.Limits", reflect.TypeFor[component.Limits]())
	page += "\n## Compiling\n\n" + limitsTable(t, "plugin.Config", reflect.TypeFor[plugin.Config]())
	page += limitsBelow + passedOnTable(t)
	if *update {
		if err := os.WriteFile(limitsPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(limitsPage)
	if err != nil {
		t.Fatal(err)
	}
	if line := firstOther(string(kept), page); line != "" {
		t.Errorf("%s is stale: go test ./internal/cli -run LimitsPage -update\nit has not %s", limitsPage, line)
	}
}

// firstOther returns the first line that the page ought to have and has not, or what
// else is wrong with it; "" if nothing is.
func firstOther(kept, page string) string {
	if kept == page {
		return ""
	}
	lines := strings.Split(kept, "\n")
	for i, line := range strings.Split(page, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return "its end here"
}

const limitsIntro = `# Limits

<!-- Made by: go test ./internal/cli -run LimitsPage -update -->

Everything that a plugin can spend is bounded, and each bound has a name, an error that names it with what was
measured, and a way to raise it. A limit that is reached ends one run, in milliseconds to the limit, and
leaves the process as it was.

On the command line, ` + "`BERTH_LIMITS`" + ` sets any of them by its name, for plugins and for ` + "`berth run`" + `:

    BERTH_LIMITS=memory=8GiB,compute=5m,handles=2000000 berth sync

Sizes are numbers of bytes, or with a unit (` + "`64MiB`, `8GiB`" + `); times have one (` + "`90s`, `1h`" + `);
` + "`unlimited`" + ` is no limit, but for nesting and depth, which are at most 10,000. Variables and flags beside it go before it.

In Go, the field of the second column sets it. A field of ` + "`component.Limits` or `plugin.Config`" + ` that is zero stands for
its default. A field of ` + "`plugin.Limits`" + ` that is zero is an error: start from ` + "`plugin.DefaultLimits()`" + `.
The error is a ` + "`*plugin.LimitError`; below package `plugin` it is a `*component.LimitError` or `*engine.LimitError`" + `.

The texts below are what a guest that goes beyond the limit ends with, most with the limit lowered for it.
`

const limitsBelow = `
## Loops

A plugin that is told the same again and again is warned of at 50 identical replies of a method. It is ended with a
` + "`*plugin.LoopError`" + ` when there is a second sign that it does not get on: its memory grows by 8 MiB or more meanwhile,
nothing new was told or printed for 15 minutes, a reply came 200,000 times in a row, or another limit was reached.
` + "`BERTH_PLUGIN_LOOPS=allow`, in Go `plugin.Loops`" + `, lets it go on.

## Where the layers below have them

A guest that calls itself without end uses up the stack of the engine: that is a trap, "call stack exhausted".
Who embeds ` + "`component`, `wasi` or an engine" + ` without package ` + "`plugin`" + ` sets these; with it, they come from above.

`

// also are the other ways to set a limit.
func also(name string) string {
	switch name {
	case plugin.LimitMemory:
		return "`berth run --max-memory`"
	case plugin.LimitCompute:
		return "`berth run --max-compute`; of sync plugins `" + icpsync.ComputeKnob + "`, in seconds"
	case plugin.LimitIdle:
		return "of `berth run` it is unlimited if nothing is said"
	}
	return ""
}

// limitsTable has a row for each limit that a field of a struct sets.
func limitsTable(t *testing.T, owner string, fields reflect.Type) string {
	t.Helper()
	comments := fieldComments(t, owner)
	defaults := reflect.ValueOf(defaultsOf(owner))
	var b strings.Builder
	b.WriteString("| limit | field | default | what it bounds | what the error says |\n|---|---|---:|---|---|\n")
	rows := 0
	for i := range fields.NumField() {
		field := fields.Field(i)
		info, ok := infoFor(owner + "." + field.Name)
		if !ok {
			if owner != "plugin.Config" {
				t.Errorf("plugin.AllLimits has no row for %s.%s", owner, field.Name)
			}
			continue
		}
		rows++
		what := comments[field.Name]
		if more := also(info.Name); more != "" {
			what += " Also: " + more + "."
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", info.Name, info.Field,
			showLimit(info.Unit, defaults.FieldByName(field.Name)), what, refusal(t, info.Name))
	}
	if rows == 0 {
		t.Fatalf("no limits in %s", owner)
	}
	return b.String()
}

func infoFor(field string) (plugin.LimitInfo, bool) {
	for _, info := range plugin.AllLimits() {
		if info.Field == field {
			return info, true
		}
	}
	return plugin.LimitInfo{}, false
}

func defaultsOf(owner string) any {
	switch owner {
	case "plugin.Limits":
		return plugin.DefaultLimits()
	case "component.Limits":
		return component.Limits{}.WithDefaults()
	case "wasi.Limits":
		return wasi.Limits{}.WithDefaults()
	case "engine.StoreConfig":
		return engine.StoreConfig{}.WithDefaults()
	case "component.InstanceConfig":
		return component.InstanceConfig{}
	}
	return plugin.Config{}.WithDefaults()
}

// showLimit writes a value as people do.
func showLimit(unit plugin.Unit, v reflect.Value) string {
	n := int64(0)
	if v.CanUint() {
		n = int64(min(v.Uint(), plugin.Unlimited))
	} else {
		n = v.Int()
	}
	switch {
	case n == plugin.Unlimited:
		return "unlimited"
	case unit == plugin.UnitBytes:
		return plugin.FormatBytes(uint64(n))
	case unit == plugin.UnitTime:
		return strings.TrimSuffix(time.Duration(n).String(), "0s")
	}
	return grouped(n)
}

// grouped writes a number with commas.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// fieldComments are the comments of a struct's fields in one line each, less what
// they say of the default.
func fieldComments(t *testing.T, owner string) map[string]string {
	t.Helper()
	dir, name, _ := strings.Cut(owner, ".")
	files, err := filepath.Glob("../../" + dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != name {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, id := range f.Names {
						out[id.Name] = commentLine(id.Name, f.Doc.Text()+f.Comment.Text())
					}
				}
			}
			return false
		})
	}
	return out
}

func commentLine(name, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text, _, _ = strings.Cut(text, " 0: ")
	text = strings.TrimPrefix(text, name+" is ")
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
}

// passedOn are the limits of the layers below, and what sets them. StackBytes and
// Fuel are for who embeds: a plugin's work is bounded by time.
func passedOn() map[string]string {
	const run, load = "plugin.Limits.", "component.Limits."
	return map[string]string{
		"wasi.Limits.MaxDescriptors":              run + "Descriptors",
		"wasi.Limits.MaxPollables":                run + "Pollables",
		"wasi.Limits.MaxResources":                run + "Resources",
		"wasi.Limits.MaxRandomBytes":              run + "RandomBytes",
		"wasi.Limits.MaxOutputBytes":              run + "OutputBytes",
		"component.InstanceConfig.MaxMemoryBytes": run + "MemoryBytes",
		"component.InstanceConfig.MaxTableElems":  run + "TableElems",
		"component.InstanceConfig.StackBytes":     "",
		"component.InstanceConfig.Fuel":           "",
		"engine.StoreConfig.MaxMemoryBytes":       "component.InstanceConfig.MaxMemoryBytes",
		"engine.StoreConfig.Pool":                 load + "MaxTotalMemoryBytes",
		"engine.StoreConfig.MaxTableElems":        "component.InstanceConfig.MaxTableElems",
		"engine.StoreConfig.MaxInstances":         load + "MaxCoreInstances",
		"engine.StoreConfig.MaxEntries":           load + "MaxCoreEntries",
		"engine.StoreConfig.StackBytes":           "component.InstanceConfig.StackBytes",
		"engine.StoreConfig.Fuel":                 "component.InstanceConfig.Fuel",
	}
}

// passedOnTable has a row for each field of the structs below package plugin.
func passedOnTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| field | set by | default |\n|---|---|---:|\n")
	from := passedOn()
	for _, s := range []struct {
		owner  string
		fields reflect.Type
	}{
		{"component.InstanceConfig", reflect.TypeFor[component.InstanceConfig]()},
		{"wasi.Limits", reflect.TypeFor[wasi.Limits]()},
		{"engine.StoreConfig", reflect.TypeFor[engine.StoreConfig]()},
	} {
		for i := range s.fields.NumField() {
			field := s.owner + "." + s.fields.Field(i).Name
			source, ok := from[field]
			if !ok && s.fields.Field(i).Name != "HostState" {
				t.Errorf("no row says what sets %s", field)
			}
			if ok {
				value := reflect.ValueOf(defaultsOf(s.owner)).Field(i)
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", field, code(source), below(s.fields.Field(i).Name, value))
			}
		}
	}
	return b.String()
}

func code(name string) string {
	if name == "" {
		return ""
	}
	return "`" + name + "`"
}

// below writes the default of a field of the layers below.
func below(name string, v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Pointer, v.IsZero() && (name == "Fuel" || name == "MaxMemoryBytes"),
		v.CanUint() && v.Uint() > plugin.Unlimited:
		return "none"
	case v.IsZero():
		return "the engine's"
	case strings.HasSuffix(name, "Bytes"):
		return showLimit(plugin.UnitBytes, v)
	}
	return showLimit(plugin.UnitCount, v)
}

// TestKnobsOfLimits checks that BERTH_LIMITS knows each limit by the name that
// errors give it.
func TestKnobsOfLimits(t *testing.T) {
	for _, info := range plugin.AllLimits() {
		value := map[plugin.Unit]string{plugin.UnitBytes: "1GiB", plugin.UnitTime: "1h", plugin.UnitCount: "9000"}[info.Unit]
		variable := cli.LimitsVariable + "=" + info.Name + "=" + value
		code, _, stderr := berthWith(t, []string{variable}, "run", "no-such-file.wasm")
		if code != 127 {
			t.Errorf("%s: code %d, want it understood\n%s", variable, code, stderr)
		}
	}
}

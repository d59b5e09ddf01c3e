package icpsync

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/berth-cli/berth/component"
)

// typesPrefix is the name, less its version, of the interface that every plugin
// made by a binding generator imports: it tells which version of the world it is
// for.
const typesPrefix = "icp:sync-plugin/types@"

// InterfaceError says that a component is not a sync plugin of a version that is
// served.
type InterfaceError struct {
	Detail  string   // what was found
	Exports []string // what the component exports instead, if it has no `exec`
}

func (e *InterfaceError) Error() string {
	text := "component does not implement a supported sync-plugin interface"
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text + ". Supported: " + WorldName + "."
}

// Check says whether a component is a sync plugin this package can run, before any
// of it runs. The error is *InterfaceError, or *component.LinkError with a
// *component.MissingImportError if the component imports a function that neither
// the world nor WASI has.
func Check(c *component.Component) error {
	for _, imported := range c.Imports() {
		if version, found := strings.CutPrefix(imported.Name, typesPrefix); found {
			if err := checkVersion(version); err != nil {
				return err
			}
		}
	}
	if err := checkExports(c); err != nil {
		return err
	}
	return checkImports(c)
}

// checkImports leaves what is missing of WASI to the call: a component may import
// more of it than it uses.
func checkImports(c *component.Component) error {
	for _, imported := range c.Imports() {
		known := strings.HasPrefix(imported.Name, "wasi:") || imported.Name == callName
		if imported.Kind == component.FuncExtern && !known {
			return missing("", imported.Name)
		}
		for _, item := range imported.Items {
			if item.Kind == component.FuncExtern && !known {
				return missing(imported.Name, item.Name)
			}
		}
	}
	return nil
}

func missing(iface, name string) error {
	return &component.LinkError{
		Interface: iface, Name: name, Err: &component.MissingImportError{Interface: iface, Func: name},
	}
}

func checkExports(c *component.Component) error {
	var names []string
	for _, exported := range c.Exports() {
		if exported.Name == "exec" {
			return nil
		}
		names = append(names, exported.Name)
	}
	detail := "it exports no `exec`"
	if len(names) > 0 {
		detail += " but " + strings.Join(names[:min(len(names), 5)], ", ")
	}
	return &InterfaceError{Detail: detail, Exports: names}
}

// checkVersion accepts 0.1.x, pre-releases left out.
func checkVersion(version string) error {
	parts := strings.Split(version, ".")
	if len(parts) != 3 {
		return &InterfaceError{Detail: fmt.Sprintf("version %q is not of the form 0.1.0", version)}
	}
	for _, part := range parts {
		if _, err := strconv.ParseUint(part, 10, 32); err != nil {
			return &InterfaceError{Detail: fmt.Sprintf("version %q is not of the form 0.1.0", version)}
		}
	}
	if parts[0] != "0" || parts[1] != "1" {
		return &InterfaceError{Detail: "unsupported interface version " + version}
	}
	return nil
}

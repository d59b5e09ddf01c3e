package elab

import (
	"errors"
	"fmt"
	"strings"

	"github.com/berth-cli/berth/component/internal/binary"
	"github.com/berth-cli/berth/component/internal/types"
)

// nameKind is the form of an import or export name.
type nameKind uint8

const (
	labelName       nameKind = iota // a-b
	constructorName                 // [constructor]a
	methodName                      // [method]a.b
	staticName                      // [static]a.b
	interfaceName                   // ns:pkg/iface@1.2.3
	locatorName                     // url=<…>, integrity=<…>, unlocked-dep=<…>, locked-dep=<…>
)

// externName is a parsed import or export name.
type externName struct {
	kind nameKind
	text string
	// resource and member of [constructor]resource and [method]resource.member.
	resource, member string
}

// parseName parses the name of an import or export.
//
// Explainer.md, "Import and Export Definitions".
func parseName(s string) (externName, error) {
	n := externName{text: s}
	var err error
	switch {
	case strings.HasPrefix(s, "["):
		return parseAnnotated(s)
	case isLocator(s):
		n.kind, err = locatorName, checkLocator(s)
	case strings.Contains(s, ":"):
		n.kind, err = interfaceName, checkInterface(s)
	default:
		err = checkLabel(s)
	}
	return n, err
}

func checkLabel(s string) error {
	if !types.IsLabel(s) {
		return fmt.Errorf("%q is not in kebab case", clip(s))
	}
	return nil
}

func parseAnnotated(s string) (externName, error) {
	n := externName{text: s}
	annotation, rest, _ := strings.Cut(s[1:], "]")
	switch annotation {
	case "constructor":
		n.kind, n.resource = constructorName, rest
		return n, checkLabel(rest)
	case "method":
		n.kind = methodName
	case "static":
		n.kind = staticName
	default:
		return n, fmt.Errorf("%q has an unknown annotation", clip(s))
	}
	var ok bool
	n.resource, n.member, ok = strings.Cut(rest, ".")
	if !ok {
		return n, fmt.Errorf("%q has no dot between the resource and the function", clip(s))
	}
	return n, errors.Join(checkLabel(n.resource), checkLabel(n.member))
}

// checkInterface checks namespace:package/interface, with a version or without.
func checkInterface(s string) error {
	path, version, versioned := strings.Cut(s, "@")
	pkg, iface, ok := strings.Cut(path, "/")
	if !ok {
		return fmt.Errorf("%q has no slash after the package name", clip(s))
	}
	if err := checkPackage(pkg); err != nil {
		return err
	}
	if err := checkLabel(iface); err != nil {
		return err
	}
	if versioned {
		return checkVersion(version)
	}
	return nil
}

// checkPackage checks namespace:package, both in lower case.
func checkPackage(s string) error {
	namespace, name, ok := strings.Cut(s, ":")
	if !ok {
		return fmt.Errorf("%q has no colon after the namespace", clip(s))
	}
	for _, part := range [...]string{namespace, name} {
		if err := checkLabel(part); err != nil {
			return err
		}
		if part != strings.ToLower(part) {
			return fmt.Errorf("%q is not a valid name: a package name is in lower case", clip(s))
		}
	}
	return nil
}

// keys are what the name may not share with another one: its own key first, and
// then what it also conflicts with.
//
// Explainer.md, "strongly-unique".
func (n externName) keys() (own string, others []string) {
	switch n.kind {
	case constructorName:
		return "c " + strings.ToLower(n.resource), nil
	case methodName, staticName:
		r, m := strings.ToLower(n.resource), strings.ToLower(n.member)
		if r == m {
			others = []string{"l " + r}
		}
		return "m " + r + "." + m, others
	case labelName:
		l := strings.ToLower(n.text)
		return "l " + l, []string{"m " + l + "." + l}
	case interfaceName:
		path, version, _ := strings.Cut(n.text, "@")
		return "i " + strings.ToLower(path) + "@" + version, nil
	}
	return "u " + n.text, nil
}

// checkAttributes checks what comes with a name.
func checkAttributes(name binary.ExternName, n externName, sort binary.Sort) error {
	var seen [3]bool
	for _, a := range name.Attrs {
		if int(a.Kind) >= len(seen) {
			return fmt.Errorf("unknown attribute %d", a.Kind)
		}
		if seen[a.Kind] {
			return fmt.Errorf("there are two %s attributes", a.Kind)
		}
		seen[a.Kind] = true
		if err := checkAttribute(a, n, sort); err != nil {
			return fmt.Errorf("%s %q: %w", a.Kind, clip(a.Value), err)
		}
	}
	return nil
}

func checkAttribute(a binary.NameAttr, n externName, sort binary.Sort) error {
	switch a.Kind {
	case binary.Implements:
		if sort != binary.SortInstance {
			return errors.New("only instances can implement an interface")
		}
		if n.kind != labelName {
			return fmt.Errorf("not allowed on the name %q, which is not plain", clip(n.text))
		}
		if !strings.Contains(a.Value, ":") {
			return errors.New("not the name of an interface")
		}
		return checkInterface(a.Value)
	case binary.VersionSuffix:
		_, version, _ := strings.Cut(n.text, "@")
		if n.kind != interfaceName || !isCanonVersion(version) {
			return errors.New("not allowed on a name without a canonical version")
		}
		return checkSemver(version + a.Value)
	}
	return nil
}

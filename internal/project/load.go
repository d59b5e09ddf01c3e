package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Load reads the project whose icp.yaml is in dir, and every file it names. The
// error is an [*Error], which may wrap an [*UnsupportedError].
func Load(dir string) (*Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find project folder: %w", err)
	}
	l := &loader{project: &Project{Dir: abs}}
	if err := l.load(); err != nil {
		return nil, err
	}
	return l.project, nil
}

// loader turns the wire form into the canonical one.
type loader struct{ project *Project }

func (l *loader) load() error {
	root, err := readYAML(filepath.Join(l.project.Dir, Manifest))
	if err != nil {
		return err
	}
	m, err := root.mapping()
	if err != nil {
		return err
	}
	if err := m.only([]string{"canisters", "networks", "environments"}, "dependencies"); err != nil {
		return err
	}
	if err := l.canisters(m.get("canisters")); err != nil {
		return err
	}
	if err := l.networks(m.get("networks")); err != nil {
		return err
	}
	return l.environments(m.get("environments"))
}

// canisters reads the list, whose items are folders, patterns of folders, or
// canisters written in place.
func (l *loader) canisters(list node) error {
	items, err := list.items()
	if err != nil {
		return err
	}
	for _, item := range items {
		if !item.isString() {
			if err := l.canister(item, l.project.Dir); err != nil {
				return err
			}
			continue
		}
		if err := l.canisterFolders(item); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) canisterFolders(item node) error {
	written, err := item.str()
	if err != nil {
		return err
	}
	dirs := []string{filepath.Join(l.project.Dir, filepath.FromSlash(written))}
	pattern := strings.ContainsAny(written, "*?[{")
	if strings.Contains(written, "**") {
		return item.unsupported("'**' in a canister pattern")
	}
	if pattern {
		if dirs, err = filepath.Glob(dirs[0]); err != nil {
			return item.errorf("canister pattern '%s': %w", written, err)
		}
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, canisterManifest)
		if !isFile(file) {
			if pattern {
				continue
			}
			return item.errorf("could not locate a canister manifest at: '%s'", written)
		}
		n, err := readYAML(file)
		if err != nil {
			return err
		}
		if err := l.canister(n, dir); err != nil {
			return err
		}
	}
	return nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// canister reads one canister and adds it.
func (l *loader) canister(n node, dir string) error {
	m, err := n.mapping()
	if err != nil {
		return err
	}
	// A misspelt key comes before the one that is missing for it.
	if err := m.only([]string{"name", "build", "sync", "settings", "init_args", "recipe"}); err != nil {
		return err
	}
	name, err := m.name()
	if err != nil {
		return err
	}
	if err := checkName(m.get("name"), "canister name", name); err != nil {
		return err
	}
	if byName(l.project.Canisters, name) != nil {
		return m.get("name").errorf("project contains two similarly named canisters: '%s'", name)
	}
	c := &Canister{Name: name, Dir: dir}
	if err := c.read(m); err != nil {
		return err
	}
	l.project.Canisters = append(l.project.Canisters, c)
	return nil
}

func (c *Canister) read(m mapping) error {
	recipe := m.has("recipe")
	switch {
	case recipe && m.has("build"):
		return m.keyAt["recipe"].errorf("Canister %s cannot have both a `recipe` and a `build` section", c.Name)
	case recipe && m.has("sync"):
		return m.keyAt["recipe"].errorf("Canister %s cannot have both a `recipe` and a `sync` section", c.Name)
	case recipe:
		return m.keyAt["recipe"].unsupported("a recipe (of canister '" + c.Name + "')")
	case !m.has("build"):
		return m.errorf("Canister %s must have a `recipe` or a `build` section", c.Name)
	}
	if err := m.only([]string{"name", "build", "sync"}, "settings", "init_args", "recipe"); err != nil {
		return err
	}
	build, err := steps(m.get("build"), buildStep)
	if err != nil {
		return err
	}
	if len(build) == 0 {
		return m.keyAt["build"].errorf("Canister %s failed to parse build instructions: Array must not be empty", c.Name)
	}
	c.Build = build
	c.Sync, err = steps(m.get("sync"), syncStep)
	return err
}

// name reads the `name` of a canister, network or environment.
func (m mapping) name() (string, error) {
	if !m.has("name") {
		return "", m.errorf("missing 'name' field")
	}
	name, err := m.get("name").str()
	if err != nil {
		return "", m.get("name").errorf("'name' must be a string")
	}
	return name, nil
}

var errNameCharacters = errors.New("only ASCII letters, digits, '_' and '-' are allowed")

func checkName(n node, what, name string) error {
	for _, c := range name {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '-' {
			return n.invalidName(what, name)
		}
	}
	if name == "" {
		return n.invalidName(what, name)
	}
	return nil
}

func (n node) invalidName(what, name string) error {
	return n.errorf("%s '%s' is invalid: %w (':' is reserved as the dependency namespace separator)",
		what, name, errNameCharacters)
}

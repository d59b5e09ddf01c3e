// Package project reads icp.yaml and what it names into one Project: canisters
// with their build and sync steps, networks, environments.
//
//	root, err := project.Locate(dir)
//	...
//	p, err := project.Load(root)
//	...
//	env, err := p.Environment("local")
//
// The files are the same that icp-cli reads. What this version cannot do is
// refused by name ([UnsupportedError]) and never skipped; an unknown key is an
// error with the key that was probably meant.
//
// A project comes from a repository that may be anybody's: reading it runs
// nothing, reads only manifests, and allocates no more than the files' size
// warrants. Every [Error] says file, line and column. A Project is immutable and
// safe for concurrent use.
package project

import (
	"fmt"
	"slices"
)

// Project is a project as the rest of berth sees it.
type Project struct {
	Dir          string // absolute folder of icp.yaml
	Canisters    []*Canister
	Networks     []*Network
	Environments []*Environment
}

// Canister is a canister of the project, in the order of the manifest.
type Canister struct {
	Name  string
	Dir   string // absolute; what the canister's relative paths are relative to
	Build []BuildStep
	Sync  []SyncStep
}

// BuildStep is a *ScriptStep or a *PrebuiltStep.
type BuildStep interface{ buildStep() }

// SyncStep is a *ScriptStep or a *PluginStep.
type SyncStep interface {
	syncStep()
	// Title is how progress and errors name the step.
	Title() string
}

// ScriptStep runs shell commands one after the other.
type ScriptStep struct{ Commands []string }

// Wasm says where a module or component is. Path goes before URL.
type Wasm struct {
	Path   string    // relative to the canister's folder, or absolute
	URL    string    // used if Path is empty
	SHA256 *[32]byte // nil if none was given; always there for the URL of a plugin
}

// PrebuiltStep takes the canister's module as it is.
type PrebuiltStep struct{ Wasm Wasm }

// PluginStep runs a sync plugin.
type PluginStep struct {
	Wasm  Wasm
	Dirs  []string // folders the plugin may read, as written
	Files []string // files it is given, as written
}

// NetworkMode says how a network is reached.
type NetworkMode int

// The modes of a network.
const (
	Managed   NetworkMode = iota // berth runs it
	Connected                    // it is somewhere else
)

// RootKeySource says where the root key of a connected network comes from.
type RootKeySource int

// The sources of a root key.
const (
	MainnetKey    RootKeySource = iota // the key of the Internet Computer, built in
	FetchedKey                         // asked of the network itself
	ConfiguredKey                      // written in the manifest
)

// Network is a network of the project.
type Network struct {
	Name    string
	Mode    NetworkMode
	APIURL  string        // of a connected network
	Gateway string        // URL of its HTTP gateway, may be empty
	KeyFrom RootKeySource // of a connected network
	RootKey []byte        // DER, where KeyFrom is ConfiguredKey
	Bind    Bind          // of a managed network that is served
}

// Bind is the address a managed network listens on. Port 0 is a random one.
type Bind struct {
	Host string
	Port int
}

// Environment is a network with a choice of canisters.
type Environment struct {
	Name      string
	Network   *Network
	Canisters []*Canister
}

// Environment returns the environment of that name. The error is *UnknownError.
func (p *Project) Environment(name string) (*Environment, error) {
	for _, e := range p.Environments {
		if e.Name == name {
			return e, nil
		}
	}
	return nil, &UnknownError{Kind: "environment", Name: name}
}

// Select returns the named canisters of the environment, all of them for no
// names, each once. The error is *UnknownError.
func (e *Environment) Select(p *Project, names []string) ([]*Canister, error) {
	if len(names) == 0 {
		return e.Canisters, nil
	}
	var chosen []*Canister
	for _, name := range names {
		c := byName(p.Canisters, name)
		if c == nil {
			return nil, &UnknownError{Kind: "canister", Name: name}
		}
		if !slices.Contains(e.Canisters, c) {
			return nil, &UnknownError{Kind: "canister", Name: name, Environment: e.Name}
		}
		if !slices.Contains(chosen, c) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

func byName(canisters []*Canister, name string) *Canister {
	for _, c := range canisters {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Title is "plugin path: …" or "plugin url: …".
func (s *PluginStep) Title() string {
	if s.Wasm.Path != "" {
		return "plugin path: " + s.Wasm.Path
	}
	return "plugin url: " + s.Wasm.URL
}

// Title is "script …", the commands on a line each.
func (s *ScriptStep) Title() string {
	title := "script "
	for i, c := range s.Commands {
		if i > 0 {
			title += "\n"
		}
		title += c
	}
	return title
}

func (*ScriptStep) buildStep()   {}
func (*PrebuiltStep) buildStep() {}
func (*ScriptStep) syncStep()    {}
func (*PluginStep) syncStep()    {}

// Error says where in a manifest something is wrong. Line and Column count from 1
// and are 0 where they are not known.
type Error struct {
	File         string
	Line, Column int
	Err          error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// UnsupportedError says what a manifest uses that this version of berth cannot
// do.
type UnsupportedError struct{ Feature string }

func (e *UnsupportedError) Error() string { return e.Feature + " is not supported yet" }

// UnknownError says that the project has no environment or canister of a name,
// or that the environment leaves the canister out.
type UnknownError struct {
	Kind, Name  string
	Environment string
}

func (e *UnknownError) Error() string {
	if e.Environment != "" {
		return fmt.Sprintf("environment '%s' does not contain a %s named '%s'", e.Environment, e.Kind, e.Name)
	}
	article := "a"
	if e.Kind == "environment" {
		article = "an"
	}
	return fmt.Sprintf("project does not contain %s %s named '%s'", article, e.Kind, e.Name)
}

// NotFoundError says that no folder from Dir upwards holds an icp.yaml.
type NotFoundError struct{ Dir string }

func (e *NotFoundError) Error() string { return "project manifest not found in " + e.Dir }

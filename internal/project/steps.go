package project

import (
	"encoding/hex"
	"errors"
	"strings"
)

// steps reads a `{steps: […]}` section; a missing one has no steps.
func steps[S any](section node, read func(m mapping, kind string) (S, error)) ([]S, error) {
	m, err := section.mapping()
	if err != nil {
		return nil, err
	}
	if err := m.only([]string{"steps"}); err != nil {
		return nil, err
	}
	items, err := m.get("steps").items()
	if err != nil {
		return nil, err
	}
	var out []S
	for _, item := range items {
		step, err := readStep(item, read)
		if err != nil {
			return nil, err
		}
		out = append(out, step)
	}
	return out, nil
}

func readStep[S any](item node, read func(mapping, string) (S, error)) (step S, err error) {
	m, err := item.mapping()
	if err != nil {
		return step, err
	}
	if !m.has("type") {
		return step, m.errorf("step without a 'type'")
	}
	kind, err := m.get("type").str()
	if err != nil {
		return step, err
	}
	return read(m, kind)
}

func buildStep(m mapping, kind string) (BuildStep, error) {
	switch kind {
	case "script":
		return script(m)
	case "pre-built":
		if err := m.only([]string{"type", "path", "url", "sha256"}); err != nil {
			return nil, err
		}
		w, err := wasm(m)
		return &PrebuiltStep{Wasm: w}, err
	}
	return nil, m.get("type").unknownType("build", kind, "script", "pre-built")
}

func syncStep(m mapping, kind string) (SyncStep, error) {
	switch kind {
	case "script":
		return script(m)
	case "plugin":
		return pluginStep(m)
	case "assets":
		return nil, m.get("type").errorf("berth, like icp-cli, no longer supports the `assets` sync step type. " +
			"Switch to a `script` or `plugin` sync step. If this step comes from a recipe, " +
			"check whether a newer version of the recipe uses a plugin-based solution.")
	}
	return nil, m.get("type").unknownType("sync", kind, "script", "plugin")
}

func (n node) unknownType(phase, kind string, known ...string) error {
	if near := nearest(kind, known); near != "" {
		return n.errorf("unknown %s step type '%s': did you mean '%s'?", phase, kind, near)
	}
	return n.errorf("unknown %s step type '%s': known are %s", phase, kind, strings.Join(known, ", "))
}

func script(m mapping) (*ScriptStep, error) {
	if err := m.only([]string{"type", "command", "commands"}); err != nil {
		return nil, err
	}
	if m.has("command") == m.has("commands") {
		return nil, m.errorf("a script step has either 'command' or 'commands'")
	}
	if !m.has("command") {
		commands, err := m.get("commands").strings()
		return &ScriptStep{Commands: commands}, err
	}
	command, err := m.get("command").str()
	return &ScriptStep{Commands: []string{command}}, err
}

func pluginStep(m mapping) (*PluginStep, error) {
	for _, key := range []string{"args", "env"} {
		if m.has(key) {
			return nil, m.keyAt[key].errorf(
				"a plugin step has no '%s': hand the plugin a file by 'files', or a folder by 'dirs'", key)
		}
	}
	known := []string{"type", "path", "url", "sha256", "dirs", "files"}
	if err := m.only(known, "fields", "canisters"); err != nil {
		return nil, err
	}
	w, err := wasm(m)
	if err != nil {
		return nil, err
	}
	if w.Path == "" && w.SHA256 == nil {
		return nil, m.errorf("plugin with `url` requires `sha256` for integrity verification")
	}
	s := &PluginStep{Wasm: w}
	if s.Dirs, err = m.get("dirs").strings(); err != nil {
		return nil, err
	}
	if _, isMap := m.get("files").mapping(); isMap == nil && !m.get("files").missing() {
		return nil, m.get("files").unsupported("'files' as a mapping (icp:sync-plugin@0.2)")
	}
	s.Files, err = m.get("files").strings()
	return s, err
}

// wasm reads `path` or `url`, and `sha256`. If both are there, path counts.
func wasm(m mapping) (w Wasm, err error) {
	switch {
	case m.has("path"):
		w.Path, err = m.get("path").str()
		if err == nil && w.Path == "" {
			err = m.get("path").errorf("'path' is empty")
		}
	case m.has("url"):
		w.URL, err = m.get("url").str()
	default:
		err = m.errorf("step has neither 'path' nor 'url'")
	}
	if err == nil && m.has("sha256") {
		w.SHA256, err = m.get("sha256").sha256()
	}
	return w, err
}

var errDigest = errors.New("'sha256' must be 64 hexadecimal digits")

func (n node) sha256() (*[32]byte, error) {
	text, err := n.str()
	if err != nil {
		// A digest of digits alone reads as a number.
		return nil, n.wrap(errDigest)
	}
	var digest [32]byte
	if len(text) != hex.EncodedLen(len(digest)) {
		return nil, n.wrap(errDigest)
	}
	if _, err := hex.Decode(digest[:], []byte(text)); err != nil {
		return nil, n.wrap(errDigest)
	}
	return &digest, nil
}

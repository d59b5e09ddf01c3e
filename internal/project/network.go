package project

import (
	"encoding/hex"
	"net/url"
	"path/filepath"
)

// The networks and environments that every project has.
const (
	LocalName   = "local"
	MainnetName = "ic"

	mainnetAPI     = "https://icp-api.io"
	mainnetGateway = "https://icp.net"

	rootKeyBytes = 133
)

// networks reads the list and adds what every project has.
func (l *loader) networks(list node) error {
	err := l.each(list, "network", func(m mapping) error {
		n, err := network(m)
		if err != nil {
			return err
		}
		if n.Name == MainnetName {
			return m.get("name").errorf("`%s` is a reserved network name.", MainnetName)
		}
		if l.project.network(n.Name) != nil {
			return m.get("name").errorf("project contains two similarly named networks: '%s'", n.Name)
		}
		l.project.Networks = append(l.project.Networks, n)
		return nil
	})
	if err != nil {
		return err
	}
	if l.project.network(LocalName) == nil {
		local := &Network{Name: LocalName, Mode: Managed, Bind: Bind{Host: defaultHost, Port: defaultPort}}
		l.project.Networks = append(l.project.Networks, local)
	}
	l.project.Networks = append(l.project.Networks, &Network{
		Name: MainnetName, Mode: Connected, APIURL: mainnetAPI, Gateway: mainnetGateway, KeyFrom: MainnetKey,
	})
	return nil
}

// each reads the items of a list whose strings are files that hold what else
// would be written in place.
func (l *loader) each(list node, what string, read func(mapping) error) error {
	items, err := list.items()
	if err != nil {
		return err
	}
	for _, item := range items {
		if item.isString() {
			if item, err = l.include(item, what); err != nil {
				return err
			}
		}
		m, err := item.mapping()
		if err != nil {
			return err
		}
		if err := read(m); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) include(item node, what string) (node, error) {
	written, err := item.str()
	if err != nil {
		return node{}, err
	}
	file := filepath.Join(l.project.Dir, filepath.FromSlash(written))
	if !isFile(file) {
		return node{}, item.errorf("could not locate %s manifest at: '%s'", article(what), file)
	}
	return readYAML(file)
}

func article(what string) string {
	if what == "environment" {
		return "an " + what
	}
	return "a " + what
}

func (p *Project) network(name string) *Network {
	for _, n := range p.Networks {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func network(m mapping) (*Network, error) {
	name, err := m.name()
	if err != nil {
		return nil, err
	}
	if err := checkName(m.get("name"), "network name", name); err != nil {
		return nil, err
	}
	if !m.has("mode") {
		return nil, m.errorf("missing field `mode`")
	}
	mode, err := m.get("mode").str()
	if err != nil {
		return nil, err
	}
	switch mode {
	case "connected":
		return connected(m, name)
	case "managed":
		return managed(m, name)
	}
	return nil, m.get("mode").errorf("unknown network mode '%s': known are managed, connected", mode)
}

func connected(m mapping, name string) (*Network, error) {
	known := []string{"name", "mode", "url", "api-url", "http-gateway-url", "root-key"}
	if err := m.only(known); err != nil {
		return nil, err
	}
	n := &Network{Name: name, Mode: Connected}
	var err error
	switch {
	case m.has("api-url"):
		n.APIURL, err = m.get("api-url").httpURL()
		if err == nil && m.has("http-gateway-url") {
			n.Gateway, err = m.get("http-gateway-url").httpURL()
		}
	case m.has("url"):
		n.APIURL, err = m.get("url").httpURL()
		n.Gateway = n.APIURL
	default:
		err = m.errorf("connected network '%s' has neither 'url' nor 'api-url'", name)
	}
	if err != nil {
		return nil, err
	}
	return n, n.readRootKey(m)
}

func (n *Network) readRootKey(m mapping) error {
	if !m.has("root-key") {
		return m.errorf("missing field `root-key`: it is \"mainnet\", \"fetch\", or the key in hexadecimal")
	}
	at := m.get("root-key")
	text, err := at.str()
	if err != nil {
		return err
	}
	switch text {
	case "mainnet":
		n.KeyFrom = MainnetKey
		return nil
	case "fetch":
		n.KeyFrom = FetchedKey
		return nil
	}
	n.KeyFrom = ConfiguredKey
	if n.RootKey, err = hex.DecodeString(text); err != nil {
		return at.errorf(
			"invalid root key: expected \"mainnet\", \"fetch\", or a hex-encoded key, but failed to decode as hex: %w", err)
	}
	if len(n.RootKey) != rootKeyBytes {
		return at.errorf("invalid root key: expected %d bytes but got %d", rootKeyBytes, len(n.RootKey))
	}
	return nil
}

func (n node) httpURL() (string, error) {
	text, err := n.str()
	if err != nil {
		return "", err
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", n.wrap(err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", n.errorf("'%s' is not an http or https URL without credentials", u.Redacted())
	}
	return text, nil
}

const (
	defaultHost = "127.0.0.1"
	defaultPort = 8000
)

// managed reads a network that berth runs. Of icp-cli's settings for one only
// the address has a meaning here.
func managed(m mapping, name string) (*Network, error) {
	later := []string{
		"artificial-delay-ms", "ii", "nns", "subnets", "bitcoind-addr", "dogecoind-addr", "version",
		"image", "port-mapping", "rm-on-exit", "args", "cmd", "command", "entrypoint", "environment", "volumes",
		"platform", "user", "shm-size", "status-dir", "mounts", "extra-hosts",
	}
	if err := m.only([]string{"name", "mode", "gateway"}, later...); err != nil {
		return nil, err
	}
	n := &Network{Name: name, Mode: Managed, Bind: Bind{Host: defaultHost, Port: defaultPort}}
	gateway, err := m.get("gateway").mapping()
	if err != nil {
		return nil, err
	}
	if err := gateway.only([]string{"bind", "port"}, "domains"); err != nil {
		return nil, err
	}
	if gateway.has("bind") {
		if n.Bind.Host, err = gateway.get("bind").loopback(); err != nil {
			return nil, err
		}
	}
	if gateway.has("port") {
		n.Bind.Port, err = gateway.get("port").port()
	}
	return n, err
}

func (n node) loopback() (string, error) {
	host, err := n.str()
	if err != nil {
		return "", err
	}
	if host != "127.0.0.1" && host != "::1" && host != "localhost" {
		return "", n.unsupported("a local network bound to '" + host + "' and not to a loopback address")
	}
	return host, nil
}

func (n node) port() (int, error) {
	port, err := n.integer()
	if err == nil && (port < 0 || port > 65535) {
		err = n.errorf("port %d is out of range", port)
	}
	return port, err
}

// environments reads the list and adds what every project has.
func (l *loader) environments(list node) error {
	err := l.each(list, "environment", func(m mapping) error {
		e, err := l.environment(m)
		if err == nil {
			l.project.Environments = append(l.project.Environments, e)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range []string{LocalName, MainnetName} {
		if _, err := l.project.Environment(name); err != nil {
			e := &Environment{Name: name, Network: l.project.network(name), Canisters: l.project.Canisters}
			l.project.Environments = append(l.project.Environments, e)
		}
	}
	return nil
}

func (l *loader) environment(m mapping) (*Environment, error) {
	name, err := m.name()
	if err != nil {
		return nil, err
	}
	// The name becomes part of a file's name.
	if err := checkName(m.get("name"), "environment name", name); err != nil {
		return nil, err
	}
	if err := m.only([]string{"name", "network", "canisters"}, "settings", "init_args"); err != nil {
		return nil, err
	}
	if _, err := l.project.Environment(name); err == nil {
		return nil, m.get("name").errorf("project contains two similarly named environments: '%s'", name)
	}
	e := &Environment{Name: name, Canisters: l.project.Canisters}
	if err := l.environmentNetwork(e, m); err != nil {
		return nil, err
	}
	if m.has("canisters") {
		err = l.environmentCanisters(e, m.get("canisters"))
	}
	return e, err
}

func (l *loader) environmentNetwork(e *Environment, m mapping) error {
	name := LocalName
	if m.has("network") {
		var err error
		if name, err = m.get("network").str(); err != nil {
			return err
		}
	}
	if e.Network = l.project.network(name); e.Network == nil {
		return m.get("network").errorf("environment '%s' points to invalid network '%s'", e.Name, name)
	}
	return nil
}

func (l *loader) environmentCanisters(e *Environment, list node) error {
	items, err := list.items()
	if err != nil {
		return err
	}
	e.Canisters = []*Canister{}
	for _, item := range items {
		name, err := item.str()
		if err != nil {
			return err
		}
		c := byName(l.project.Canisters, name)
		if c == nil {
			return item.errorf("environment '%s' points to invalid canister '%s'", e.Name, name)
		}
		e.Canisters = append(e.Canisters, c)
	}
	return nil
}

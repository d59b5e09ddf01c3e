package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/identity"
)

// Defaults of [Config].
const (
	defaultWindow      = 4 * time.Minute
	defaultPollTimeout = 5 * time.Minute
	defaultMaxBody     = 16 << 20
	defaultConcurrent  = 50
	// clientTimeout is longer than any server holds a call before it answers that it is still running.
	clientTimeout = 360 * time.Second
	// connectTimeout bounds finding a connection, and making it secure.
	connectTimeout = 30 * time.Second
)

// Config says which network an agent talks to, and as whom.
type Config struct {
	// URL is the network's API, for example https://icp-api.io or http://127.0.0.1:4943. Required.
	// Hosts below ic0.app, icp0.io, icp-api.io and localhost stand for these.
	URL string
	// RootKey is the network's root of trust. Required.
	RootKey RootKey
	// Identity signs; nil means anonymous. Pass what [TrustPolicy] allows.
	Identity identity.Identity
	// Client sends the requests; nil means one of the agent's own with a timeout of 6 minutes. Redirects are not followed
	// in any case.
	Client *http.Client
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// IngressWindow is how long a request stays valid; 0 means 4 minutes. Networks accept up to 5.
	IngressWindow time.Duration
	// PollTimeout is how long a call is followed without news; 0 means 5 minutes.
	PollTimeout time.Duration
	// MaxBodyBytes bounds each answer, after decompression; 0 means 16 MiB.
	MaxBodyBytes int64
	// MaxConcurrent bounds the requests under way; 0 means 50.
	MaxConcurrent int
	// Log gets what happens, without payloads, at level Debug; nil means silence.
	Log *slog.Logger
}

// Agent sends requests to one network as one identity.
type Agent struct {
	base     *url.URL
	root     RootKey
	identity identity.Identity
	client   *http.Client
	now      func() time.Time
	window   time.Duration
	patience time.Duration
	maxBody  int64
	slots    chan struct{}
	log      *slog.Logger
	shared   *shared
}

// shared is what agents of the same network learn together.
type shared struct {
	certs  cert.Cache
	levels levels
	nodes  nodeKeys
}

// New makes an agent. Nothing is sent yet. The error is a *[MainnetKeyError] if the address is the main network's and the
// root key is not.
func New(c Config) (*Agent, error) {
	base, err := parseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.RootKey.der == "" {
		return nil, errors.New("agent: no root key")
	}
	if err := checkRoot(base, c.RootKey); err != nil {
		return nil, err
	}
	a := &Agent{
		base: base, root: c.RootKey, identity: c.Identity, client: newClient(c.Client), now: c.Now, log: c.Log,
		window:   orDefault(c.IngressWindow, defaultWindow),
		patience: orDefault(c.PollTimeout, defaultPollTimeout),
		maxBody:  orDefault(c.MaxBodyBytes, defaultMaxBody),
		slots:    make(chan struct{}, orDefault(c.MaxConcurrent, defaultConcurrent)),
		shared:   &shared{nodes: newNodeKeys()},
	}
	if a.identity == nil {
		a.identity = identity.Anonymous()
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	return a, nil
}

func orDefault[T int | int64 | time.Duration](v, other T) T {
	if v <= 0 {
		return other
	}
	return v
}

// newClient returns a client that follows no redirects: another host has no business with a signed request. Beside that
// it is given, or one with a timeout for each step.
func newClient(given *http.Client) *http.Client {
	c := http.Client{
		Timeout: clientTimeout,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout: connectTimeout, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: defaultConcurrent, IdleConnTimeout: time.Minute,
		},
	}
	if given != nil {
		c = *given
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// WithIdentity returns an agent for the same network that sends as id (nil means anonymous) and shares with a what is
// known about the network.
func (a *Agent) WithIdentity(id identity.Identity) *Agent {
	b := *a
	if b.identity = id; id == nil {
		b.identity = identity.Anonymous()
	}
	return &b
}

// Identity returns who the agent sends as.
func (a *Agent) Identity() identity.Identity { return a.identity }

// RootKey returns the network's root of trust.
func (a *Agent) RootKey() RootKey { return a.root }

// URL returns the address of the network's API.
func (a *Agent) URL() string { return a.base.String() }

// parseURL checks and normalizes the address of a network. Errors do not repeat a text that could hold a password.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	isBase := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	switch {
	case !isBase && strings.Contains(text, "@"):
		return nil, errors.New("network address with a user: want http://HOST or https://HOST")
	case err != nil:
		return nil, fmt.Errorf("network address: %w", err)
	case !isBase:
		return nil, fmt.Errorf("network address %q: want http://HOST or https://HOST", text)
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	if host, port := apiHost(u.Hostname()), u.Port(); host != u.Hostname() {
		u.Host = host
		if port != "" {
			u.Host = net.JoinHostPort(host, port)
		}
	}
	return u, nil
}

// apiHost returns the host that serves the API for canisters' own hosts like ID.icp0.io, and other hosts as they are.
func apiHost(host string) string {
	lower := strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range []string{"ic0.app", "icp0.io", "icp-api.io", "localhost"} {
		if strings.HasSuffix(lower, "."+domain) {
			return domain
		}
	}
	return host
}

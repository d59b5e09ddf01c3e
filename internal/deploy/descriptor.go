package deploy

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/berth-cli/berth/internal/atomicfile"
	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/gofrs/flock"
)

// Running is a network of a project that another process runs.
type Running struct {
	File    string // the descriptor
	URL     string
	RootKey []byte // DER
	PID     int
	Foreign bool // icp-cli runs it

	FirstID principal.Principal // a canister id of its subnet, if berth runs it
}

// descriptor is what both programs write about a network they run; berth writes
// and reads these fields of it.
type descriptor struct {
	Version string `json:"v"`
	Network string `json:"network"`
	Gateway struct {
		Host string `json:"host,omitempty"`
		IP   string `json:"ip,omitempty"`
		Port int    `json:"port"`
	} `json:"gateway"`
	ChildLocator struct {
		Type string `json:"type,omitempty"`
		PID  int    `json:"pid,omitempty"`
	} `json:"child-locator"`
	RootKey string               `json:"root-key"`
	FirstID *principal.Principal `json:"default-effective-canister-id,omitempty"`
}

// DescriptorError says why a network's descriptor cannot be used.
type DescriptorError struct {
	File string
	Err  error
}

func (e *DescriptorError) Error() string {
	return fmt.Sprintf("network descriptor %s: %v: stop the network, or remove the file if it does not run", e.File, e.Err)
}

// Unwrap returns the cause.
func (e *DescriptorError) Unwrap() error { return e.Err }

const maxDescriptorBytes = 64 << 10

var (
	errNotLoopback = errors.New("its address is not a loopback address")
	errWrongFile   = errors.New("is not a regular file of this user")
	errTooLarge    = errors.New("is too large")
)

func descriptorFile(projectDir, network string) string {
	return filepath.Join(NetworkDir(projectDir, network), "descriptor.json")
}

// removeDescriptor removes the descriptor of a network that is not served.
func removeDescriptor(projectDir, network string) error {
	err := os.Remove(descriptorFile(projectDir, network))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove network descriptor: %w", err)
	}
	return nil
}

// FindRunning returns the network of that name that berth or icp-cli runs for the
// project, nil if none does. The error is *DescriptorError.
//
// A descriptor of ours counts only while the process it names has the network's
// state open: a file alone could be left over, or have come with the project.
func FindRunning(projectDir, network string) (*Running, error) {
	if pid, used := stateUser(NetworkDir(projectDir, network)); used {
		r, err := readDescriptor(descriptorFile(projectDir, network))
		if err != nil || r != nil && r.PID == pid {
			return r, err
		}
	}
	foreign := filepath.Join(projectDir, ".icp", "cache", "networks", network, "descriptor.json")
	r, err := readDescriptor(foreign)
	if r == nil || err != nil {
		return nil, err
	}
	r.Foreign = true
	return r, nil
}

// stateUser returns which process has a network's state open, if one has: package
// localnet has it hold the file "lock" and write its id into "owner".
func stateUser(networkDir string) (pid int, used bool) {
	file := filepath.Join(stateDir(networkDir), "lock")
	if _, err := os.Lstat(file); err != nil || checkLock(file) != nil {
		return 0, false
	}
	lock := flock.New(file)
	free, err := lock.TryRLock()
	if free {
		_ = lock.Close()
	}
	if err != nil || free {
		return 0, false
	}
	b, err := readOwn(filepath.Join(stateDir(networkDir), "owner"), maxOwnerBytes)
	if err == nil {
		pid, err = strconv.Atoi(string(b))
	}
	return pid, err == nil
}

const maxOwnerBytes = 20

// readOwn reads a regular file of this user, which may be no larger than max.
func readOwn(file string, max int64) ([]byte, error) {
	info, err := os.Lstat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || !ownFile(info):
		return nil, errWrongFile
	case info.Size() > max:
		return nil, errTooLarge
	}
	return os.ReadFile(file)
}

// readDescriptor returns nil if there is no file.
func readDescriptor(file string) (*Running, error) {
	fail := func(err error) (*Running, error) { return nil, &DescriptorError{File: file, Err: err} }
	b, err := readOwn(file, maxDescriptorBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return fail(err)
	}
	var d descriptor
	if err := json.Unmarshal(b, &d); err != nil {
		return fail(err)
	}
	r, err := d.running(file)
	if err != nil {
		return fail(err)
	}
	return r, nil
}

func (d descriptor) running(file string) (*Running, error) {
	host := d.Gateway.Host
	if host == "" {
		host = "localhost"
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errNotLoopback
	}
	if d.Gateway.Port < 1 || d.Gateway.Port > 65535 {
		return nil, fmt.Errorf("port %d is out of range", d.Gateway.Port)
	}
	key, err := hex.DecodeString(d.RootKey)
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(d.Gateway.Port))}
	r := &Running{File: file, URL: u.String(), RootKey: key, PID: d.ChildLocator.PID}
	if d.FirstID != nil {
		r.FirstID = *d.FirstID
	}
	return r, nil
}

// writeDescriptor tells other processes of the network that this one runs.
func writeDescriptor(projectDir, network string, addr *net.TCPAddr, local *localnet.Network) error {
	first := local.EffectiveCanisterID()
	d := descriptor{Version: "1", Network: network, RootKey: hex.EncodeToString(local.RootKey()), FirstID: &first}
	d.Gateway.Host, d.Gateway.IP, d.Gateway.Port = addr.IP.String(), addr.IP.String(), addr.Port
	d.ChildLocator.Type, d.ChildLocator.PID = "pid", os.Getpid()
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write network descriptor: %w", err)
	}
	if err := atomicfile.WriteFile(descriptorFile(projectDir, network), append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write network descriptor: %w", err)
	}
	return nil
}

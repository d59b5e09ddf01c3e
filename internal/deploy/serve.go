package deploy

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/berth-cli/berth/internal/localnet"
	"github.com/berth-cli/berth/internal/project"
)

// Serve runs a managed network of a project until ctx ends, for other processes to
// use. Its proxy canister is there from the start, for the identities given. ready
// is called with its address once it can be used.
func Serve(
	ctx context.Context, projectDir string, network *project.Network, cfg localnet.Config,
	identities []principal.Principal, ready func(url string),
) (err error) {
	dir := NetworkDir(projectDir, network.Name)
	cfg.StateDir = stateDir(dir)
	if err := insideProject(projectDir, cfg.StateDir); err != nil {
		return fmt.Errorf("open network '%s': %w", network.Name, err)
	}
	local, err := localnet.Open(ctx, cfg)
	if err != nil {
		return fmt.Errorf("open network '%s': %w", network.Name, err)
	}
	defer func() { err = joined(err, local.Close()) }()
	if _, err := installProxy(ctx, local, identities); err != nil {
		return err
	}
	address := net.JoinHostPort(network.Bind.Host, strconv.Itoa(network.Bind.Port))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for network '%s': %w", network.Name, err)
	}
	defer listener.Close()
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("listen for network '%s': %s is no address of TCP", network.Name, listener.Addr())
	}
	if err := writeDescriptor(projectDir, network.Name, addr, local); err != nil {
		return err
	}
	defer func() { err = joined(err, removeDescriptor(projectDir, network.Name)) }()
	ready("http://" + addr.String())
	return local.Serve(ctx, listener)
}

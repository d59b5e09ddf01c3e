package fetch

import "net/netip"

// loopback reports whether a host is this machine by its very name.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

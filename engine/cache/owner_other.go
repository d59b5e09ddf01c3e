//go:build !unix

package cache

import "io/fs"

// checkOwner trusts the access control list that the user's own folders have.
func checkOwner(string, fs.FileInfo, fs.FileMode) error { return nil }

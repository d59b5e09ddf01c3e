//go:build !unix

package project

import "io/fs"

// trustedOwner reports whether a file is this user's. Other systems keep users'
// folders apart by access lists, which are not looked at.
func trustedOwner(fs.FileInfo) bool { return true }

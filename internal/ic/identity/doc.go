// Package identity holds the keys that sign requests to the Internet Computer, reads them from PEM files and from the
// identity store of icp-cli, and checks signatures of the same schemes.
//
//	store := identity.OpenStore(identity.DefaultHome(getenv, runtime.GOOS, home))
//	name, err := store.Default()
//	id, err := store.Load(name) // or identity.Anonymous()
//	sig, err := id.Sign(message)
//
// Secrets: no error, String method or %+v of a value of this package shows key material.
//
// Hostile input: PEM and DER of any content give a key or an error, never a panic. Files are read up to 64 KiB.
//
// Every type is immutable and safe for concurrent use.
//
// IC interface specification 0.66, "Signatures"; icp-cli's identity folder.
package identity

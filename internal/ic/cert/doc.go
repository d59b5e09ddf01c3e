// Package cert builds, reads and verifies Internet Computer certificates: hash trees signed by a subnet with BLS12-381,
// optionally through one delegation from the root key.
//
// Unverified and verified are different types. [Tree] and [Unverified] can be built, encoded, decoded and pruned by anyone,
// but have no lookups; [Verify] is the only maker of a [Certificate], and only a [Certificate] answers questions:
//
//	c, err := cert.Verify(raw, cert.Options{
//		RootKey: cert.MainnetRootKey(),
//		Scope:   cert.CanisterScope(canister),
//		Now:     time.Now(),
//	})
//	if err != nil {
//		return err // a *CertificateError that names the reason
//	}
//	status, found := c.Lookup(cert.NewPath("request_status", string(id), "status"))
//
// The shape of a certificate:
//
//	certificate = { tree, signature, ? delegation: { subnet_id, certificate } }      CBOR, tag 55799 optional
//	tree        = [0] | [1, left, right] | [2, label, tree] | [3, leaf] | [4, hash]
//	signed      = 0x0d "ic-state-root" root hash
//
// Hostile input: any bytes give a value or an error, never a panic; nesting, number of nodes and therefore memory are
// bounded ([MaxDepth], [MaxNodes]). Callers bound the size of the input itself.
//
// Trees and certificates are immutable and safe for concurrent use, as is [Cache].
//
// IC interface specification 0.66, "Certification".
package cert

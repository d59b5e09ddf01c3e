package cert

import "strings"

// Reason says why a certificate was refused. The texts are stable.
type Reason string

const (
	// ReasonMalformed means that the bytes are not a certificate, or a value in it is not what it should be.
	ReasonMalformed Reason = "malformed"
	// ReasonIllFormed means that the tree breaks the rules lookups rely on.
	ReasonIllFormed Reason = "ill-formed tree"
	// ReasonRootKey means that the root key given by the caller is unusable.
	ReasonRootKey Reason = "bad root key"
	// ReasonOptions means that the caller left a required option out.
	ReasonOptions Reason = "missing option"
	// ReasonSignature means that the signature does not match the tree and the key: forged, altered, or another network.
	ReasonSignature Reason = "signature does not verify"
	// ReasonSubnetKey means that the delegation does not show a usable key of the subnet.
	ReasonSubnetKey Reason = "no subnet key in delegation"
	// ReasonNestedDelegation means that the delegation's own certificate is delegated.
	ReasonNestedDelegation Reason = "delegation inside a delegation"
	// ReasonNotAuthorized means that the signing subnet does not answer for the canister or is not the subnet asked.
	ReasonNotAuthorized Reason = "not authorized"
	// ReasonStale means that the certificate is older than the caller accepts.
	ReasonStale Reason = "stale"
	// ReasonFuture means that the certificate is from further in the future than the caller accepts.
	ReasonFuture Reason = "from the future"
)

// CertificateError reports a certificate that was refused.
type CertificateError struct {
	Reason Reason // what rule was broken
	Detail string // the facts, may be empty
	Err    error  // the cause, may be nil
}

// Error returns the reason, the detail and the cause.
func (e *CertificateError) Error() string {
	parts := []string{"certificate refused"}
	for _, s := range []string{string(e.Reason), e.Detail} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *CertificateError) Unwrap() error { return e.Err }

func refuse(r Reason, detail string) *CertificateError {
	return &CertificateError{Reason: r, Detail: detail}
}

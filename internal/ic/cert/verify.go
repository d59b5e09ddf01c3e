package cert

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// Defaults of [Options].
const (
	defaultMaxAge           = 5 * time.Minute
	defaultMaxFuture        = 5 * time.Minute
	defaultMaxDelegationAge = 30 * 24 * time.Hour
)

// Options says what a certificate must prove to be believed.
type Options struct {
	// RootKey is the root key of the network in DER. Required.
	RootKey []byte
	// Scope is the canister or subnet that the certificate must speak for. Required.
	Scope Scope
	// Now is the present. Required.
	Now time.Time
	// MaxAge is how old a certificate may be; 0 means 5 minutes.
	MaxAge time.Duration
	// MaxFuture is how far ahead of Now it may be; 0 means 5 minutes.
	MaxFuture time.Duration
	// MaxDelegationAge is how old the delegation may be, which subnets renew seldom; 0 means 30 days.
	MaxDelegationAge time.Duration
	// Cache remembers verified delegations; nil means none are remembered.
	Cache *Cache
}

func (o Options) maxAge() time.Duration    { return orDefault(o.MaxAge, defaultMaxAge) }
func (o Options) maxFuture() time.Duration { return orDefault(o.MaxFuture, defaultMaxFuture) }
func (o Options) maxDelegationAge() time.Duration {
	return orDefault(o.MaxDelegationAge, defaultMaxDelegationAge)
}

func orDefault(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// Scope is what a certificate speaks for. The zero value is no scope and is refused.
type Scope struct {
	kind scopeKind
	id   principal.Principal
}

type scopeKind uint8

const (
	scopeNone scopeKind = iota
	scopeCanister
	scopeSubnet
)

// CanisterScope asks for a certificate of the subnet that runs the canister: a delegation must include it in its
// ranges. Without a delegation the root key itself answers, for every canister.
func CanisterScope(id principal.Principal) Scope { return Scope{kind: scopeCanister, id: id} }

// SubnetScope asks for a certificate of exactly that subnet.
func SubnetScope(id principal.Principal) Scope { return Scope{kind: scopeSubnet, id: id} }

// Certificate is a verified certificate: signed by the root key or by a subnet that the root key delegates to, for the
// canister or subnet asked, within the time asked. [Verify] is the only maker.
type Certificate struct {
	tree   *Tree
	time   time.Time
	subnet principal.Principal
}

// Verify reads raw and checks, in this order: the tree's form, the delegation and its scope, the signature, the time.
// The error is a *[CertificateError].
//
// IC interface specification, "Certificate" and "Delegation".
func Verify(raw []byte, o Options) (*Certificate, error) {
	root, err := o.check()
	if err != nil {
		return nil, err
	}
	u, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	key, subnet, err := o.signer(u.Delegation, root)
	if err != nil {
		return nil, err
	}
	if err := key.Verify(SigningMessage(u.Tree.Digest()), u.Signature); err != nil {
		return nil, &CertificateError{Reason: ReasonSignature, Err: err}
	}
	at, err := u.Tree.timestamp()
	if err != nil {
		return nil, err
	}
	if err := checkTime(at, o, o.maxAge(), "certificate"); err != nil {
		return nil, err
	}
	return &Certificate{tree: u.Tree, time: at, subnet: subnet}, nil
}

// check refuses missing options and returns the parsed root key.
func (o Options) check() (PublicKey, error) {
	switch {
	case o.Scope.kind == scopeNone:
		return PublicKey{}, refuse(ReasonOptions, "no canister or subnet")
	case o.Now.IsZero():
		return PublicKey{}, refuse(ReasonOptions, "no present time")
	}
	key, err := o.Cache.publicKey(o.RootKey)
	if err != nil {
		return PublicKey{}, &CertificateError{Reason: ReasonRootKey, Err: err}
	}
	return key, nil
}

// signer returns the key that must have signed the certificate and the id of its subnet.
func (o Options) signer(d *Delegation, root PublicKey) (PublicKey, principal.Principal, error) {
	if d == nil {
		return root, principal.SelfAuthenticating(o.RootKey), o.checkRootScope()
	}
	v, err := o.delegated(d, root)
	if err != nil {
		return PublicKey{}, principal.Principal{}, err
	}
	if err := checkTime(v.time, o, o.maxDelegationAge(), "delegation"); err != nil {
		return PublicKey{}, principal.Principal{}, err
	}
	return v.key, v.subnet, v.checkScope(o.Scope)
}

// checkRootScope refuses the root key's own signature for another subnet.
func (o Options) checkRootScope() error {
	id := principal.SelfAuthenticating(o.RootKey)
	if o.Scope.kind == scopeSubnet && o.Scope.id != id {
		return refuse(ReasonNotAuthorized, fmt.Sprintf("signed by the root subnet %s, asked for subnet %s", id, o.Scope.id))
	}
	return nil
}

// checkTime refuses what is too old or too far ahead.
func checkTime(at time.Time, o Options, maxAge time.Duration, what string) error {
	switch age := o.Now.Sub(at); {
	case age > maxAge:
		return refuse(ReasonStale, fmt.Sprintf("%s of %s is %s old, at most %s is accepted: is this computer's clock right?",
			what, at.UTC().Format(time.RFC3339), age.Round(time.Second), maxAge))
	case -age > o.maxFuture():
		return refuse(ReasonFuture, fmt.Sprintf("%s of %s is %s ahead, at most %s is accepted: is this computer's clock right?",
			what, at.UTC().Format(time.RFC3339), (-age).Round(time.Second), o.maxFuture()))
	}
	return nil
}

// timestamp returns the value at /time.
func (t *Tree) timestamp() (time.Time, error) {
	v, status := t.lookup(NewPath("time"))
	if status != Found {
		return time.Time{}, refuse(ReasonMalformed, "time is "+status.String())
	}
	ns, err := DecodeNat(v)
	if err == nil && ns > math.MaxInt64 {
		err = errFarFuture
	}
	if err != nil {
		return time.Time{}, &CertificateError{Reason: ReasonMalformed, Detail: "time", Err: err}
	}
	return time.Unix(0, int64(ns)), nil
}

// Lookup returns the value at path. Only with [Found] is there a value; [Absent] is a proof that there is none.
// The value must not be changed.
func (c *Certificate) Lookup(path Path) ([]byte, Status) { return c.tree.lookup(path) }

// Labels returns the labels directly below path in increasing order, and whether these are proved to be all.
func (c *Certificate) Labels(path Path) (labels [][]byte, complete bool) { return c.tree.labels(path) }

// Time returns the time of the state that was certified.
func (c *Certificate) Time() time.Time { return c.time }

// Subnet returns the id of the subnet that signed.
func (c *Certificate) Subnet() principal.Principal { return c.subnet }

// inRanges reports whether one of the closed ranges holds id, in the order of raw bytes.
func inRanges(ranges [][2][]byte, id principal.Principal) bool {
	b := id.Bytes()
	for _, r := range ranges {
		if bytes.Compare(r[0], b) <= 0 && bytes.Compare(b, r[1]) <= 0 {
			return true
		}
	}
	return false
}

// Covers says whether the certified ranges of the signing subnet include the canister: [Found] if they do, [Absent] if
// they do not, [Unknown] if this certificate does not show ranges.
func (c *Certificate) Covers(id principal.Principal) (Status, error) {
	ranges, err := (&delegated{tree: c.tree, subnet: c.subnet}).ranges(id)
	switch e, ok := errors.AsType[*CertificateError](err); {
	case ok && e.Reason == ReasonNotAuthorized:
		return Unknown, nil
	case err != nil:
		return Error, err
	case inRanges(ranges, id):
		return Found, nil
	}
	return Absent, nil
}

package ingress

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// MaxIngressTTL is how far in the future a request may expire.
const MaxIngressTTL = 5*time.Minute + 30*time.Second

// ExpiryError is the error for a request that is too old or too new.
type ExpiryError struct {
	Provided, Min, Max, Now time.Time
}

func (e *ExpiryError) Error() string {
	f := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	return fmt.Sprintf("Invalid request expiry: Specified ingress_expiry not within expected range: Minimum allowed expiry: %s, Maximum allowed expiry: %s, Provided expiry: %s, Local replica time: %s",
		f(e.Min), f(e.Max), f(e.Provided), f(e.Now))
}

// Authenticate checks, at the time now, that r has not expired and that its sender
// sent it. Anonymous queries and read_state requests do not expire.
func (r *Request) Authenticate(now time.Time) error {
	if err := r.checkExpiry(now); err != nil {
		return err
	}
	if r.Sender == principal.Anonymous() {
		if r.pubkey != nil || r.sig != nil || r.links != nil {
			return errors.New("the sender is anonymous, but sender_pubkey, sender_sig or sender_delegation is present")
		}
		return nil
	}
	if r.pubkey == nil || r.sig == nil {
		return fmt.Errorf("the sender is %v, but sender_pubkey or sender_sig is missing", r.Sender)
	}
	if own := principal.SelfAuthenticating(r.pubkey); own != r.Sender {
		return fmt.Errorf("sender_pubkey belongs to %v, the sender is %v", own, r.Sender)
	}
	key, err := r.followLinks(now)
	if err != nil {
		return err
	}
	if err := verify(key, slices.Concat([]byte("\x0Aic-request"), r.ID[:]), r.sig); err != nil {
		return fmt.Errorf("invalid signature of the request: %w", err)
	}
	return nil
}

func (r *Request) checkExpiry(now time.Time) error {
	if r.Sender == principal.Anonymous() && r.Type != Call {
		return nil
	}
	low, high := now.UnixNano(), now.Add(MaxIngressTTL).UnixNano()
	if r.Expiry > uint64(low) && r.Expiry <= uint64(high) {
		return nil
	}
	return &ExpiryError{
		Provided: time.Unix(0, int64(min(r.Expiry, 1<<63-1))),
		Min:      now, Max: time.Unix(0, high), Now: now,
	}
}

// followLinks checks the delegations and returns the key that signed the request.
func (r *Request) followLinks(now time.Time) ([]byte, error) {
	key, seen := r.pubkey, [][]byte{r.pubkey}
	for i, l := range r.links {
		if slices.ContainsFunc(seen, func(k []byte) bool { return bytes.Equal(k, l.pubkey) }) {
			return nil, fmt.Errorf("delegation %d: its key occurs twice in the chain", i)
		}
		seen = append(seen, l.pubkey)
		if l.expiration.Cmp(big.NewInt(now.UnixNano())) < 0 {
			return nil, fmt.Errorf("delegation %d: expired at %s", i, formatNanos(l.expiration))
		}
		if err := r.checkScope(&l); err != nil {
			return nil, fmt.Errorf("delegation %d: %w", i, err)
		}
		if err := verify(key, slices.Concat([]byte("\x1Aic-request-auth-delegation"), l.hash[:]), l.signature); err != nil {
			return nil, fmt.Errorf("delegation %d: invalid signature: %w", i, err)
		}
		key = l.pubkey
	}
	return key, nil
}

// checkScope checks what a link allows. The targets of a read_state request are
// checked by Allows, once the callee is known.
func (r *Request) checkScope(l *link) error {
	if l.queriesOnly && r.Type == Call {
		return errors.New("its permissions are \"queries\": calls are forbidden")
	}
	if r.Type != ReadState && l.hasTargets && !slices.Contains(l.targets, r.Canister) {
		return fmt.Errorf("canister %v is not one of its targets", r.Canister)
	}
	return nil
}

// Allows reports whether every delegation of the request reaches the canister.
func (r *Request) Allows(canister principal.Principal) bool {
	for _, l := range r.links {
		if l.hasTargets && !slices.Contains(l.targets, canister) {
			return false
		}
	}
	return true
}

func formatNanos(n *big.Int) string {
	if !n.IsInt64() {
		return n.String() + " ns"
	}
	return time.Unix(0, n.Int64()).UTC().Format(time.RFC3339Nano)
}

package cert_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/cert/certtest"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// world is a pretended network: a root subnet and one other, which runs canisters 0x10 to 0x1f.
type world struct {
	root, subnet *certtest.Signer
	now          time.Time
}

func newWorld() world {
	return world{root: certtest.NewSigner(1), subnet: certtest.NewSigner(2), now: time.Unix(1_700_000_000, 0)}
}

func canister(last byte) principal.Principal {
	p, err := principal.FromBytes([]byte{0, 0, 0, 0, 0, 0, 0, last, 1, 1})
	if err != nil {
		panic(err)
	}
	return p
}

// ranges is the CBOR of one range from one canister to another.
func ranges(lo, hi byte) []byte {
	b := append([]byte{0xd9, 0xd9, 0xf7, 0x81, 0x82, 0x4a}, canister(lo).Bytes()...)
	return append(append(b, 0x4a), canister(hi).Bytes()...)
}

// content is the state that certificates of these tests certify.
func (w world) content(at time.Time) *cert.Tree {
	return certtest.Tree(map[string]certtest.Node{
		"time":   certtest.Time(at),
		"answer": "42",
	})
}

// delegationTree is what the root subnet certifies about the other one.
func (w world) delegationTree(rangesNode map[string]certtest.Node, at time.Time) *cert.Tree {
	sid := string(w.subnet.Subnet().Bytes())
	subnet := map[string]certtest.Node{"public_key": w.subnet.DER()}
	top := map[string]certtest.Node{"time": certtest.Time(at)}
	if legacy, ok := rangesNode["legacy"]; ok {
		subnet["canister_ranges"] = legacy
	} else if rangesNode != nil {
		top["canister_ranges"] = map[string]certtest.Node{sid: rangesNode}
	}
	top["subnet"] = map[string]certtest.Node{sid: subnet}
	return certtest.Tree(top)
}

func (w world) sharded() map[string]certtest.Node {
	return map[string]certtest.Node{
		string(canister(0x10).Bytes()): ranges(0x10, 0x17),
		string(canister(0x18).Bytes()): ranges(0x18, 0x1f),
	}
}

func (w world) delegation(t *cert.Tree) cert.Delegation {
	return cert.Delegation{SubnetID: w.subnet.Subnet().Bytes(), Certificate: w.root.Certificate(t)}
}

func (w world) options(s cert.Scope) cert.Options {
	return cert.Options{RootKey: w.root.DER(), Scope: s, Now: w.now}
}

// expect checks err against a reason; "" means success.
func expect(t *testing.T, err error, want cert.Reason) {
	t.Helper()
	e, ok := errors.AsType[*cert.CertificateError](err)
	switch {
	case want == "" && err != nil:
		t.Errorf("Verify: %v, want success", err)
	case want != "" && (!ok || e.Reason != want):
		t.Errorf("Verify: %v, want it refused as %q", err, want)
	}
}

func TestVerifyWithoutDelegation(t *testing.T) {
	w := newWorld()
	raw := w.root.Certificate(w.content(w.now))
	for _, scope := range []cert.Scope{cert.CanisterScope(canister(3)), cert.SubnetScope(w.root.Subnet())} {
		c, err := cert.Verify(raw, w.options(scope))
		if err != nil {
			t.Fatalf("Verify: %v", err)
		}
		if v, status := c.Lookup(cert.NewPath("answer")); status != cert.Found || string(v) != "42" {
			t.Errorf("Lookup(answer) = %q, %v", v, status)
		}
		if !c.Time().Equal(w.now) || c.Subnet() != w.root.Subnet() {
			t.Errorf("Time %v, Subnet %v", c.Time(), c.Subnet())
		}
	}
	_, err := cert.Verify(raw, w.options(cert.SubnetScope(w.subnet.Subnet())))
	expect(t, err, cert.ReasonNotAuthorized)
}

func TestVerifyOptions(t *testing.T) {
	w := newWorld()
	raw := w.root.Certificate(w.content(w.now))
	good := w.options(cert.CanisterScope(canister(3)))
	tests := []struct {
		name   string
		change func(*cert.Options)
		want   cert.Reason
	}{
		{"as it is", func(*cert.Options) {}, ""},
		{"no scope", func(o *cert.Options) { o.Scope = cert.Scope{} }, cert.ReasonOptions},
		{"no time", func(o *cert.Options) { o.Now = time.Time{} }, cert.ReasonOptions},
		{"no root key", func(o *cert.Options) { o.RootKey = nil }, cert.ReasonRootKey},
		{"root key cut short", func(o *cert.Options) { o.RootKey = o.RootKey[:100] }, cert.ReasonRootKey},
		{"root key of another network", func(o *cert.Options) { o.RootKey = cert.MainnetRootKey() }, cert.ReasonSignature},
		{"5 minutes old", func(o *cert.Options) { o.Now = w.now.Add(5 * time.Minute) }, ""},
		{"more than 5 minutes old", func(o *cert.Options) { o.Now = w.now.Add(5*time.Minute + 1) }, cert.ReasonStale},
		{"older than asked", func(o *cert.Options) { o.Now, o.MaxAge = w.now.Add(2*time.Minute), time.Minute }, cert.ReasonStale},
		{"5 minutes ahead", func(o *cert.Options) { o.Now = w.now.Add(-5 * time.Minute) }, ""},
		{"more than 5 minutes ahead", func(o *cert.Options) { o.Now = w.now.Add(-5*time.Minute - 1) }, cert.ReasonFuture},
		{"further ahead than asked", func(o *cert.Options) { o.Now, o.MaxFuture = w.now.Add(-time.Minute), time.Second }, cert.ReasonFuture},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.change(&o)
			_, err := cert.Verify(raw, o)
			expect(t, err, tt.want)
		})
	}
}

func TestVerifyDelegation(t *testing.T) {
	w := newWorld()
	legacy := map[string]certtest.Node{"legacy": ranges(0x10, 0x1f)}
	tests := []struct {
		name   string
		ranges map[string]certtest.Node
		scope  cert.Scope
		want   cert.Reason
	}{
		{"first of a shard", w.sharded(), cert.CanisterScope(canister(0x10)), ""},
		{"last of the last shard", w.sharded(), cert.CanisterScope(canister(0x1f)), ""},
		{"before the first shard", w.sharded(), cert.CanisterScope(canister(0x0f)), cert.ReasonNotAuthorized},
		{"after the last shard", w.sharded(), cert.CanisterScope(canister(0x20)), cert.ReasonNotAuthorized},
		{"management canister", w.sharded(), cert.CanisterScope(principal.Management()), cert.ReasonNotAuthorized},
		{"legacy list", legacy, cert.CanisterScope(canister(0x17)), ""},
		{"outside the legacy list", legacy, cert.CanisterScope(canister(0x20)), cert.ReasonNotAuthorized},
		{"no ranges, canister", nil, cert.CanisterScope(canister(0x10)), cert.ReasonNotAuthorized},
		{"no ranges, subnet", nil, cert.SubnetScope(w.subnet.Subnet()), ""},
		{"other subnet", w.sharded(), cert.SubnetScope(w.root.Subnet()), cert.ReasonNotAuthorized},
		{"ranges are not CBOR", map[string]certtest.Node{"legacy": "x"}, cert.CanisterScope(canister(0x10)), cert.ReasonMalformed},
		{"range with one end", map[string]certtest.Node{"legacy": []byte{0x81, 0x81, 0x41, 0}}, cert.CanisterScope(canister(0x10)), cert.ReasonMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := w.delegation(w.delegationTree(tt.ranges, w.now))
			c, err := cert.Verify(w.subnet.Delegated(w.content(w.now), d), w.options(tt.scope))
			expect(t, err, tt.want)
			if err == nil && c.Subnet() != w.subnet.Subnet() {
				t.Errorf("Subnet() = %v", c.Subnet())
			}
		})
	}
}

func TestVerifyDelegationRefuses(t *testing.T) {
	w := newWorld()
	good := w.delegationTree(w.sharded(), w.now)
	tests := []struct {
		name string
		d    cert.Delegation
		want cert.Reason
	}{
		{"signed by the subnet itself", cert.Delegation{SubnetID: w.subnet.Subnet().Bytes(), Certificate: w.subnet.Certificate(good)}, cert.ReasonSignature},
		{"for a subnet it does not show", cert.Delegation{SubnetID: w.root.Subnet().Bytes(), Certificate: w.root.Certificate(good)}, cert.ReasonSubnetKey},
		{"inside a delegation", cert.Delegation{SubnetID: w.subnet.Subnet().Bytes(), Certificate: w.subnet.Delegated(good, w.delegation(good))}, cert.ReasonNestedDelegation},
		{"31 days old", w.delegation(w.delegationTree(w.sharded(), w.now.Add(-31*24*time.Hour))), cert.ReasonStale},
		{"from the future", w.delegation(w.delegationTree(w.sharded(), w.now.Add(time.Hour))), cert.ReasonFuture},
		{"not a certificate", cert.Delegation{SubnetID: w.subnet.Subnet().Bytes(), Certificate: []byte("x")}, cert.ReasonMalformed},
		{"subnet id too long", cert.Delegation{SubnetID: make([]byte, 30), Certificate: w.root.Certificate(good)}, cert.ReasonMalformed},
		{"without time", w.delegation(certtest.Tree(map[string]certtest.Node{"subnet": "x"})), cert.ReasonMalformed},
		{"key is not a key", w.delegation(certtest.Tree(map[string]certtest.Node{
			"time":   certtest.Time(w.now),
			"subnet": map[string]certtest.Node{string(w.subnet.Subnet().Bytes()): map[string]certtest.Node{"public_key": "x"}},
		})), cert.ReasonSubnetKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := cert.Verify(w.subnet.Delegated(w.content(w.now), tt.d), w.options(cert.CanisterScope(canister(0x10))))
			expect(t, err, tt.want)
		})
	}
	t.Run("root signs where the subnet should", func(t *testing.T) {
		_, err := cert.Verify(w.root.Delegated(w.content(w.now), w.delegation(good)), w.options(cert.CanisterScope(canister(0x10))))
		expect(t, err, cert.ReasonSignature)
	})
	t.Run("subnet signs without delegation", func(t *testing.T) {
		_, err := cert.Verify(w.subnet.Certificate(w.content(w.now)), w.options(cert.CanisterScope(canister(0x10))))
		expect(t, err, cert.ReasonSignature)
	})
}

func TestVerifyTime(t *testing.T) {
	w := newWorld()
	for name, top := range map[string]map[string]certtest.Node{
		"no time":         {"x": "y"},
		"time is a tree":  {"time": map[string]certtest.Node{"x": "y"}},
		"time too long":   {"time": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
		"time after 2262": {"time": cert.AppendNat(nil, 1<<63)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cert.Verify(w.root.Certificate(certtest.Tree(top)), w.options(cert.CanisterScope(canister(1))))
			expect(t, err, cert.ReasonMalformed)
		})
	}
}

// A cache must not carry one network's trust, one canister's scope or an old time over to another question.
func TestCacheChangesNoVerdict(t *testing.T) {
	w := newWorld()
	raw := w.subnet.Delegated(w.content(w.now), w.delegation(w.delegationTree(w.sharded(), w.now)))
	var cache cert.Cache
	o := w.options(cert.CanisterScope(canister(0x10)))
	o.Cache = &cache
	for range 2 {
		_, err := cert.Verify(raw, o)
		expect(t, err, "")
	}
	other := o
	other.Scope = cert.CanisterScope(canister(0x30))
	_, err := cert.Verify(raw, other)
	expect(t, err, cert.ReasonNotAuthorized)

	other = o
	other.RootKey = certtest.NewSigner(3).DER()
	_, err = cert.Verify(raw, other)
	expect(t, err, cert.ReasonSignature)

	other = o
	other.Now, other.MaxAge = w.now.Add(40*24*time.Hour), 50*24*time.Hour
	_, err = cert.Verify(raw, other)
	expect(t, err, cert.ReasonStale)
}

func TestCacheIsBounded(t *testing.T) {
	w := newWorld()
	o := w.options(cert.SubnetScope(w.subnet.Subnet()))
	o.Cache = &cert.Cache{}
	for i := range cert.MaxCached + 3 {
		d := w.delegation(w.delegationTree(nil, w.now.Add(time.Duration(i))))
		if _, err := cert.Verify(w.subnet.Delegated(w.content(w.now), d), o); err != nil {
			t.Fatalf("Verify %d: %v", i, err)
		}
	}
	if n := cert.CacheLen(o.Cache); n > cert.MaxCached {
		t.Errorf("cache holds %d delegations, want at most %d", n, cert.MaxCached)
	}
}

func TestCertificateErrorText(t *testing.T) {
	if got := (&cert.CertificateError{}).Error(); got != "certificate refused" {
		t.Errorf("zero CertificateError says %q", got)
	}
	cause := errors.New("cause")
	err := &cert.CertificateError{Reason: cert.ReasonStale, Detail: "old", Err: cause}
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "stale: old: cause") {
		t.Errorf("CertificateError says %q", err)
	}
}

func BenchmarkVerifyDelegated(b *testing.B) {
	w := newWorld()
	raw := w.subnet.Delegated(w.content(w.now), w.delegation(w.delegationTree(w.sharded(), w.now)))
	for _, bb := range []struct {
		name  string
		cache *cert.Cache
	}{{"cold", nil}, {"cached", &cert.Cache{}}} {
		b.Run(bb.name, func(b *testing.B) {
			o := w.options(cert.CanisterScope(canister(0x10)))
			o.Cache = bb.cache
			for b.Loop() {
				if _, err := cert.Verify(raw, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

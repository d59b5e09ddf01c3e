package cert_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/berth-cli/berth/internal/ic/cert"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// What the recorded certificates of the main network say about themselves: each time is the certificate's own /time,
// each subnet its delegation's, each canister one inside or outside the ranges that the delegation shows
// (jrlun-… is the first of subnet qxesv-…, v7pvf-… the first of o3ow2-…), or, for ivg37-…, the one its rejection names.
const (
	ivg37  = "ivg37-qiaaa-aaaab-aaaga-cai"
	jrlun  = "jrlun-jiaaa-aaaab-aaaaa-cai"
	v7pvf  = "v7pvf-xyaaa-aaaao-aaaaa-cai"
	rdmx6  = "rdmx6-jaaaa-aaaaa-aaadq-cai"
	qxesv  = "qxesv-zoxpm-vc64m-zxguk-5sj74-35vrb-tbgwg-pcird-5gr26-62oxl-cae"
	o3ow2  = "o3ow2-2ipam-6fcjo-3j5vt-fzbge-2g7my-5fz2m-p4o2t-dwlc4-gt2q7-5ae"
	uzr34  = "uzr34-akd3s-xrdag-3ql62-ocgoh-ld2ao-tamcv-54e7j-krwgb-2gm4z-oqe"
	tdb26  = "tdb26-jop6k-aogll-7ltgs-eruif-6kk7m-qpktf-gdiqx-mxtrf-vb5e6-eqe"
	asking = "2022-02-23T07:38:00Z" // when ivg37 was asked
)

type verdict struct {
	file, canister, subnet, now string
	want                        cert.Reason // "" for accepted
}

func verdicts() []verdict {
	return []verdict{
		// Sharded ranges.
		{"ivg37_time.bin", ivg37, "", "2025-11-22T07:34:56Z", ""},
		{"ivg37_time.bin", jrlun, "", "2025-11-22T07:34:56Z", ""},
		{"ivg37_time.bin", "", qxesv, "2025-11-22T07:34:56Z", ""},
		{"ivg37_time.bin", v7pvf, "", "2025-11-22T07:34:56Z", cert.ReasonNotAuthorized},
		{"ivg37_time.bin", "", o3ow2, "2025-11-22T07:34:56Z", cert.ReasonNotAuthorized},
		{"ivg37_time.bin", ivg37, "", "2025-11-22T07:41:00Z", cert.ReasonStale},
		{"ivg37_time.bin", ivg37, "", "2025-11-22T07:29:00Z", cert.ReasonFuture},
		// Ranges cut out of the delegation.
		{"ivg37_time_pruned_ranges.bin", ivg37, "", "2025-11-22T07:34:56Z", cert.ReasonNotAuthorized},
		{"ivg37_time_pruned_ranges.bin", "", qxesv, "2025-11-22T07:34:56Z", ""},
		// The older, single list of ranges.
		{"ivg37_delegated_v2.bin", ivg37, "", asking, ""},
		{"ivg37_delegated_v2.bin", rdmx6, "", asking, cert.ReasonNotAuthorized},
		{"ivg37_delegated_v2_pruned_subnet.bin", ivg37, "", asking, cert.ReasonNotAuthorized},
		{"ivg37_delegated_v2_pruned_subnet.bin", "", qxesv, asking, ""},
		// Subnets, with the keys of their nodes.
		{"224od_subnet.bin", v7pvf, "", "2025-12-08T17:14:22Z", ""},
		{"224od_subnet.bin", "", o3ow2, "2025-12-08T17:14:22Z", ""},
		{"224od_subnet.bin", ivg37, "", "2025-12-08T17:14:22Z", cert.ReasonNotAuthorized},
		{"o3ow2_subnet_key.bin", "", o3ow2, "2025-11-20T00:08:09Z", ""},
		{"o3ow2_subnet_key.bin", v7pvf, "", "2025-11-20T00:08:09Z", cert.ReasonNotAuthorized},
		{"o3ow2_subnet_key.bin", "", tdb26, "2025-11-20T00:08:09Z", cert.ReasonNotAuthorized},
		{"uzr34_node_keys.bin", "", uzr34, "2025-11-20T00:10:25Z", ""},
		{"uzr34_node_keys.bin", rdmx6, "", "2025-11-20T00:10:25Z", cert.ReasonNotAuthorized},
	}
}

func (v verdict) options(t *testing.T) cert.Options {
	t.Helper()
	o := cert.Options{RootKey: cert.MainnetRootKey()}
	var err error
	if o.Now, err = time.Parse(time.RFC3339, v.now); err != nil {
		t.Fatal(err)
	}
	text, scope := v.canister, cert.CanisterScope
	if text == "" {
		text, scope = v.subnet, cert.SubnetScope
	}
	id, err := principal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	o.Scope = scope(id)
	return o
}

func TestMainnetCertificates(t *testing.T) {
	for _, v := range verdicts() {
		t.Run(v.file+" "+v.canister+v.subnet, func(t *testing.T) {
			_, err := cert.Verify(readCertificate(t, v.file), v.options(t))
			expect(t, err, v.want)
		})
	}
}

func TestMainnetContents(t *testing.T) {
	tests := []struct {
		v    verdict
		path cert.Path
		want string
	}{
		{verdict{"ivg37_delegated_v2.bin", ivg37, "", asking, ""},
			cert.NewPath("request_status", string(unhex(t, "edad510eaaa08ed2acd4781324e6446269da6753ec17760f206bbe81c465ff52")), "reject_message"),
			"Canister ivg37-qiaaa-aaaab-aaaga-cai has no update method 'register'"},
		{verdict{"224od_subnet.bin", v7pvf, "", "2025-12-08T17:14:22Z", ""},
			cert.NewPath("subnet", string(mustParse(t, tdb26).Bytes()), "public_key"), string(cert.MainnetRootKey())},
	}
	for _, tt := range tests {
		c, err := cert.Verify(readCertificate(t, tt.v.file), tt.v.options(t))
		if err != nil {
			t.Fatalf("Verify(%s): %v", tt.v.file, err)
		}
		if got, status := c.Lookup(tt.path); status != cert.Found || string(got) != tt.want {
			t.Errorf("Lookup(%q) = %q, %v; want %q", tt.path, got, status, tt.want)
		}
	}
}

func TestMainnetNodeKeysAreListed(t *testing.T) {
	v := verdict{"uzr34_node_keys.bin", "", uzr34, "2025-11-20T00:10:25Z", ""}
	c, err := cert.Verify(readCertificate(t, v.file), v.options(t))
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	nodes, complete := c.Labels(cert.NewPath("subnet", string(mustParse(t, uzr34).Bytes()), "node"))
	if len(nodes) != 34 || !complete {
		t.Errorf("Labels(node) gives %d nodes, complete %t; want 34, true", len(nodes), complete)
	}
}

// Every flipped bit must be noticed, wherever it is: in the tree, a signature, the delegation, the CBOR around them.
func TestMainnetBitFlips(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, file := range []string{"ivg37_time.bin", "ivg37_delegated_v2.bin"} {
		raw := readCertificate(t, file)
		v := verdict{file, ivg37, "", "2025-11-22T07:34:56Z", ""}
		if file == "ivg37_delegated_v2.bin" {
			v.now = asking
		}
		o := v.options(t)
		for range 200 {
			i, bit := rng.IntN(len(raw)), byte(1)<<rng.IntN(8)
			raw[i] ^= bit
			if _, err := cert.Verify(raw, o); err == nil {
				t.Errorf("%s verifies with bit %#x of byte %d flipped", file, bit, i)
			}
			raw[i] ^= bit
		}
		if _, err := cert.Verify(raw, o); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func mustParse(t *testing.T, text string) principal.Principal {
	t.Helper()
	p, err := principal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// readCertificate takes the certificate out of a recorded answer {certificate}.
func readCertificate(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(conformance(t), "certificates", file))
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Certificate []byte `cbor:"certificate"`
	}
	if err := cbor.Unmarshal(b, &answer); err != nil || len(answer.Certificate) == 0 {
		t.Fatalf("%s holds no certificate: %v", file, err)
	}
	return answer.Certificate
}

// conformance returns the folder of recorded data, beside the module unless BERTH_CONFORMANCE names another.
func conformance(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BERTH_CONFORMANCE")
	if dir == "" {
		root, err := moduleRoot()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(root, "..", "shared", "conformance")
	}
	if _, err := os.Stat(filepath.Join(dir, "certificates")); err != nil {
		t.Skipf("no recorded certificates: %v", err)
	}
	return dir
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the test")
		}
		dir = up
	}
}

package principal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// golden pairs come from the IC interface specification and from real canisters.
func golden() []struct{ name, hex, text string } {
	return []struct{ name, hex, text string }{
		{"specification's example", "abcd01", "em77e-bvlzu-aq"},
		{"anonymous", "04", "2vxsx-fae"},
		{"management canister", "", "aaaaa-aa"},
		{"first canister of mainnet", "00000000000000000101", "rwlgt-iiaaa-aaaaa-aaaaa-cai"},
		{"canister of another range", "80000000001000000101", "bnz7o-iuaaa-aaaaa-qaaaa-cai"},
	}
}

func TestText(t *testing.T) {
	for _, tt := range golden() {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := hex.DecodeString(tt.hex)
			p := fromBytes(t, b)
			if got := p.String(); got != tt.text {
				t.Errorf("FromBytes(%s).String() = %q, want %q", tt.hex, got, tt.text)
			}
			for _, text := range []string{tt.text, strings.ToUpper(tt.text)} {
				if got, err := principal.Parse(text); err != nil || got != p {
					t.Errorf("Parse(%q) = %v, %v, want %v", text, got, err, p)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		offset     int
		want       error
	}{
		{"empty", "", 0, principal.ErrTooShort},
		{"less than a checksum", "aaaaa-a", 7, principal.ErrTooShort},
		{"no dash", "aaaaaaa", 5, principal.ErrNotCanonical},
		{"missing dash", "2vxsxfae", 5, principal.ErrNotCanonical},
		{"dash too early", "2vxs-xfae", 4, principal.ErrNotCanonical},
		{"dash at the end", "2vxsx-fae-", 9, principal.ErrNotCanonical},
		{"two dashes", "2vxsx--fae", 6, principal.ErrNotCanonical},
		{"spare bits set", "em77e-bvlzu-ar", 13, principal.ErrNotCanonical},
		{"wrong checksum", "2vxsx-fai", 0, principal.ErrChecksum},
		{"two characters swapped", "em77e-vblzu-aq", 0, principal.ErrChecksum},
		{"illegal digit", "2vxsx-fa1", 8, principal.ErrCharacter},
		{"white space", " 2vxsx-fae", 0, principal.ErrCharacter},
		{"padding", "2vxsx-fae=", 9, principal.ErrCharacter},
		{"upper case outside ASCII", "2vxs\u212a-fae", 4, principal.ErrCharacter},
		{"shorter in lower case", "\u212a", 0, principal.ErrCharacter},
		{"invalid UTF-8", "2vxsx-\xff", 6, principal.ErrCharacter},
		{"too long by one", overlong(), 63, principal.ErrTooLong},
		{"a megabyte", strings.Repeat("a", 1<<20), 63, principal.ErrTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := principal.Parse(tt.text)
			e, ok := errors.AsType[*principal.ParseError](err)
			if !ok || !errors.Is(err, tt.want) {
				t.Fatalf("Parse(%.80q) = %v, %v, want a *ParseError of %q", tt.text, got, err, tt.want)
			}
			if e.Offset != tt.offset {
				t.Errorf("Parse(%.80q): offset %d, want %d", tt.text, e.Offset, tt.offset)
			}
			if len(err.Error()) > 300 {
				t.Errorf("Parse(%.80q): error of %d bytes", tt.text, len(err.Error()))
			}
		})
	}
}

// overlong is what 30 zero bytes would be in text.
func overlong() string {
	return "bzzu4-6qaaa-aaaaa-aaaaa-aaaaa-aaaaa-aaaaa-aaaaa-aaaaa-aaaaa-aaaaa"
}

func TestFromBytesRefusesThirty(t *testing.T) {
	if p, err := principal.FromBytes(make([]byte, 30)); !errors.Is(err, principal.ErrTooLong) {
		t.Errorf("FromBytes(30 bytes) = %v, %v, want ErrTooLong", p, err)
	}
}

func TestZeroParseErrorPrints(t *testing.T) {
	if got := (&principal.ParseError{}).Error(); got == "" {
		t.Error("zero ParseError prints nothing")
	}
}

func TestKinds(t *testing.T) {
	if p := principal.Anonymous(); !p.IsAnonymous() || p.IsManagement() || p.String() != "2vxsx-fae" {
		t.Errorf("Anonymous() = %v", p)
	}
	if p := principal.Management(); !p.IsManagement() || p.IsAnonymous() || len(p.Bytes()) != 0 {
		t.Errorf("Management() = %v", p)
	}
	if principal.Management() != (principal.Principal{}) {
		t.Error("Management() is not the zero value")
	}
}

// The public key of the all-zero Ed25519 seed, in DER.
func TestSelfAuthenticating(t *testing.T) {
	der, _ := hex.DecodeString("302a300506032b6570032100" +
		"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
	p := principal.SelfAuthenticating(der)
	want := "535yc-uxytb-gfk7h-tny7p-vjkoe-i4krp-3qmcl-uqfgr-cpgej-yqtjq-rqe"
	if p.String() != want || !p.IsSelfAuthenticating() {
		t.Errorf("SelfAuthenticating = %v, want %s", p, want)
	}
}

func TestRoundTripOfEveryLength(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range principal.MaxLen + 1 {
		for range 50 {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
			p := fromBytes(t, b)
			back, err := principal.Parse(p.String())
			if err != nil || back != p || !bytes.Equal(back.Bytes(), b) {
				t.Fatalf("Parse(%q) = %v, %v, want bytes %x", p, back, err, b)
			}
		}
	}
}

// A checksum's purpose: no single wrong character goes unnoticed.
func TestEveryMistypedCharacterIsRefused(t *testing.T) {
	for _, tt := range golden() {
		for i := range tt.text {
			for _, c := range "abcdefghijklmnopqrstuvwxyz234567-" {
				typo := tt.text[:i] + string(c) + tt.text[i+1:]
				if typo == tt.text {
					continue
				}
				if p, err := principal.Parse(typo); err == nil {
					t.Errorf("Parse(%q) = %v, want an error", typo, p)
				}
			}
		}
	}
}

func TestOrder(t *testing.T) {
	var got []principal.Principal
	for _, b := range []string{"\x02", "\x01\x01", "", "\x01", "\x01\x00"} {
		got = append(got, fromBytes(t, []byte(b)))
	}
	slices.SortFunc(got, principal.Principal.Compare)
	for i, want := range []string{"", "\x01", "\x01\x00", "\x01\x01", "\x02"} {
		if string(got[i].Bytes()) != want {
			t.Errorf("sorted[%d] = %x, want %x", i, got[i].Bytes(), want)
		}
		if i > 0 && (!got[i-1].Less(got[i]) || got[i].Less(got[i-1])) {
			t.Errorf("%x and %x: Less is not an order", got[i-1].Bytes(), got[i].Bytes())
		}
	}
}

func TestMarshalText(t *testing.T) {
	p := principal.Anonymous()
	text, err := p.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back principal.Principal
	if err := back.UnmarshalText(text); err != nil || back != p {
		t.Errorf("UnmarshalText(%q) = %v, %v, want %v", text, back, err, p)
	}
	if err := back.UnmarshalText([]byte("nonsense")); err == nil || back != p {
		t.Errorf("UnmarshalText(nonsense) = %v, %v, want an error and no change", back, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range golden() {
		f.Add(tt.text)
	}
	f.Add("2VXSX-FAE")
	f.Add(overlong())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := principal.Parse(text)
		if err != nil {
			if _, ok := errors.AsType[*principal.ParseError](err); !ok {
				t.Errorf("Parse(%q): %T is not a *ParseError", text, err)
			}
			return
		}
		if got := p.String(); got != strings.ToLower(text) {
			t.Errorf("Parse(%q).String() = %q", text, got)
		}
	})
}

func fromBytes(t *testing.T, b []byte) principal.Principal {
	t.Helper()
	p, err := principal.FromBytes(b)
	if err != nil {
		t.Fatalf("FromBytes(%x): %v", b, err)
	}
	return p
}

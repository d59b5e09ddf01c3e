package candid_test

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// Numbers of every length around the places where an encoding gets longer.
func TestBigNumbersRoundTrip(t *testing.T) {
	types := []*candid.Type{candid.Prim(candid.KindNat), candid.Prim(candid.KindInt)}
	rnd := rand.New(rand.NewPCG(1, 2))
	for bits := range 400 {
		for _, delta := range []int64{-1, 0, 1, rnd.Int64()} {
			n := new(big.Int).Lsh(big.NewInt(1), uint(bits))
			n.Add(n, big.NewInt(delta)).Abs(n)
			nat, err := candid.NatFromBig(n)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range []candid.Int{candid.IntFromBig(n), candid.IntFromBig(new(big.Int).Neg(n))} {
				b, err := candid.Encode(types, []candid.Value{nat, i})
				if err != nil {
					t.Fatal(err)
				}
				got, err := candid.Decode(b, types, candid.Quota{})
				if err != nil || !candid.Equal(got[0], nat) || !candid.Equal(got[1], i) {
					t.Fatalf("Decode(%x) = %v, %v, want %v and %v", b, got, err, nat, i)
				}
				if b[len(b)-1] == 0 && i.Cmp(candid.Int{}) != 0 && b[len(b)-2]&0x40 == 0 {
					t.Errorf("Encode(%v) = %x is longer than it need be", i, b)
				}
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	var nat candid.Nat
	var i candid.Int
	if nat.String() != "0" || i.String() != "0" || nat.Cmp(candid.NatOf(0)) != 0 {
		t.Errorf("zero values are %v and %v", nat, i)
	}
	if v, ok := candid.NatOf(1 << 63).Uint64(); v != 1<<63 || !ok {
		t.Errorf("Uint64 = %d, %v", v, ok)
	}
	large, _ := candid.NatFromBig(new(big.Int).Lsh(big.NewInt(1), 64))
	if _, ok := large.Uint64(); ok {
		t.Errorf("%v fits 64 bits", large)
	}
	if _, ok := candid.IntFromBig(large.Big()).Int64(); ok {
		t.Errorf("%v fits 64 bits", large)
	}
	if _, err := candid.NatFromBig(big.NewInt(-1)); !errors.Is(err, candid.ErrRange) {
		t.Errorf("NatFromBig(-1) = %v, want ErrRange", err)
	}
	v := big.NewInt(5)
	kept := candid.IntFromBig(v)
	v.SetInt64(6)
	kept.Big().SetInt64(7)
	if kept.String() != "5" {
		t.Errorf("an Int changed to %v", kept)
	}
}

func TestHash(t *testing.T) {
	for name, want := range map[string]uint32{
		"": 0, "a": 97, "args": 1081380189, "method": 156956385, "canister_id": 1313628723,
		"cycles": 2190693645, "Ok": 17724, "Err": 3456837, "result": 142895325,
		"InsufficientCycles": 2022095248, "UnauthorizedUser": 3056980671, "reason": 4238151620,
	} {
		if got := candid.Hash(name); got != want {
			t.Errorf("Hash(%q) = %d, want %d", name, got, want)
		}
	}
}

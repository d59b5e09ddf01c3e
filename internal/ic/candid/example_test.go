package candid_test

import (
	"fmt"

	"github.com/berth-cli/berth/internal/ic/candid"
)

// A call typed by the canister's .did: the literals become what the method takes.
func Example() {
	const did = `
		type person = record { name : text; age : opt nat8 };
		service : { greet : (person) -> (text) query }`
	program, err := candid.ParseDID(did)
	if err != nil {
		fmt.Println(err)
		return
	}
	greet, _ := program.Method("greet")
	values, err := candid.ParseArgsAs(`(record { name = "Ada"; age = opt 36 })`, greet.Args)
	if err != nil {
		fmt.Println(err)
		return
	}
	message, err := candid.Encode(greet.Args, values)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(message), "bytes of", greet.Args[0])

	typed, _ := candid.Decode(message, greet.Args, candid.Quota{})
	fmt.Println(candid.Format(typed))
	untyped, _ := candid.DecodeUntyped(message, candid.Quota{})
	fmt.Println(candid.Format(untyped))
	// Output:
	// 28 bytes of record { age : opt nat8; name : text }
	// (record { age = opt (36 : nat8); name = "Ada" })
	// (record { 4_846_783 = opt (36 : nat8); 1_224_700_491 = "Ada" })
}

// An error names the value it is about.
func ExampleParseArgsAs() {
	ages := candid.VecOf(candid.Prim(candid.KindNat8))
	_, err := candid.ParseArgsAs("(vec { 36; 300 })", []*candid.Type{ages})
	fmt.Println(err)
	_, err = candid.ParseArgsAs("(vec { 36, 300 })", []*candid.Type{ages})
	fmt.Println(err)
	// Output:
	// encode argument 1[1]: number out of range: 300 does not fit nat8
	// line 1, column 10: want "}", got ","
}

func ExampleMarshal() {
	type outcome struct {
		_       candid.OneOf
		Ok      *string      `candid:"Ok"`
		Missing *candid.Null `candid:"Missing"`
	}
	message, err := candid.Marshal(outcome{Missing: &candid.Null{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var back outcome
	err = candid.Unmarshal(message, &back)
	fmt.Printf("%q %v %v\n", message, back.Missing != nil, err)
	// Output:
	// "DIDL\x01k\x02\xbc\x8a\x01q\xc6\xce\xd7\x06\x7f\x01\x00\x01" true <nil>
}

package candid_test

import (
	"encoding/hex"
	"testing"

	"github.com/berth-cli/berth/internal/ic/candid"
	"github.com/berth-cli/berth/internal/ic/principal"
)

// The proxy canister's interface: it calls another canister for us.
type proxyArgs struct {
	CanisterID principal.Principal `candid:"canister_id"`
	Method     string              `candid:"method"`
	Args       []byte              `candid:"args"`
	Cycles     candid.Nat          `candid:"cycles"`
}

type proxyReply struct {
	_   candid.OneOf
	Ok  *proxyOk  `candid:"Ok"`
	Err *proxyErr `candid:"Err"`
}

type proxyOk struct {
	Result []byte `candid:"result"`
}

type proxyErr struct {
	_                  candid.OneOf
	InsufficientCycles *cyclesErr   `candid:"InsufficientCycles"`
	CallFailed         *callErr     `candid:"CallFailed"`
	UnauthorizedUser   *candid.Null `candid:"UnauthorizedUser"`
}

type cyclesErr struct {
	Available candid.Nat `candid:"available"`
	Required  candid.Nat `candid:"required"`
}

type callErr struct {
	Reason string `candid:"reason"`
}

// The bytes a real client sends to the proxy.
const proxyCall = "4449444c026c04e1edeb4a71dd9ad2830401b3c4b1f204688daacd94087d6d7b0100" +
	"0c7365745f75706c6f616465720a4449444c000168010104010a0000000000000002010100"

// The bytes a real proxy answers.
const proxyAnswer = "4449444c066b02bc8a0101c5fed201036c01ddd19144026d7b6b039bc2fe4e0490f39ac407" +
	"05bfa5d7b10b7f6c01c49ff4e40f716c02c9b38dbc077ddfa28a930b7d010000064449444c0000"

func TestProxyCallGolden(t *testing.T) {
	inner, err := candid.Marshal(principal.Anonymous())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := principal.FromBytes(unhex(t, "00000000000000020101"))
	got, err := candid.Marshal(proxyArgs{CanisterID: id, Method: "set_uploader", Args: inner})
	if err != nil || hex.EncodeToString(got) != proxyCall {
		t.Errorf("Marshal(proxy args) = %x, %v\nwant %s", got, err, proxyCall)
	}
	var back proxyArgs
	if err := candid.Unmarshal(got, &back); err != nil || back.Method != "set_uploader" || back.CanisterID != id {
		t.Errorf("Unmarshal(proxy args) = %+v, %v", back, err)
	}
}

func TestProxyAnswerGolden(t *testing.T) {
	var reply proxyReply
	if err := candid.Unmarshal(unhex(t, proxyAnswer), &reply); err != nil {
		t.Fatal(err)
	}
	if reply.Ok == nil || reply.Err != nil || string(reply.Ok.Result) != "DIDL\x00\x00" {
		t.Errorf("Unmarshal(proxy answer) = %+v", reply)
	}
	got, err := candid.Marshal(reply)
	if err != nil || hex.EncodeToString(got) != proxyAnswer {
		t.Errorf("Marshal(proxy answer) = %x, %v\nwant %s", got, err, proxyAnswer)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

package interop_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/berth-cli/berth/internal/ic/principal"
)

// firstCanister is the id of the first canister of a network.
const firstCanister = "bnz7o-iuaaa-aaaaa-qaaaa-cai"

// quote is v as JSON.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (s scene) moduleHash() string {
	h := sha256.Sum256(s.seeding)
	return hex.EncodeToString(h[:])
}

// status is what the script reports of the canister's status.
func (s scene) status(moduleHash []string, controllers []principal.Principal, logs string) string {
	return quote(map[string]any{
		"status": "running", "cycles": "5000000000000", "module_hash": moduleHash, "controllers": controllers,
		"freezing_threshold": "100", "environment": []map[string]string{{"name": "FRUIT", "value": "apple"}},
		"log_visibility": logs,
	})
}

func (s scene) creation() []step {
	return []step{
		{name: "principals", want: quote(map[string]any{"owner": s.owner, "uploader": s.uploader})},
		{name: "status", want: `{"impl_version": "berth (embedded development network)", "replica_health_status": "healthy"}`},
		{name: "root key", want: quote(hex.EncodeToString(s.net.RootKey()))},
		{name: "create", want: quote(map[string]string{"canister_id": firstCanister})},
		{name: "status of empty canister", want: s.status([]string{}, []principal.Principal{s.owner}, "controllers")},
		{name: "call of empty canister", err: refusal(5, "IC0537", "contains no Wasm module")},
		{name: "module hash of empty canister", want: `{"value": null, "lookup": "Absent"}`},
		{name: "install invalid module", err: reject(true, 5, "IC0505", "Wasm module is not valid")},
		{name: "install by another", err: refusal(5, "IC0512", "Only the controllers of the canister "+firstCanister+" can control it.")},
		{name: "install", want: `null`},
		{name: "install twice", err: reject(true, 5, "IC0514", "cannot be installed because the canister is not empty")},
	}
}

// shown is the reply of the canister's method show.
func shown(uploader *principal.Principal, contents ...string) string {
	who, items := []principal.Principal{}, [][]string{}
	if uploader != nil {
		who = append(who, *uploader)
	}
	for i, c := range contents {
		items = append(items, []string{fmt.Sprintf("fruit-%02d.txt", i+1), c})
	}
	return quote([]any{who, items})
}

func (s scene) callsAndQueries() []step {
	fruits := shown(&s.uploader, "apple", "banana", "cherry")
	return []step{
		{name: "set uploader", want: `null`},
		{name: "register with secp256k1", want: `true`},
		{name: "register and poll", want: `true`},
		{name: "register through a delegation", want: `true`},
		{name: "delegation for another canister", err: &failure{Code: "HttpErrorCode", Text: "is not one of its targets"}},
		{name: "delegation for queries in a query", want: fruits},
		{name: "delegation for queries in a call", err: &failure{Code: "HttpErrorCode", Text: "queries"}},
		{name: "show", want: fruits},
		{name: "show with secp256k1", want: fruits},
		{name: "show with p256", want: fruits},
		{name: "show as nobody", want: fruits},
		{name: "show in an update", want: fruits},
		{name: "show to many at once", want: `true`},
	}
}

func readText(path ...string) string {
	b, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (s scene) certifiedState() []step {
	candid := readText("examples", "seed-data", "canister", "seeding.did")
	controllers := []principal.Principal{s.owner}
	status := s.status([]string{s.moduleHash()}, controllers, "controllers")
	return []step{
		{name: "metadata", want: quote(map[string]any{
			"candid": candid, "module_hash": s.moduleHash(), "controllers": controllers, "absent": "Absent", "fresh": true,
		})},
		{name: "candid", want: quote(candid)},
		{name: "subnet", want: quote(map[string]any{
			"key": hex.EncodeToString(s.net.RootKey()), "ranges": [][]principal.Principal{{s.net.EffectiveCanisterID(), s.net.ProxyID()}},
		})},
		{name: "node keys", want: `1`},
		{name: "path that may not be read", err: &failure{Code: "HttpErrorCode", Text: "certified_data"}},
		{name: "synchronise time", want: `{"synced": true, "near": true}`},
		{name: "synchronise time by default", want: `{"synced": true}`},
		{name: "status as update", want: status},
		{name: "status as query", want: status},
		{name: "status for another", err: refusal(5, "IC0512", "Only the controllers")},
		{name: "logs", want: `{"canister_log_records": []}`},
	}
}

func (s scene) rejections() []step {
	trap := reject(true, 5, "IC0503",
		"Error from Canister "+firstCanister+": Canister called `ic0.trap` with message: 'only the uploader can call register'")
	return []step{
		{name: "trap", err: trap},
		{name: "trap and poll", err: trap},
		{name: "trap as nobody", err: trap},
		{name: "unknown update method", err: reject(true, 5, "IC0536", "no update method 'nothing'")},
		{name: "unknown query method", err: reject(false, 5, "IC0536", "no query method 'nothing'")},
		{name: "update method as query", want: `{"status": "rejected", "signatures": 1}`},
		{name: "query of missing canister", err: reject(false, 3, "IC0301", "not found")},
		{name: "call of missing canister", err: refusal(3, "IC0301", "not found")},
		{name: "unknown management method", err: refusal(4, "IC0407", "bitcoin_get_balance")},
	}
}

func (s scene) changes() []step {
	both := []principal.Principal{s.owner, s.uploader}
	return []step{
		{name: "upgrade", want: `null`},
		{name: "show after upgrade", want: shown(nil)},
		{name: "upload chunks", want: `{"stored": 2, "left": 0}`},
		{name: "settings", want: s.status([]string{s.moduleHash()}, both, "public")},
		{name: "top up", want: `"12"`},
	}
}

func (s scene) proxyCalls() []step {
	proxy := s.net.ProxyID()
	return []step{
		{name: "proxy as uploader", want: `null`},
		{name: "proxy", want: quote(map[string]any{"Ok": map[string]string{"result": hex.EncodeToString([]byte("DIDL\x00\x00"))}})},
		{name: "show after proxy", want: quote([]any{[]principal.Principal{proxy}, [][]string{{"fruit-04.txt", "date"}}})},
		{name: "proxy of a call that traps", want: quote(map[string]any{"Err": map[string]any{"CallFailed": map[string]string{
			"reason": "Error from Canister " + firstCanister + ": Canister called `ic0.trap` with message: 'only a controller can call set_uploader'",
		}}})},
		{name: "proxy with cycles", want: quote(map[string]any{
			"answer": map[string]any{"Ok": map[string]string{"result": hex.EncodeToString([]byte("DIDL\x00\x00"))}}, "received": "1000000",
		})},
		{name: "proxy with too many cycles", want: quote(map[string]any{"Err": map[string]any{"InsufficientCycles": map[string]string{
			"available": "9999999000000", "required": "1267650600228229401496703205376",
		}}})},
		{name: "proxy for another", err: refusal(4, "IC0406", "canister_inspect_message")},
		{name: "proxy metadata", want: quote(readText("guests", "proxy", "proxy.did"))},
	}
}

// falseNetworks is what a network would have to do to deceive the agent: that each
// fails shows that verification was on all the time.
func falseNetworks() []step {
	bad := func(code, text string) *failure { return &failure{Code: code, Text: text} }
	return []step{
		{name: "altered query", err: bad("QuerySignatureVerificationFailedErrorCode", "")},
		{name: "altered rejection of a query", err: bad("QuerySignatureVerificationFailedErrorCode", "")},
		{name: "altered certificate", err: bad("CertificateVerificationErrorCode", "Invalid signature")},
		{name: "altered state", err: bad("CertificateVerificationErrorCode", "Invalid signature")},
		{name: "another root key", err: bad("CertificateVerificationErrorCode", "Invalid signature")},
	}
}

func (s scene) end() []step {
	return []step{
		{name: "stop", want: `"stopped"`},
		{name: "call of stopped canister", err: refusal(5, "IC0508", "is stopped")},
		{name: "query of stopped canister", err: reject(false, 5, "IC0508", "is stopped")},
		{name: "start", want: `"running"`},
		{name: "uninstall", want: `[]`},
		{name: "delete", want: `null`},
		{name: "status of deleted canister", err: refusal(3, "IC0301", "not found")},
	}
}

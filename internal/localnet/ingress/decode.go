package ingress

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"

	"github.com/berth-cli/berth/internal/ic/principal"
	"github.com/fxamacker/cbor/v2"
)

// Type is the kind of a request.
type Type string

// The kinds of requests.
const (
	Call      Type = "call"
	Query     Type = "query"
	ReadState Type = "read_state"
)

// The limits of the specification, and ours on a list.
const (
	maxNonce      = 32
	maxPaths      = 1_000
	maxLabels     = 127
	maxLinks      = 20
	maxTargets    = 1_000
	maxNesting    = 16
	maxListLength = 4_096
)

// Request is a decoded request. Until Authenticate returns nil it is only what
// someone claims.
type Request struct {
	ID     [32]byte // request id
	Type   Type
	Sender principal.Principal
	Expiry uint64 // nanoseconds since 1970
	Nonce  []byte

	Canister principal.Principal // of calls and queries
	Method   string
	Arg      []byte

	Paths [][][]byte // of read_state

	pubkey, sig []byte
	links       []link
}

// link is one signed delegation.
type link struct {
	pubkey      []byte
	expiration  *big.Int
	targets     []principal.Principal
	hasTargets  bool
	queriesOnly bool
	hash        [32]byte
	signature   []byte
}

func decMode() (cbor.DecMode, error) {
	return cbor.DecOptions{
		DupMapKey:             cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:       maxNesting,
		MaxArrayElements:      maxListLength,
		MaxMapPairs:           64 + 64,
		DefaultMapType:        reflect.TypeFor[map[string]any](),
		UTF8:                  cbor.UTF8RejectInvalid,
		BignumTag:             cbor.BignumTagAllowed,
		BigIntDec:             cbor.BigIntDecodePointer,
		DefaultByteStringType: reflect.TypeFor[[]byte](),
	}.DecMode()
}

// Decode reads the body of a call, query or read_state request, with or without
// the self-describing tag. It checks the form, not the signature.
func Decode(body []byte) (*Request, error) {
	mode, err := decMode()
	if err != nil {
		return nil, err
	}
	var v any
	if err := mode.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("the body is not valid CBOR: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("the body is not a CBOR map with text keys")
	}
	env := fields{m: m, what: "envelope"}
	content, _ := get[map[string]any](&env, "content", true)
	r := &Request{}
	r.pubkey, _ = get[[]byte](&env, "sender_pubkey", false)
	r.sig, _ = get[[]byte](&env, "sender_sig", false)
	links, _ := get[[]any](&env, "sender_delegation", false)
	if err := env.end(); err != nil {
		return nil, err
	}
	if err := r.readContent(content); err != nil {
		return nil, err
	}
	return r, r.readLinks(links)
}

func (r *Request) readContent(content map[string]any) error {
	f := fields{m: content, what: "content"}
	kind, _ := get[string](&f, "request_type", true)
	r.Type = Type(kind)
	r.Sender = f.principal("sender", true)
	r.Expiry, _ = get[uint64](&f, "ingress_expiry", true)
	r.Nonce, _ = get[[]byte](&f, "nonce", false)
	if len(r.Nonce) > maxNonce {
		f.fail(fmt.Errorf("nonce of %d bytes: at most %d are allowed", len(r.Nonce), maxNonce))
	}
	switch r.Type {
	case Call, Query:
		r.Canister = f.principal("canister_id", true)
		r.Method, _ = get[string](&f, "method_name", true)
		r.Arg, _ = get[[]byte](&f, "arg", true)
		if _, ok := content["sender_info"]; ok {
			f.fail(errors.New("sender_info is not supported by the embedded development network"))
		}
	case ReadState:
		r.readPaths(&f)
	default:
		f.fail(fmt.Errorf("request_type %q is none of call, query, read_state", kind))
	}
	if err := f.end(); err != nil {
		return err
	}
	id, err := HashMap(content)
	if err != nil {
		return fmt.Errorf("content: %w", err)
	}
	r.ID = id
	return nil
}

func (r *Request) readPaths(f *fields) {
	list, _ := get[[]any](f, "paths", true)
	if len(list) > maxPaths {
		f.fail(fmt.Errorf("%d paths: at most %d are allowed", len(list), maxPaths))
		return
	}
	for i, p := range list {
		labels, ok := p.([]any)
		if !ok || len(labels) > maxLabels {
			f.fail(fmt.Errorf("path %d is not a list of at most %d labels", i, maxLabels))
			return
		}
		path := make([][]byte, len(labels))
		for j, l := range labels {
			if path[j], ok = l.([]byte); !ok {
				f.fail(fmt.Errorf("label %d of path %d is not a blob", j, i))
				return
			}
		}
		r.Paths = append(r.Paths, path)
	}
}

func (r *Request) readLinks(list []any) error {
	if len(list) > maxLinks {
		return fmt.Errorf("%d delegations: at most %d are allowed", len(list), maxLinks)
	}
	if list != nil {
		r.links = []link{} // present, if only as an empty list
	}
	for i, v := range list {
		l, err := readLink(v)
		if err != nil {
			return fmt.Errorf("delegation %d: %w", i, err)
		}
		r.links = append(r.links, l)
	}
	return nil
}

func readLink(v any) (link, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return link{}, errors.New("not a map")
	}
	outer := fields{m: m, what: "signed delegation"}
	body, _ := get[map[string]any](&outer, "delegation", true)
	l := link{}
	l.signature, _ = get[[]byte](&outer, "signature", true)
	if err := outer.end(); err != nil {
		return link{}, err
	}
	f := fields{m: body, what: "delegation"}
	l.pubkey, _ = get[[]byte](&f, "pubkey", true)
	l.expiration = f.nat("expiration")
	l.readTargets(&f)
	if perm, ok := get[string](&f, "permissions", false); ok {
		l.queriesOnly = perm == "queries"
		if !slices.Contains([]string{"all", "queries"}, perm) {
			f.fail(fmt.Errorf("permissions %q are neither \"all\" nor \"queries\"", perm))
		}
	}
	if err := f.end(); err != nil {
		return link{}, err
	}
	var err error
	l.hash, err = HashMap(body)
	return l, err
}

func (l *link) readTargets(f *fields) {
	list, ok := get[[]any](f, "targets", false)
	l.hasTargets = ok
	if len(list) > maxTargets {
		f.fail(fmt.Errorf("%d targets: at most %d are allowed", len(list), maxTargets))
		return
	}
	for i, v := range list {
		b, ok := v.([]byte)
		if !ok {
			f.fail(fmt.Errorf("target %d is not a blob", i))
			return
		}
		p, err := principal.FromBytes(b)
		if err != nil {
			f.fail(fmt.Errorf("target %d: %w", i, err))
			return
		}
		l.targets = append(l.targets, p)
	}
}

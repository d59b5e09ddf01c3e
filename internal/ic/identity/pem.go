package identity

import (
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Types of PEM blocks.
const (
	blockPKCS8     = "PRIVATE KEY"
	blockSEC1      = "EC PRIVATE KEY"
	blockCurve     = "EC PARAMETERS"
	blockEncrypted = "ENCRYPTED PRIVATE KEY"
)

const encryptedAdvice = "save it unencrypted (openssl pkcs8 -in key.pem -out plain.pem) or use another identity"

// ParsePEM reads the first private key of a PEM text: PKCS#8 version 1 and 2 for the three schemes, SEC 1 for the
// elliptic curves with the curve inside the key or in an EC PARAMETERS block before it, and the files of early
// versions of dfx.
//
// Errors are *[KeyError], *[CurveError] or, for an encrypted key, *[UnsupportedError].
func ParsePEM(text []byte) (*Key, error) {
	curve := ""
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, &KeyError{Detail: "no PEM block with a private key"}
		}
		text = rest
		if block.Type == blockCurve {
			oid, ok := derOID(block.Bytes)
			if !ok {
				return nil, &KeyError{Block: block.Type, Detail: "not the name of a curve"}
			}
			curve = oid
			continue
		}
		k, err := parseBlock(block, curve)
		if e, ok := errors.AsType[*KeyError](err); ok {
			e.Block = block.Type
		}
		return k, err
	}
}

func parseBlock(block *pem.Block, curve string) (*Key, error) {
	if block.Type == blockEncrypted || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, &UnsupportedError{Kind: "encrypted private key", Advice: encryptedAdvice}
	}
	switch block.Type {
	case blockPKCS8:
		return parsePKCS8(block.Bytes)
	case blockSEC1:
		return parseSEC1(block.Bytes, curve)
	}
	return nil, &KeyError{Detail: fmt.Sprintf("not a private key, want %q or %q", blockPKCS8, blockSEC1)}
}

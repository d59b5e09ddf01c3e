// Package ingress reads and authenticates the requests that clients send to the
// Internet Computer's HTTP interface. It is the server's own view of the wire,
// written apart from the agent so that a mistake of one is found by the other.
//
//	req, err := ingress.Decode(body)
//	...
//	if err := req.Authenticate(time.Now()); err != nil {
//		return err // nothing of req may be acted upon
//	}
//
// An envelope on the wire:
//
//	55799({ content: {request_type, sender, ingress_expiry, ? nonce, …},
//	        ? sender_pubkey, ? sender_sig, ? sender_delegation: [{delegation, signature}…] })
//
// Hostile input: any bytes give a Request or an error; nesting and lengths are
// bounded, and callers bound the size of the whole. Every error text is fit to be
// the body of an HTTP 400.
//
// IC interface specification 0.66, "Authentication", "Request ids".
package ingress

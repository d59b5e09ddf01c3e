// Reads requests as our agent sends them: their ids, and whether their signatures
// hold, by the JavaScript library.
//
//   node envelopes.mjs TOOLS <input.json
//
// The input: envelopes, a list of { name, body (base64) }.
import { agent as ic, base64, hex, identity, input, load, Principal, Secp256k1KeyIdentity, step } from './core.mjs';
import { decode, proxy } from './interfaces.mjs';

const [{ ed25519 }, { secp256k1 }, { p256 }] = await Promise.all([
  load('@noble/curves', './ed25519.js'), load('@noble/curves', './secp256k1.js'), load('@noble/curves', './nist.js'),
]);

// The length of each scheme's public key in DER tells them apart. A point without
// compression is the last 65 bytes.
const schemes = {
  44: { name: 'ed25519', verify: (sig, message, der) => ed25519.verify(sig, message, identity.Ed25519PublicKey.fromDer(der).toRaw()) },
  88: { name: 'secp256k1', verify: (sig, message, der) => secp256k1.verify(sig, message, der.slice(-65)) },
  91: { name: 'prime256v1', verify: (sig, message, der) => p256.verify(sig, message, der.slice(-65), { lowS: false }) },
};

function authentication({ sender_pubkey: key, sender_sig: sig }, id) {
  if (!key) return { scheme: 'none', valid: sig === undefined, principal: Principal.anonymous() };
  const scheme = schemes[key.length];
  const message = new Uint8Array([...ic.IC_REQUEST_DOMAIN_SEPARATOR, ...id]);
  return { scheme: scheme.name, valid: scheme.verify(sig, message, key), principal: Principal.selfAuthenticating(key) };
}

for (const { name, body } of input.envelopes) {
  await step(name, () => {
    const raw = base64(body);
    const envelope = ic.Cbor.decode(raw);
    const { content } = envelope;
    const id = ic.requestIdOf(content);
    return {
      tag: hex(raw.slice(0, 3)), fields: Object.keys(envelope).sort(), content: Object.keys(content).sort(),
      type: content.request_type, method: content.method_name, sender: Principal.fromUint8Array(content.sender), id, ...authentication(envelope, id),
      proxied: content.method_name === 'proxy' ? decode(proxy.proxy.argTypes, content.arg)[0] : undefined,
    };
  });
}

// Checks signatures of subnets, and signs as one.
//
//   node bls.mjs TOOLS <input.json
//
// The input: signed, a list of { key (hex of the DER), message, signature } in hex.
import { agent as ic, bytes, hex, input, load, step } from './core.mjs';

const { bls12_381 } = await load('@noble/curves', './bls12-381.js');
const scheme = bls12_381.shortSignatures;
const raw = (der) => bytes(der).slice(-96);

for (const [i, { key, message, signature }] of input.signed.entries()) {
  await step(`ours ${i}`, () => ({
    valid: ic.blsVerify(raw(key), bytes(signature), bytes(message)),
    otherMessage: ic.blsVerify(raw(key), bytes(signature), bytes(`${message}00`)),
  }));
  await step(`theirs ${i}`, () => {
    const secret = bls12_381.utils.randomSecretKey();
    return {
      key: hex(scheme.getPublicKey(secret).toBytes()),
      signature: hex(scheme.sign(scheme.hash(bytes(message)), secret).toBytes()),
    };
  });
}

// For componentize-js: world-level imports are modules, u64 is a BigInt, a thrown
// value is the error case, and there is a console.
import canisterCall from 'canister-call';

export function exec(input) {
  const update = (method, arg, direct) =>
    canisterCall({ method, arg: new Uint8Array(arg), callType: 'update', direct, cycles: 0n });
  console.error(seed(input, update));
}

// For componentize-qjs: world-level imports are globals, u64 is a number, and there
// is no console.
export function exec(input) {
  const update = (method, arg, direct) =>
    canisterCall({ method, arg: new Uint8Array(arg), callType: 'update', direct, cycles: 0 });
  seed(input, update);
}

// Writes Candid values, and reads the same values as our program wrote them.
//
//   node values.mjs TOOLS <input.json
//
// The input: written, an object of base64 by the names below.
import { base64, candid, hex, input, Principal, step } from './core.mjs';

const { IDL } = candid;
const who = Principal.fromText('bnz7o-iuaaa-aaaaa-qaaaa-cai');

const List = IDL.Rec();
List.fill(IDL.Opt(IDL.Record({ head: IDL.Nat, tail: List })));
const Tree = IDL.Rec();
Tree.fill(IDL.Variant({ leaf: IDL.Int, fork: IDL.Record({ left: Tree, right: Tree }) }));

const Fixed = IDL.Record({
  n8: IDL.Nat8, n16: IDL.Nat16, n32: IDL.Nat32, n64: IDL.Nat64, i8: IDL.Int8, i16: IDL.Int16, i32: IDL.Int32, i64: IDL.Int64,
});

// The types and values of the arguments, by name.
const cases = {
  'no arguments': [[], []],
  'numbers of any size': [[IDL.Nat, IDL.Int, IDL.Int, IDL.Nat], [1n << 100n, -(1n << 70n), -64n, 127n]],
  'greatest fixed numbers': [[Fixed], [{
    n8: 255, n16: 65_535, n32: 4_294_967_295, n64: 18_446_744_073_709_551_615n,
    i8: 127, i16: 32_767, i32: 2_147_483_647, i64: 9_223_372_036_854_775_807n,
  }]],
  'least fixed numbers': [[Fixed], [{
    n8: 0, n16: 0, n32: 0, n64: 0n, i8: -128, i16: -32_768, i32: -2_147_483_648, i64: -9_223_372_036_854_775_808n,
  }]],
  'floating point': [[IDL.Float32, IDL.Float64, IDL.Float64], [0.5, -1e300, 5e-324]],
  text: [[IDL.Text, IDL.Text], ['', 'na\u00efve "\u65e5\u672c" \u{1f389}\n\t\\']],
  'null, bool, reserved': [[IDL.Null, IDL.Bool, IDL.Bool, IDL.Reserved], [null, true, false, null]],
  blob: [[IDL.Vec(IDL.Nat8), IDL.Vec(IDL.Nat8)], [new Uint8Array(), new Uint8Array([0, 1, 127, 128, 255])]],
  vectors: [[IDL.Vec(IDL.Vec(IDL.Text)), IDL.Vec(IDL.Null)], [[[], ['a', 'b']], [null, null]]],
  options: [
    [IDL.Opt(IDL.Opt(IDL.Nat8)), IDL.Opt(IDL.Opt(IDL.Nat8)), IDL.Opt(IDL.Opt(IDL.Nat8))],
    [[[5]], [[]], []],
  ],
  records: [
    [IDL.Record({}), IDL.Tuple(IDL.Text, IDL.Nat), IDL.Record({ '\u00e9t\u00e9': IDL.Nat, _7_: IDL.Bool, a: IDL.Record({ b: IDL.Int }) })],
    [{}, ['x', 1n], { '\u00e9t\u00e9': 2n, _7_: true, a: { b: -3n } }],
  ],
  variants: [
    [IDL.Variant({ ok: IDL.Null, err: IDL.Text }), IDL.Variant({ ok: IDL.Null, err: IDL.Text })],
    [{ ok: null }, { err: 'no' }],
  ],
  list: [[List], [[{ head: 1n, tail: [{ head: 2n, tail: [] }] }]]],
  tree: [[Tree], [{ fork: { left: { leaf: -1n }, right: { fork: { left: { leaf: 2n }, right: { leaf: 3n } } } } }]],
  references: [
    [IDL.Principal, IDL.Func([IDL.Text], [IDL.Nat], ['query']), IDL.Service({ get: IDL.Func([], [IDL.Text], ['query']) })],
    [who, [who, 'get'], who],
  ],
};

for (const [name, [types, values]] of Object.entries(cases)) {
  await step(name, () => {
    const mine = hex(IDL.encode(types, values));
    const read = IDL.decode(types, base64(input.written[name]));
    return { bytes: mine, same: hex(IDL.encode(types, read)) === mine };
  });
}

// Reads what our client of the management canister writes, and writes what it is
// to read.
//
//   node arguments.mjs TOOLS <input.json
//
// The input: calls, a list of { name, method, arg (base64) }, and canister (id).
import { base64, candid, hex, input, Principal, step } from './core.mjs';
import { decode, encode, management, statusFields } from './interfaces.mjs';

const { IDL } = candid;

for (const { name, method, arg } of input.calls) {
  await step(name, () => ({ method, arg: decode(management[method].argTypes, base64(arg))[0] }));
}

const canister = Principal.fromText(input.canister);

const status = {
  status: { stopping: null },
  ready_for_migration: false,
  version: 7n,
  settings: {
    controllers: [canister, Principal.anonymous()],
    compute_allocation: 1n, memory_allocation: 2n, freezing_threshold: 3n, reserved_cycles_limit: 4n,
    log_visibility: { allowed_viewers: [canister] },
    log_memory_limit: 5n,
    snapshot_visibility: { public: null },
    wasm_memory_limit: 6n, wasm_memory_threshold: 7n,
    environment_variables: [{ name: 'a', value: 'b' }],
  },
  module_hash: [new Uint8Array(32).fill(0xab)],
  memory_size: 1n << 70n,
  memory_metrics: Object.fromEntries(statusFields.memory_metrics._fields.map(([name]) => [name, 0n])),
  cycles: 5_000_000_000_000n,
  reserved_cycles: 8n,
  idle_cycles_burned_per_day: 9n,
  query_stats: Object.fromEntries(statusFields.query_stats._fields.map(([name]) => [name, 0n])),
};

const fieldsOf = (record) => Object.fromEntries(record._fields);
const without = (fields, ...names) => Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
const settingFields = fieldsOf(statusFields.settings);
const reply = (fields, value) => hex(encode([IDL.Record(fields)], value));

// Fields of later versions of the interface, one of them of a recursive type.
const List = IDL.Rec();
List.fill(IDL.Opt(IDL.Record({ head: IDL.Int, tail: List })));
const laterFields = { aa_later: List, zz_later: IDL.Variant({ one: IDL.Text, other: IDL.Func([], [], ['query']) }) };
const later = { aa_later: [{ head: -1n, tail: [{ head: 2n, tail: [] }] }], zz_later: { other: [canister, 'm'] } };

await step('status', () => reply(statusFields, status));
await step('status of a later version', () =>
  reply(
    { ...statusFields, ...laterFields, settings: IDL.Record({ ...settingFields, ...laterFields }) },
    { ...status, ...later, settings: { ...status.settings, ...later } },
  ));
await step('status of an earlier version', () =>
  reply({
    ...without(statusFields, 'ready_for_migration', 'version', 'memory_metrics', 'reserved_cycles', 'idle_cycles_burned_per_day', 'query_stats'),
    settings: IDL.Record(without(settingFields, 'reserved_cycles_limit', 'log_visibility', 'log_memory_limit',
      'snapshot_visibility', 'wasm_memory_limit', 'wasm_memory_threshold', 'environment_variables')),
  }, status));
await step('status with a later visibility', () =>
  reply(
    { ...statusFields, settings: IDL.Record({ ...settingFields, log_visibility: IDL.Variant({ friends: IDL.Null }) }) },
    { ...status, settings: { ...status.settings, log_visibility: { friends: null } } },
  ));
await step('status without module', () => reply(statusFields, { ...status, status: { stopped: null }, module_hash: [] }));
await step('created', () =>
  reply({ canister_id: IDL.Principal, ...laterFields }, { canister_id: canister, ...later }));

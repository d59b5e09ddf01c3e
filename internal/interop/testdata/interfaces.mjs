// The interfaces that the scripts speak, in JavaScript's form of Candid: the
// methods of the management canister that are used here, with every field that the
// interface specification gives them, and the canisters of this repository.
import { candid } from './core.mjs';

const { IDL } = candid;
const { Opt, Vec, Record, Variant, Func, Nat, Nat64, Text, Null, Bool } = IDL;
const Blob = Vec(IDL.Nat8);
const ID = Record({ canister_id: IDL.Principal });
const viewers = Variant({ controllers: Null, public: Null, allowed_viewers: Vec(IDL.Principal) });

const settingTypes = {
  controllers: Vec(IDL.Principal),
  compute_allocation: Nat,
  memory_allocation: Nat,
  freezing_threshold: Nat,
  reserved_cycles_limit: Nat,
  log_visibility: viewers,
  log_memory_limit: Nat,
  snapshot_visibility: viewers,
  wasm_memory_limit: Nat,
  wasm_memory_threshold: Nat,
  environment_variables: Vec(Record({ name: Text, value: Text })),
};

const optional = (types) => Object.fromEntries(Object.entries(types).map(([name, type]) => [name, Opt(type)]));

const Settings = Record(optional(settingTypes));

// Settings with the given ones and no others.
export const settings = (given = {}) =>
  Object.fromEntries(Object.keys(settingTypes).map((name) => [name, name in given ? [given[name]] : []]));

const nats = (...names) => Record(Object.fromEntries(names.map((name) => [name, Nat])));

export const statusFields = {
  status: Variant({ running: Null, stopping: Null, stopped: Null }),
  ready_for_migration: Bool,
  version: Nat64,
  settings: Record(settingTypes),
  module_hash: Opt(Blob),
  memory_size: Nat,
  memory_metrics: nats(
    'wasm_memory_size', 'stable_memory_size', 'global_memory_size', 'wasm_binary_size', 'custom_sections_size',
    'canister_history_size', 'wasm_chunk_store_size', 'snapshots_size', 'log_memory_store_size',
  ),
  cycles: Nat,
  reserved_cycles: Nat,
  idle_cycles_burned_per_day: Nat,
  query_stats: nats(
    'num_calls_total', 'num_instructions_total', 'request_payload_bytes_total', 'response_payload_bytes_total',
  ),
};

const mode = Variant({
  install: Null,
  reinstall: Null,
  upgrade: Opt(Record({
    skip_pre_upgrade: Opt(Bool),
    wasm_memory_persistence: Opt(Variant({ keep: Null, replace: Null })),
  })),
});

const version = { sender_canister_version: Opt(Nat64) };
const Chunk = Record({ hash: Blob });
const Log = Record({ idx: Nat64, timestamp_nanos: Nat64, content: Blob });

export const management = {
  provisional_create_canister_with_cycles: Func(
    [Record({ amount: Opt(Nat), settings: Opt(Settings), specified_id: Opt(IDL.Principal), ...version })], [ID],
  ),
  provisional_top_up_canister: Func([Record({ canister_id: IDL.Principal, amount: Nat })], []),
  update_settings: Func([Record({ canister_id: IDL.Principal, settings: Settings, ...version })], []),
  install_code: Func([Record({ mode, canister_id: IDL.Principal, wasm_module: Blob, arg: Blob, ...version })], []),
  install_chunked_code: Func([Record({
    mode, target_canister: IDL.Principal, store_canister: Opt(IDL.Principal), chunk_hashes_list: Vec(Chunk),
    wasm_module_hash: Blob, arg: Blob, ...version,
  })], []),
  upload_chunk: Func([Record({ canister_id: IDL.Principal, chunk: Blob })], [Chunk]),
  stored_chunks: Func([ID], [Vec(Chunk)]),
  clear_chunk_store: Func([ID], []),
  uninstall_code: Func([Record({ canister_id: IDL.Principal, ...version })], []),
  start_canister: Func([ID], []),
  stop_canister: Func([ID], []),
  delete_canister: Func([ID], []),
  canister_status: Func([ID], [Record(statusFields)], ['query']),
  fetch_canister_logs: Func([ID], [Record({ canister_log_records: Vec(Log) })], ['query']),
};

export const seeding = {
  set_uploader: Func([IDL.Principal], []),
  register: Func([Text, Text], []),
  show: Func([], [Opt(IDL.Principal), Vec(IDL.Tuple(Text, Text))], ['query']),
};

export const proxy = {
  proxy: Func(
    [Record({ canister_id: IDL.Principal, method: Text, args: Blob, cycles: Nat })],
    [Variant({
      Ok: Record({ result: Blob }),
      Err: Variant({
        InsufficientCycles: nats('available', 'required'),
        CallFailed: Record({ reason: Text }),
        UnauthorizedUser: Null,
      }),
    })],
  ),
};

export const encode = (types, ...values) => IDL.encode(types, values);
export const decode = (types, bytes) => IDL.decode(types, bytes);

// Runs the official JavaScript agent against a network, and reports each step.
//
//   node agent.mjs TOOLS <input.json
//
// The input: url, rootKey, anyCanister, proxy (id), seeding (base64 of the module)
// and the seeds (hex) of two identities. All verification is on.
import { agent as ic, base64, bytes, digest, identity, input, Principal, Secp256k1KeyIdentity, step } from './core.mjs';
import * as did from './interfaces.mjs';

const { HttpAgent, Actor, StatePaths, KnownPath } = ic;
const wasm = base64(input.seeding);
const proxyID = Principal.fromText(input.proxy);
const anyCanister = Principal.fromText(input.anyCanister);
const managementID = Principal.managementCanister();
const emptyArg = did.encode([]);

// Nothing but the network under test is ever asked.
async function loopbackFetch(url, options) {
  const { hostname } = new URL(url);
  if (hostname !== '127.0.0.1') throw new Error(`a request to ${hostname}`);
  return fetch(url, options);
}

const connect = (who, options = {}) =>
  HttpAgent.create({
    host: input.url, identity: who, fetch: loopbackFetch, shouldFetchRootKey: true, verifyQuerySignatures: true,
    retryTimes: 0, ...options,
  });

const actor = (methods, canisterId, agent, options = {}) =>
  Actor.createActor(({ IDL }) => IDL.Service(methods), { agent, canisterId, ...options });

// The management canister as seen by an agent, which sends its calls to target's subnet.
const managing = (agent, target, options = {}) =>
  actor(did.management, managementID, agent, { effectiveTarget: { canisterId: target }, queryStrategy: 'update', ...options });

const owner = identity.Ed25519KeyIdentity.generate(bytes(input.ownerSeed));
const uploader = Secp256k1KeyIdentity.fromSecretKey(bytes(input.uploaderSeed));
const p256 = await identity.ECDSAKeyIdentity.generate();

const asOwner = await connect(owner);
const asUploader = await connect(uploader);
const asNobody = await connect(undefined);

const register = (agent, name, content, options = {}) =>
  agent.update(canister, {
    methodName: 'register', arg: did.encode(did.seeding.register.argTypes, name, content), ...options,
  }).then(({ certificate }) => Boolean(certificate));

const show = (agent) => actor(did.seeding, canister, agent).show();

// --- identities and the network

await step('principals', () => ({ owner: owner.getPrincipal(), uploader: uploader.getPrincipal() }));
await step('status', async () => {
  const { impl_version, replica_health_status } = await asNobody.status();
  return { impl_version, replica_health_status };
});
await step('root key', () => asOwner.rootKey);

// --- create and install

const created = await step('create', () =>
  managing(asOwner, anyCanister).provisional_create_canister_with_cycles({
    amount: [5_000_000_000_000n], specified_id: [], sender_canister_version: [],
    settings: [did.settings({ freezing_threshold: 100n, environment_variables: [{ name: 'FRUIT', value: 'apple' }] })],
  }));
const canister = created.canister_id;
const manage = managing(asOwner, canister);
const install = (mode, module = wasm) =>
  manage.install_code({ mode, canister_id: canister, wasm_module: module, arg: emptyArg, sender_canister_version: [] });

const briefStatus = async (of, id = canister) => {
  const s = await of.canister_status({ canister_id: id });
  return {
    status: Object.keys(s.status)[0], cycles: s.cycles, module_hash: s.module_hash, controllers: s.settings.controllers,
    freezing_threshold: s.settings.freezing_threshold, environment: s.settings.environment_variables,
    log_visibility: Object.keys(s.settings.log_visibility)[0],
  };
};

await step('status of empty canister', () => briefStatus(manage));
await step('call of empty canister', () => register(asOwner, 'no', 'module'));
await step('module hash of empty canister', async () => {
  const path = StatePaths.canisterModuleHash(canister);
  const { values, verifiedCertificate } = await asNobody.readState(canister, { paths: [path] });
  return { value: values.get(path), lookup: verifiedCertificate.lookup_path(path.path).status };
});
await step('install invalid module', () => install({ install: null }, bytes('0061736d01000000ff')));
await step('install by another', () =>
  managing(asUploader, canister).install_code({
    mode: { install: null }, canister_id: canister, wasm_module: wasm, arg: emptyArg, sender_canister_version: [],
  }));
await step('install', () => install({ install: null }));
await step('install twice', () => install({ install: null }));

// --- calls and queries

await step('set uploader', () => actor(did.seeding, canister, asOwner).set_uploader(uploader.getPrincipal()));
await step('register with secp256k1', () => register(asUploader, 'fruit-01.txt', 'apple'));
await step('register and poll', () => register(asUploader, 'fruit-02.txt', 'banana', { callSync: false }));

// An agent of the P-256 key, in the uploader's name as far as options allow.
async function delegated(options) {
  const until = new Date(Date.now() + 60_000);
  const chain = await identity.DelegationChain.create(uploader, p256.getPublicKey(), until, options);
  return connect(identity.DelegationIdentity.fromDelegation(p256, chain));
}

await step('register through a delegation', async () =>
  register(await delegated({ targets: [canister] }), 'fruit-03.txt', 'cherry'));
await step('delegation for another canister', async () => register(await delegated({ targets: [proxyID] }), 'no', 'no'));
await step('delegation for queries in a query', async () => show(await delegated({ permissions: 'queries' })));
await step('delegation for queries in a call', async () => register(await delegated({ permissions: 'queries' }), 'no', 'no'));
await step('show', () => show(asOwner));
await step('show with secp256k1', () => show(asUploader));
await step('show with p256', async () => show(await connect(p256)));
await step('show as nobody', () => show(asNobody));
await step('show in an update', () => actor(did.seeding, canister, asNobody, { queryStrategy: 'update' }).show());
await step('show to many at once', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => show(asOwner)));
  return all.every(([, items]) => items.length === 3);
});

// --- certified state

await step('metadata', async () => {
  const paths = {
    candid: StatePaths.canisterCandid(canister),
    module_hash: StatePaths.canisterModuleHash(canister),
    controllers: StatePaths.canisterControllers(canister),
    absent: StatePaths.canisterMetadataString(canister, 'nothing of that name'),
    time: StatePaths.time,
  };
  const { values, verifiedCertificate } = await asNobody.readState(canister, { paths: Object.values(paths) });
  return {
    candid: values.get(paths.candid), module_hash: values.get(paths.module_hash),
    controllers: values.get(paths.controllers), absent: verifiedCertificate.lookup_path(paths.absent.path).status,
    fresh: Math.abs(values.get(paths.time) - Date.now()) < 60_000,
  };
});
await step('candid', () => ic.fetchCandid(canister.toText(), asNobody));
await step('subnet', async () => {
  const subnet = Principal.fromText(input.subnet);
  const key = StatePaths.subnetPublicKey(subnet);
  const ranges = StatePaths.subnetCanisterRanges(subnet);
  const { values } = await asNobody.readState({ subnetId: subnet }, { paths: [key, ranges] });
  return { key: values.get(key), ranges: values.get(ranges) };
});
await step('node keys', async () => (await asNobody.fetchSubnetKeys(canister)).size);
await step('path that may not be read', () =>
  asNobody.readState(canister, { paths: [new KnownPath(['canister', canister.toUint8Array(), 'certified_data'], (b) => b)] }));
await step('synchronise time', async () => {
  const agent = await connect(owner);
  await agent.syncTime({ canisterId: canister });
  return { synced: agent.hasSyncedTime(), near: Math.abs(agent.getTimeDiffMsecs()) < 60_000 };
});
await step('synchronise time by default', async () => {
  const agent = await connect(owner, { shouldSyncTime: true });
  return { synced: agent.hasSyncedTime() };
});
await step('status as update', () => briefStatus(manage));
await step('status as query', () => briefStatus(managing(asOwner, canister, { queryStrategy: 'query' })));
await step('status for another', () => briefStatus(managing(asUploader, canister)));
await step('logs', () =>
  managing(asOwner, canister, { queryStrategy: 'query' }).fetch_canister_logs({ canister_id: canister }));

// --- rejections

await step('trap', () => register(asOwner, 'not', 'mine'));
await step('trap and poll', () => register(asOwner, 'not', 'mine', { callSync: false }));
await step('trap as nobody', () => register(asNobody, 'not', 'mine'));

await step('unknown update method', () => actor({ nothing: did.seeding.set_uploader }, canister, asOwner).nothing(canister));
await step('unknown query method', () => actor({ nothing: did.seeding.show }, canister, asOwner).nothing());
await step('update method as query', async () => {
  const answer = await asOwner.query(canister, { methodName: 'register', arg: emptyArg });
  return { status: answer.status, signatures: answer.signatures.length };
});
const missing = Principal.fromUint8Array(bytes('80000000001abcde0101'));
await step('query of missing canister', () => actor(did.seeding, missing, asOwner).show());
await step('call of missing canister', () => actor(did.seeding, missing, asOwner).set_uploader(canister));
await step('unknown management method', () =>
  asOwner.update(managementID, { methodName: 'bitcoin_get_balance', arg: emptyArg, effectiveTarget: { canisterId: canister } }));

// --- chunks, upgrade, settings

await step('upgrade', () => install({ upgrade: [] }));
await step('show after upgrade', () => show(asNobody));
await step('upload chunks', async () => {
  const half = wasm.length >> 1;
  const hashes = [];
  for (const chunk of [wasm.slice(0, half), wasm.slice(half)]) {
    const { hash } = await manage.upload_chunk({ canister_id: canister, chunk });
    hashes.push({ hash });
  }
  const stored = await manage.stored_chunks({ canister_id: canister });
  await manage.install_chunked_code({
    mode: { reinstall: null }, target_canister: canister, store_canister: [], chunk_hashes_list: hashes,
    wasm_module_hash: bytes(digest(wasm)), arg: emptyArg, sender_canister_version: [],
  });
  await manage.clear_chunk_store({ canister_id: canister });
  return { stored: stored.length, left: (await manage.stored_chunks({ canister_id: canister })).length };
});
await step('settings', async () => {
  const controllers = [owner.getPrincipal(), uploader.getPrincipal()];
  await manage.update_settings({
    canister_id: canister, settings: did.settings({ controllers, log_visibility: { public: null } }), sender_canister_version: [],
  });
  return briefStatus(managing(asUploader, canister));
});
await step('top up', async () => {
  const before = (await briefStatus(manage)).cycles;
  await manage.provisional_top_up_canister({ canister_id: canister, amount: 12n });
  return (await briefStatus(manage)).cycles - before;
});

// --- the proxy canister

const forward = (agent, method, args, more = {}) =>
  actor(did.proxy, proxyID, agent).proxy({ canister_id: canister, method, args, cycles: 0n, ...more });

const registerArgs = (...values) => did.encode(did.seeding.register.argTypes, ...values);

await step('proxy as uploader', () => actor(did.seeding, canister, asOwner).set_uploader(proxyID));
await step('proxy', () => forward(asOwner, 'register', registerArgs('fruit-04.txt', 'date')));
await step('show after proxy', () => show(asNobody));
await step('proxy of a call that traps', () => forward(asOwner, 'set_uploader', registerArgs('not', 'mine')));
await step('proxy with cycles', async () => {
  const before = (await briefStatus(manage)).cycles;
  const arg = did.encode(did.management.start_canister.argTypes, { canister_id: canister });
  const answer = await forward(asOwner, 'deposit_cycles', arg, { canister_id: managementID, cycles: 1_000_000n });
  return { answer, received: (await briefStatus(manage)).cycles - before };
});
await step('proxy with too many cycles', () => forward(asOwner, 'show', emptyArg, { cycles: 1n << 100n }));
await step('proxy for another', () => forward(asUploader, 'show', emptyArg));
await step('proxy metadata', () => ic.fetchCandid(proxyID.toText(), asNobody));

// --- what a false network would send

const altering = (path, alter) => async (url, options) => {
  const response = await loopbackFetch(url, options);
  if (!new URL(url).pathname.endsWith(path)) return response;
  const body = Buffer.from(await response.arrayBuffer());
  return new Response(alter(body), { status: response.status, headers: response.headers });
};

// Changes the last letter of a text in the body.
const flip = (text) => (body) => {
  const at = body.indexOf(text);
  if (at < 0) throw new Error(`there is no ${text} in the answer`);
  body[at + text.length - 1] ^= 1;
  return body;
};

await step('altered query', async () => show(await connect(owner, { fetch: altering('/query', flip('date')) })));
await step('altered rejection of a query', async () =>
  actor({ nothing: did.seeding.show }, canister, await connect(owner, { fetch: altering('/query', flip('nothing')) })).nothing());
await step('altered certificate', async () =>
  actor(did.seeding, canister, await connect(owner, { fetch: altering('/call', flip('Greplied')) })).set_uploader(proxyID));
await step('altered state', async () => {
  const agent = await connect(undefined, { fetch: altering('/read_state', flip('set_uploader')) });
  return agent.readState(canister, { paths: [StatePaths.canisterCandid(canister)] });
});
await step('another root key', async () => {
  const agent = await connect(owner, { shouldFetchRootKey: false, rootKey: bytes(ic.IC_ROOT_KEY) });
  return agent.readState(canister, { paths: [StatePaths.time] });
});

// --- stop and delete

await step('stop', async () => {
  await manage.stop_canister({ canister_id: canister });
  return (await briefStatus(manage)).status;
});
await step('call of stopped canister', () => register(asUploader, 'too', 'late'));
await step('query of stopped canister', () => show(asNobody));
await step('start', async () => {
  await manage.start_canister({ canister_id: canister });
  return (await briefStatus(manage)).status;
});
await step('uninstall', async () => {
  await manage.uninstall_code({ canister_id: canister, sender_canister_version: [] });
  return (await briefStatus(manage)).module_hash;
});
await step('delete', async () => {
  await manage.stop_canister({ canister_id: canister });
  await manage.delete_canister({ canister_id: canister });
});
await step('status of deleted canister', () => briefStatus(manage));

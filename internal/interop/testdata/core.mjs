// What the scripts share: the packages of the tools folder, given as the first
// argument, the input, and the output of one JSON object a line.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { json } from 'node:stream/consumers';

const packages = path.resolve(process.argv[2], 'node_modules');

// An entry of a package, by its condition for import: node would look beside this file.
export function load(name, entry = '.') {
  const folder = path.join(packages, name);
  const { exports } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const found = exports[entry];
  if (!found) throw new Error(`package ${name} has no entry ${entry}`);
  return import(pathToFileURL(path.join(folder, found.import ?? found)));
}

const core = (entry) => load('@icp-sdk/core', entry);

export const [agent, candid, identity, { Secp256k1KeyIdentity }, { Principal }] = await Promise.all([
  core('./agent'), core('./candid'), core('./identity'), core('./identity/secp256k1'), core('./principal'),
]);

export const input = await json(process.stdin);

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const bytes = (text) => new Uint8Array(Buffer.from(text, 'hex'));
export const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const base64 = (text) => new Uint8Array(Buffer.from(text, 'base64'));

const longBytes = 256;

// Bytes become hex, or their digest if they are many; big numbers decimal text;
// principals their text.
function plain(key, value) {
  if (value instanceof Uint8Array) return value.length > longBytes ? `sha256:${digest(value)}` : hex(value);
  if (typeof value === 'bigint') return value.toString();
  if (value?.__principal__) return value.__principal__;
  return value;
}

// Reports what a step gave, or how it failed, and goes on.
export async function step(name, run) {
  try {
    const value = await run();
    console.log(JSON.stringify({ step: name, value: value ?? null }, plain));
    return value;
  } catch (error) {
    console.log(JSON.stringify({ step: name, error: describe(error) }, plain));
    return undefined;
  }
}

function describe(error) {
  const code = error instanceof agent.AgentError ? error.code : {};
  return {
    name: error.name, code: code.name ?? '', text: String(error.message), certified: Boolean(code.isCertified),
    rejectCode: Number(code.rejectCode ?? 0), message: code.rejectMessage ?? '', errorCode: code.rejectErrorCode ?? '',
  };
}

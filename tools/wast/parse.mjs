// Reads component texts from standard input, a JSON array of strings, and writes
// a JSON array with an object for each: { wasm: base64 } or { error: message }.
// Nothing is validated.

import { parse } from '@bytecodealliance/jco';
import { text } from 'node:stream/consumers';

const results = [];
for (const source of JSON.parse(await text(process.stdin))) {
  try {
    results.push({ wasm: Buffer.from(await parse(source)).toString('base64') });
  } catch (e) {
    results.push({ error: String(e?.message ?? e) });
  }
}
process.stdout.write(JSON.stringify(results));

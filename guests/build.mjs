// The steps of building a guest that go through npm packages. guests/build_test.go
// knows which guest is built how and calls this.
//
//   node build.mjs TOOLS component CORE.wasm OUT.wasm command|reactor [WIT WORLD]
//   node build.mjs TOOLS qjs|starling OUT.wasm WIT WORLD SOURCE.js...
//   node build.mjs TOOLS wat OUT.wasm SOURCE.wat
//
// TOOLS is the folder whose node_modules holds the packages.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [tools, kind, ...args] = process.argv.slice(2);

// A package of TOOLS by its entry for import: node would look beside this file.
function load(name) {
  const folder = path.resolve(tools, 'node_modules', name);
  const { exports, main } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const entry = exports?.['.'] ?? exports ?? main;
  const file = entry?.import?.default ?? entry?.import ?? entry?.default ?? entry;
  return import(pathToFileURL(path.join(folder, file)));
}

async function component(core, out, form, wit, world) {
  const jco = await load('@bytecodealliance/jco');
  const adapter = form === 'command' ? jco.preview1AdapterCommandPath() : jco.preview1AdapterReactorPath();
  let binary = fs.readFileSync(core);
  if (wit) binary = await jco.componentEmbed({ binary, witSource: fs.readFileSync(wit, 'utf8'), world });
  const adapters = [['wasi_snapshot_preview1', fs.readFileSync(new URL(adapter))]];
  fs.writeFileSync(out, await jco.componentNew(binary, adapters));
}

const joined = (sources) => sources.map((s) => fs.readFileSync(s, 'utf8')).join('\n');

async function qjs(out, wit, world, ...sources) {
  const { componentize } = await load('componentize-qjs');
  const made = await componentize({ jsSource: joined(sources), witPath: wit, world, sync: true, optSize: true });
  fs.writeFileSync(out, made.component ?? made);
}

async function starling(out, wit, world, ...sources) {
  const { componentize } = await load('@bytecodealliance/componentize-js');
  const made = await componentize(joined(sources), { witPath: wit, worldName: world, disableFeatures: ['http', 'fetch-event'] });
  fs.writeFileSync(out, made.component);
}

async function wat(out, source) {
  const { parse } = await load('@bytecodealliance/jco');
  fs.writeFileSync(out, await parse(fs.readFileSync(source, 'utf8')));
}

await { component, qjs, starling, wat }[kind](...args);

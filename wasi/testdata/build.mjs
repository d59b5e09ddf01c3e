// Makes a component of a component's text, or of a world: then one that imports
// everything the world does.
//
//   node build.mjs TOOLS SOURCE.wat|SOURCE.wit OUT.wasm
//
// TOOLS is the folder whose node_modules holds jco, and in it the packages of WASI.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [tools, source, out] = process.argv.slice(2);
const folder = path.resolve(tools, 'node_modules', '@bytecodealliance', 'jco');
const { componentEmbed, componentNew, parse } = await import(pathToFileURL(path.join(folder, 'dist', 'api.js')));

// The packages of WASI as nested ones, since jco takes a world as one text.
function packages() {
  return ['io', 'clocks', 'random', 'cli', 'filesystem', 'sockets'].map((name) => {
    const file = path.join(folder, 'lib', 'wit', 'builtin', '0.2.12', 'wasi-' + name, 'package.wit');
    return fs.readFileSync(file, 'utf8').replace(/package ([^;]*);([^]*)/, 'package $1 {$2}');
  });
}

const text = fs.readFileSync(source, 'utf8');
if (source.endsWith('.wat')) {
  fs.writeFileSync(out, await parse(text));
} else {
  const core = await componentEmbed({
    dummy: true, witSource: [text, ...packages()].join('\n'), features: { tag: 'all' },
    world: path.basename(source, '.wit'),
  });
  fs.writeFileSync(out, await componentNew(core, []));
}

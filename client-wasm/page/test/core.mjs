// The page's own glue around the built core, in Node: it seals the golden bytes that the native core seals, and answers
// every reason. With `--bench` it then prints how many MB/s it seals.
// Argument: the built tipline_core.wasm, or tipline_core.js, which is the same translated to JavaScript.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

const here = (path) => new URL(path, import.meta.url);
const golden = JSON.parse(readFileSync(here('../../core/tests/data/golden.json')));
const DAY = 86_400_000;

export const sources = (...names) => names.map((name) => readFileSync(here(`../js/${name}.js`))).join('');

// As in the golden file: byte i of the generator is i mod 251, plus one.
const generator = { getRandomValues: (bytes) => bytes.forEach((_, at) => { bytes[at] = (at % 251) + 1; }) };
const clock = { now: () => Date.parse('2026-11-23T12:00:00Z') + clock.days * DAY, days: 0 };

async function engine(file) {
  if (file.endsWith('.js')) return new Function(`${readFileSync(file)}; return engineInJavaScript();`)();
  const module = await WebAssembly.compile(readFileSync(file));
  assert.deepEqual(WebAssembly.Module.imports(module), [], 'the core imports nothing');
  return (await WebAssembly.instantiate(module, {})).exports;
}

export async function start(file) {
  const { Core } = new Function('crypto', 'breathe', 'Date', `${sources('core')}; return { Core };`)(
    generator, () => new Promise(setImmediate), clock);
  return new Core({ engine: await engine(file), stride: 16 * 1024 });
}

export const evidence = (size) => new File([Uint8Array.from({ length: size }, (_, at) => at % 241)], 'evidence.bin');

export const never = () => false;

export const begin = (core, file) => choose(core, file, null);

export function choose(core, file, cleaned) {
  const line = core.check(golden.documents, 'localhost', '');
  assert.equal(line.ok, true);
  const files = [{ file, cleaned }];
  core.choose(new TextEncoder().encode(golden.tip), files);
  return core.seal(files, line.fresh);
}

async function seal(core, file) {
  const sealing = begin(core, file);
  const { bytes, digest } = await sealing.next(never);
  assert.equal(digest, null, 'one request has no parts');
  assert.equal(await sealing.next(never).catch(({ code }) => code), 'out-of-turn');
  return bytes;
}

// The id of a tip in one request: SHA-256 of "tipline parts", the count 1 and the digest (ENVELOPE).
function id(bytes) {
  const digest = createHash('sha256').update(bytes).digest();
  return createHash('sha256').update('tipline parts').update(Buffer.from([0, 0, 0, 1])).update(digest).digest('hex');
}

async function reasons(core) {
  const said = (documents, host, fragment, days) => {
    clock.days = days;
    const answer = core.check(documents, host, fragment);
    clock.days = 0;
    return answer.reason;
  };
  assert.equal(said('{}', 'localhost', '', 0), 'no-documents');
  assert.equal(said('', 'localhost', '', 0), 'malformed');
  assert.equal(said(golden.documents.replace('Friends', 'Fiends'), 'localhost', '', 0), 'wrong-signature');
  assert.equal(said(golden.documents, 'example.org', '', 0), 'another-site');
  assert.equal(said(golden.documents, 'localhost', '#SHA256:other', 0), 'link-disagrees');
  assert.equal(said(golden.documents, 'localhost', '', -100), 'clock-wrong');
  assert.equal(said(golden.documents, 'localhost', '', 14), 'closed');
  assert.equal(said(golden.documents, 'localhost', '', -1), 'not-open-yet');
}

// As the native core draws it; the numbers are then nowhere but in what was answered.
function receipt(core) {
  assert.throws(() => core.receipt(), { code: 'no-line' });
  core.check(golden.documents, 'localhost', '');
  assert.deepEqual(core.receipt(), golden.receipt, 'the same receipt as native code draws');
  const memory = Buffer.from(core.engine.memory.buffer);
  const { tag_key: key, numbers } = golden.receipt;
  for (const secret of [key, JSON.stringify(numbers).slice(0, 30)]) assert.ok(!memory.includes(secret), 'it is nowhere in memory');
}

async function shrinking(core) {
  const file = { size: 5_000, name: 'gone.bin', slice: (from, to) => new Blob([new Uint8Array(Math.max(0, to - from - 1))]) };
  const line = core.check(golden.documents, 'localhost', '');
  core.choose(new TextEncoder().encode('{}'), [{ file, cleaned: null }]);
  await assert.rejects(core.seal([{ file }], line.fresh).next(never), { code: 'file-changed' });
}

function wiped(core) {
  core.wipe();
  assert.ok(new Uint8Array(core.engine.memory.buffer).every((byte) => byte === 0));
}

export async function bench(core) {
  const size = 64 * 1024 * 1024 - 8192; // with its tar exactly 64 MiB
  const file = new File([new Uint8Array(size)], 'evidence.bin');
  const began = performance.now();
  const sealing = begin(core, file);
  while (sealing.commit === null) await sealing.next(never);
  return { mb_per_s: Number((size / 1000 / (performance.now() - began)).toFixed(1)), memory: core.engine.memory.buffer.byteLength };
}

// Memory that had to grow is wiped where it was, too.
async function outgrown(core) {
  const before = core.engine.memory.buffer;
  const large = evidence(900_000);
  await seal(core, large);
  assert.notEqual(core.engine.memory.buffer, before, 'this was enough to make it grow');
  const left = before.byteLength === 0 || new Uint8Array(before).every((byte) => byte === 0);
  assert.ok(left, 'what the memory was before it grew is wiped');
}

async function main([file, ...flags]) {
  const core = await start(file);
  receipt(core);
  await outgrown(core);
  await reasons(core);
  const sealed = await seal(core, evidence(golden.file));
  assert.equal(id(sealed), golden.id, 'it seals the same bytes as native code');
  await shrinking(core);
  console.log(JSON.stringify(flags.includes('--bench') ? await bench(core) : { golden: 'same' }));
  wiped(core);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));

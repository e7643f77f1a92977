// The core in WASM beside the independent npm implementation, sealing the same 64 MiB in one process, in turn; then films lose
// what they hold of their maker, each in a new core, so that its memory is this film's.
// Arguments: the built tipline_core.wasm, and films.
import { openAsBlob } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { bench, choose, never, start } from '../../client-wasm/page/test/core.mjs';

const SIZE = 64 * 1024 * 1024;

async function theirs(recipients) {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const began = performance.now();
  await encrypter.encrypt(new Uint8Array(SIZE));
  return SIZE / 1000 / (performance.now() - began);
}

// The time that is spent inside the module, without the page's reading and collecting.
function watched(core) {
  const spent = { ms: 0 };
  const engine = { memory: core.engine.memory };
  for (const [name, call] of Object.entries(core.engine)) {
    if (typeof call !== 'function') continue;
    engine[name] = (...numbers) => {
      const began = performance.now();
      const answer = call(...numbers);
      spent.ms += performance.now() - began;
      return answer;
    };
  }
  core.engine = engine;
  return spent;
}

const identity = await generateHybridIdentity();
const recipient = await identityToRecipient(identity);
const core = await start(process.argv[2]);
const spent = watched(core);
const ours = [];
const inside = [];
const npm = [];
for (let turn = 0; turn < 5; turn += 1) {
  spent.ms = 0;
  ours.push((await bench(core)).mb_per_s);
  inside.push(SIZE / 1000 / spent.ms);
  npm.push(await theirs([recipient]));
}
const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
const [page, module, other] = [median(ours), median(inside), median(npm)];
const ratio = (speed) => `${speed.toFixed(0)} MB/s, ${(speed / other).toFixed(1)}x`;
console.log(`seal 64 MiB: npm age-encryption ${other.toFixed(0)} MB/s; our module ${ratio(module)}; with the page's own reading and collecting ${ratio(page)}`);

for (const path of process.argv.slice(3)) {
  const film = await openAsBlob(path);
  const fresh = await start(process.argv[2]);
  const began = performance.now();
  const { number, found } = await fresh.look(film, never);
  const looked = performance.now() - began;
  const sealing = choose(fresh, film, number);
  while (sealing.commit === null) await sealing.next(never);
  const speed = film.size / 1000 / (performance.now() - began - looked);
  const memory = fresh.engine.memory.buffer.byteLength / 1024 / 1024;
  console.log(`film of ${(film.size / 1e6).toFixed(0)} MB: looked at in ${looked.toFixed(0)} ms, ${found.length} found; cleaned and sealed at ${speed.toFixed(0)} MB/s; the module's memory ${memory.toFixed(1)} MiB`);
}

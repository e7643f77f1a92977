// The core in WASM beside the independent npm implementation, sealing the same 64 MiB in one process, in turn.
// Argument: the built tipline_core.wasm.
import { performance } from 'node:perf_hooks';
import { Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { bench, start } from '../../client-wasm/page/test/core.mjs';

const SIZE = 64 * 1024 * 1024;

async function theirs(recipients) {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const began = performance.now();
  await encrypter.encrypt(new Uint8Array(SIZE));
  return SIZE / 1000 / (performance.now() - began);
}

const identity = await generateHybridIdentity();
const recipient = await identityToRecipient(identity);
const core = await start(process.argv[2]);
const ours = [];
const npm = [];
for (let turn = 0; turn < 5; turn += 1) {
  ours.push((await bench(core)).mb_per_s);
  npm.push(await theirs([recipient]));
}
const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];
const [a, b] = [median(ours), median(npm)];
console.log(`seal 64 MiB: the core in WASM ${a.toFixed(0)} MB/s, npm age-encryption ${b.toFixed(0)} MB/s, ratio ${(a / b).toFixed(1)}x`);

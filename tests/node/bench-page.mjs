// What the page costs in a browser: until it is usable, how fast it locks 16 MiB beside npm `age-encryption` in the same
// browser, and how long it ever keeps a finger waiting. Driven through its buttons as a person does; never a timed test.
// Arguments: the letterbox's address, then browsers (`firefox-esr+safer` is Firefox at that level).
//
// Two things differ from the journeys: the browser's clock is not made coarse (Tor Browser's is), and the letterbox has no
// board to read. Locking is measured in a copy of the page that was opened from disk: it locks what a large message locks, by
// the same code, and sends nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { press, start, tick, visible } from './browser.mjs';

const [address, ...browsers] = process.argv.slice(2);
const MIB = 1024 * 1024;
// With what the page puts before and behind it, exactly 16 MiB.
const SEALED = 16 * MIB;
const FILE = SEALED - 8192;
const FINE_CLOCK = { 'privacy.resistFingerprinting': false, 'privacy.reduceTimerPrecision': false };
const LOADS = 5;
// Where nothing is compiled one turn takes minutes, and lasts long enough.
const turnsOf = (name) => (name.endsWith('+safer') ? 1 : 3);
const START = '\nstart();\n})();\n';

const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];
const most = (all) => all.reduce((a, b) => Math.max(a, b), 0);

// Runs in the page before its own scripts: writes down when it could be used, when locking began and ended, and every gap in
// which the page would not have answered. A message to itself is answered in the next turn of the page.
function watch() {
  const seen = { usable: null, pressed: null, locked: null, gaps: [], frames: 0 };
  globalThis.seen = seen;
  const shows = (id) => document.getElementById(id)?.getClientRects().length > 0;
  const look = () => {
    if (seen.usable === null && (shows('tell') || shows('tell-anyway'))) seen.usable = performance.now();
    if (seen.pressed !== null && seen.locked === null && shows('saved')) seen.locked = performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, attributes: true, attributeFilter: ['hidden'], childList: true });
  document.addEventListener('click', ({ target }) => {
    if (target.closest('#receipt-none')) seen.pressed = performance.now();
  }, { capture: true });
  const where = () => (shows('sending') ? 'sending' : shows('saved') ? 'saved' : 'before');
  const locked = () => document.getElementById('send-bar')?.value ?? 0;
  seen.tick = (done) => {
    const channel = new MessageChannel();
    let last = performance.now();
    let before = 0;
    channel.port1.onmessage = () => {
      const now = performance.now();
      seen.gaps.push([now - last, where(), before]);
      if (seen.gaps.length > 200_000) seen.gaps.shift();
      before = locked();
      last = now;
      if (!done()) channel.port2.postMessage(null);
    };
    channel.port2.postMessage(null);
    let frame = last;
    const draw = (now) => {
      seen.frames = Math.max(seen.frames, now - frame);
      frame = now;
      if (!done()) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  };
  seen.tick(() => seen.usable !== null);
}

// From asking for the page to the moment at which the line is verified, the board asked for, and the first button shown.
async function load(page) {
  await page.goto('about:blank');
  await page.goto(address);
  await page.waitForFunction(() => globalThis.seen.usable !== null);
  return page.evaluate(() => {
    const [{ responseStart }] = performance.getEntriesByType('navigation');
    const { usable, gaps } = globalThis.seen;
    return { usable, fromFirstByte: usable - responseStart, stall: gaps.reduce((a, [ms]) => Math.max(a, ms), 0) };
  });
}

// A person opens the copy, chooses the file, says that it goes as it is, and wants no answer.
async function lock(page, copy, file, ticking) {
  await page.goto(pathToFileURL(copy).href);
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await (await page.$('#pick')).uploadFile(file);
  await page.waitForFunction(() => document.querySelectorAll('#file-list input[type=checkbox]').length === 1);
  await page.$eval('#file-list input[type=checkbox]', (input) => input.click());
  await press(page, '#send-button');
  await visible(page, '#receipt-none');
  if (ticking) {
    await page.evaluate(() => {
      globalThis.seen.gaps = [];
      globalThis.seen.tick(() => globalThis.seen.locked !== null);
    });
  }
  await press(page, '#receipt-none');
  await page.waitForFunction(() => globalThis.seen.locked !== null);
  const seen = await page.evaluate(() => globalThis.seen);
  const during = seen.gaps.filter(([, at]) => at !== 'before');
  const gaps = (some) => most(some.map(([ms]) => ms));
  return {
    mbPerS: SEALED / 1000 / (seen.locked - seen.pressed),
    header: gaps(during.filter(([, , before]) => before < 20_000)),
    chunks: gaps(during.filter(([, , before]) => before >= 20_000)),
    frames: seen.frames,
  };
}

// The other implementation, with as many recipients of the same kind, over bytes that are in memory already.
async function theirs(page, recipients) {
  return page.evaluate(async (size, count) => {
    const { Encrypter, generateHybridIdentity, identityToRecipient } = globalThis.age;
    const encrypter = new Encrypter();
    for (let at = 0; at < count; at += 1) encrypter.addRecipient(await identityToRecipient(await generateHybridIdentity()));
    const bytes = new Uint8Array(size);
    const began = performance.now();
    await encrypter.encrypt(bytes);
    return size / 1000 / (performance.now() - began);
  }, SEALED, recipients);
}

// How long each call of the core lasts, with the page's own script, which here hands out its parts instead of starting.
async function steps(page) {
  return page.evaluate(async (size) => {
    const { Core, startEngine } = globalThis.parts;
    const took = {};
    const began = performance.now();
    const core = new Core(await startEngine());
    took.start = [performance.now() - began];
    const engine = { memory: null };
    for (const [name, call] of Object.entries(core.engine)) {
      if (typeof call !== 'function') continue;
      engine[name] = (...numbers) => {
        const from = performance.now();
        const answer = call(...numbers);
        // By what it answers: only 2 are sealed bytes.
        (took[`${name} ${answer}`] ??= []).push(performance.now() - from);
        return answer;
      };
    }
    const { memory } = core.engine;
    Object.defineProperty(engine, 'memory', { get: () => memory });
    core.engine = engine;
    const line = core.check(document.getElementById('documents').textContent, '', '');
    if (!line.ok) throw new Error(line.reason);
    const file = new File([new Uint8Array(size)], 'evidence.bin');
    const files = [{ file, cleaned: null }];
    core.choose(new TextEncoder().encode('{}'), files);
    const sealing = core.seal(files, line.fresh);
    const pieces = [];
    await sealing.next(() => false, (length) => pieces.push(length));
    core.receipt();
    const recipients = pieces.findIndex((length) => length >= 16_384);
    return { recipients, took };
  }, 2 * MIB);
}

// The page once more without its policy, where its parts can be asked; and a page with the other implementation. On a loopback
// port of this script's own, as long as it runs.
async function serve(template) {
  const { buildSync } = createRequire(new URL('../../client-wasm/page/package.json', import.meta.url))('esbuild');
  const stdin = { contents: "import * as age from 'age-encryption'; globalThis.age = age;", resolveDir: fileURLToPath(new URL('.', import.meta.url)) };
  const age = buildSync({ stdin, bundle: true, write: false, minify: true, format: 'iife', target: 'es2022' }).outputFiles[0].text;
  const open = template.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '').replace(START, '\nglobalThis.parts = { Core, startEngine };\n})();\n');
  if (!open.includes('globalThis.parts') || open.includes('http-equiv')) throw new Error('the page looks different');
  const pages = { '/age': `<!doctype html><meta charset="utf-8"><title>age</title><script>${age.replaceAll('</script', '<\\/script')}</script>`, '/parts': open };
  const server = createServer(({ url }, to) => {
    to.writeHead(url in pages ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
    to.end(pages[url] ?? '');
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  return { at: (path) => `http://127.0.0.1:${server.address().port}${path}`, end: () => { server.closeAllConnections(); server.close(); } };
}

async function measure(name, served, copy, file) {
  const { page, problems, end } = await start(name, name.startsWith('firefox') ? FINE_CLOCK : {});
  try {
    await page.goto(served.at('/parts'));
    const { recipients, took } = await steps(page);
    await page.evaluateOnNewDocument(watch);
    const loads = [];
    for (let turn = 0; turn < LOADS; turn += 1) loads.push(await load(page));
    const [ours, npm, stalls] = [[], [], []];
    for (let turn = 0; turn < turnsOf(name); turn += 1) {
      ours.push((await lock(page, copy, file, false)).mbPerS);
      await page.goto(served.at('/age'));
      npm.push(await theirs(page, recipients));
      // Apart, since asking all the time whether the page answers costs time as well.
      stalls.push(await lock(page, copy, file, true));
    }
    if (problems.length > 0) throw new Error(problems.join());
    return { recipients, took, loads, ours, npm, stalls };
  } finally {
    await end();
  }
}

const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
function tell(name, { recipients, took, loads, ours, npm, stalls }) {
  const of = (key) => loads.map((one) => one[key]);
  const [mine, other] = [median(ours), median(npm)];
  const slices = took['seal_step 2'].slice(recipients);
  console.log(`${name}`);
  console.log(`  usable after ${ms(median(of('usable')))} (${ms(median(of('fromFirstByte')))} after the first byte), the median of ${LOADS}; meanwhile the longest stall ${ms(most(of('stall')))}`);
  console.log(`  locks 16 MiB for ${recipients} recipients at ${mine.toFixed(2)} MB/s; npm age-encryption (hybrid too, from memory) ${other.toFixed(2)} MB/s; ${(mine / other).toFixed(1)}x, medians of ${ours.length}`);
  console.log(`  meanwhile the longest stall ${ms(most(stalls.map(({ header, chunks: c }) => Math.max(header, c))))}: its header ${ms(most(stalls.map(({ header }) => header)))}, its chunks ${ms(most(stalls.map(({ chunks: c }) => c)))}; between two frames ${ms(most(stalls.map(({ frames }) => frames)))}`);
  console.log(`  the core starts in ${ms(took.start[0])}, checks the documents in ${ms(took['check 0'][0])}; one recipient of a header ${ms(most(took['seal_step 2'].slice(0, recipients)))}, 16 KiB of a chunk ${ms(median(slices))} (${ms(most(slices))} at most), a receipt ${ms(took['receipt 0'][0])}`);
}

const folder = mkdtempSync(join(tmpdir(), 'tipline-bench-'));
const template = await (await fetch(address)).text();
const served = await serve(template);
try {
  const [copy, file] = ['copy.html', 'evidence.bin'].map((name) => join(folder, name));
  writeFileSync(copy, template);
  writeFileSync(file, new Uint8Array(FILE));
  for (const name of browsers) tell(name, await measure(name, served, copy, file));
} finally {
  served.end();
  rmSync(folder, { recursive: true, force: true });
  process.stdin.destroy();
}

// Everything that can be wrong with the page's documents, the device, the letterbox's answers and a file: each has its own
// sentence, in every language where one can still choose, and nothing that was written is lost.
// Arguments: browser, address, folder for screenshots, story, a file that the journey may change.
import { truncateSync } from 'node:fs';
import { barriers, front, press, run, screens, send, tick, until, visible, write } from './browser.mjs';

const JSON_TYPE = 'application/json';
const answer = (status, body, type = 'text/html') => (_, to) => {
  to.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  to.end(body);
};
const said = (status, word) => answer(status, JSON.stringify({ ok: false, say: word }).padEnd(256), JSON_TYPE);

await run(async ({ name, address, page, problems, folder, rest: [story, file] }) => {
  const letterbox = await front(address);
  const found = [];
  const shot = async (what) => {
    await screens(page, folder, `${name}-bad-${what}`);
    found.push(...(await barriers(page)).map((barrier) => `${what}: ${barrier}`));
  };
  // What is to be wrong stands in the window's name, which outlasts the way to the next page.
  await page.evaluateOnNewDocument(() => {
    const wrong = globalThis.name ? JSON.parse(globalThis.name) : {};
    const { now } = Date;
    if (wrong.days) Date.now = () => now() + wrong.days * 86_400_000;
    const { getRandomValues } = Crypto.prototype;
    // The judge of barriers needs them itself.
    globalThis.heal = () => { Crypto.prototype.getRandomValues = getRandomValues; };
    if (wrong.random === 'none') Crypto.prototype.getRandomValues = () => { throw new Error('none'); };
    if (wrong.random === 'zero') Crypto.prototype.getRandomValues = (bytes) => bytes;
    if (wrong.storage) {
      for (const store of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
        Object.defineProperty(globalThis, store, { get() { throw new DOMException('refused', 'SecurityError'); } });
      }
    }
    const { slice } = Uint8Array.prototype;
    Uint8Array.prototype.slice = function part(...range) {
      if (globalThis.noMemory) throw new RangeError('Array buffer allocation failed');
      return slice.apply(this, range);
    };
    const timeout = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'timeout');
    Object.defineProperty(XMLHttpRequest.prototype, 'timeout', { set(ms) { timeout.set.call(this, Math.min(ms, wrong.patience ?? ms)); } });
  });
  const open = async (wrong = {}, at = letterbox.address) => {
    await page.evaluate((what) => { globalThis.name = JSON.stringify(what); }, wrong);
    await page.goto(at);
  };

  // The documents and the device.
  const stops = {};
  const languages = await page.$$eval('input[name=language]', (radios) => radios.map(({ value }) => value));
  const stop = async (what, wrong, change = null, at = letterbox.address) => {
    letterbox.page = change && ((html) => html.replace(/(id="documents">)(.*?)(<\/script>)/s, (_, before, block, after) => before + change(block) + after));
    await open(wrong, at);
    await page.waitForFunction(() => document.querySelector('#line').classList.contains('stop'), {});
    stops[what] = {};
    for (const tag of languages) {
      await page.$eval(`#language-${tag}`, (radio) => radio.click());
      stops[what][tag] = await page.$eval('#line', (box) => box.querySelectorAll('p')[0].firstChild.textContent);
    }
    stops[what].writes = await page.evaluate(() => ['tell', 'tell-anyway', 'finished'].some((id) => document.getElementById(id).getClientRects().length > 0));
    await page.evaluate(() => globalThis.heal());
    await shot(what);
    letterbox.page = null;
  };
  await stop('no-documents', {}, () => '{}');
  await stop('malformed', {}, (block) => block.slice(0, 500));
  await stop('forged', {}, (block) => block.replace('Test Relief', 'Fest Relief'));
  await stop('another-site', {}, null, letterbox.address.replace('127.0.0.1', 'tipline.localhost'));
  await stop('link', {}, null, `${letterbox.address}#SHA256:another`);
  await stop('expired', { days: 120 });
  await stop('year-ahead', { days: 900 });
  await stop('year-behind', { days: -366 });
  await stop('no-random', { random: 'none' });
  await stop('zero-random', { random: 'zero' });

  // The letterbox's answers to what is sent.
  const failures = {};
  letterbox.post = answer(200, '<!doctype html><title>Sign in</title>');
  await open({ storage: true, patience: 4_000 });
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await write(page, story);
  await send(page);
  const failed = async (what) => {
    await visible(page, '#failed');
    await page.waitForFunction(() => document.querySelector('#fail-text').textContent !== '', {});
    failures[what] = await page.$eval('#fail-text', (text) => text.innerText);
    await shot(what);
  };
  await failed('html');
  for (const [what, post] of Object.entries({
    error: answer(500, 'Internal Server Error', 'text/plain'),
    nothing: answer(200, ''),
    silent: () => {},
    gone: (from) => from.socket.destroy(),
    lie: answer(200, '{"ok":true,"say":"kept"}', JSON_TYPE),
    busy: said(500, 'broken'),
    refused: said(400, 'bad-request'),
  })) {
    letterbox.post = post;
    await page.$eval('#fail-again', (button) => { button.hidden = false; });
    await page.$eval('#fail-text', (text) => text.replaceChildren());
    await press(page, '#fail-again');
    await failed(what);
  }
  await press(page, '#fail-back');
  const still = await page.$eval('#story', (field) => field.value);

  // Memory that the browser refuses, and a file that changes under the page's hands.
  await page.evaluate(() => {
    globalThis.noMemory = true;
    document.querySelector('#fail-text').replaceChildren();
  });
  await press(page, '#send-button');
  await failed('memory');
  await page.evaluate(() => { globalThis.noMemory = false; });
  await press(page, '#fail-back');
  await (await page.$('#pick')).uploadFile(file);
  await page.waitForFunction(() => document.querySelectorAll('#file-list input[type=checkbox]').length === 1, {});
  await page.$eval('#file-list input[type=checkbox]', (input) => input.click());
  truncateSync(file, 1_000);
  letterbox.post = null;
  await press(page, '#send-button');
  await until(() => page.evaluate(() => !document.querySelector('#problems').hidden || !document.querySelector('#sent').hidden));
  const changed = await page.$eval('#problems', (box) => box.innerText);
  const mendable = await page.$eval('#file-list', (list) => list.getClientRects().length > 0);
  await shot('changed');
  // Without it, it goes.
  await page.$eval('#file-list li > button', (button) => button.click());
  await press(page, '#send-button');
  await visible(page, '#sent');
  letterbox.end();
  return { stops, failures, still, changed, mendable, problems, barriers: found };
});

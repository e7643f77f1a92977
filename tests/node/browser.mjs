// A browser for the journeys: started with nothing of its own, watched for every request and every complaint.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import puppeteer from 'puppeteer-core';

// What Tor Browser's "Standard" level comes down to for a page like ours, and no traffic of the browser's own.
const FIREFOX = {
  'browser.safebrowsing.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'privacy.resistFingerprinting': true,
  'privacy.resistFingerprinting.letterboxing': false,
  'javascript.options.asmjs': false,
  'browser.privatebrowsing.autostart': true,
  'dom.indexedDB.privateBrowsing.enabled': true,
  'browser.download.folderList': 2,
  'browser.download.alwaysOpenPanel': false,
  'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream',
};
// The level "Safer": nothing of a page is compiled, and there is no WebAssembly.
const NOT_COMPILED = Object.fromEntries(['wasm', 'ion', 'baselinejit', 'native_regexp', 'asmjs'].map((what) => [`javascript.options.${what}`, false]));
// The level "Safest".
const NO_SCRIPTS = { 'javascript.enabled': false };
// What comes nearest to it in Chromium, which then has no WebAssembly either.
const NO_JIT = '--js-flags=--jitless';
// What Tor Browser adds: everything through Tor's proxy, names too, and an onion counts as a secure place (without the
// last one a page from an onion has no `crypto.subtle`).
const throughTor = (socks) => ({
  'network.proxy.type': 1,
  'network.proxy.socks': socks.split(':')[0],
  'network.proxy.socks_port': Number(socks.split(':')[1]),
  'network.proxy.socks_version': 5,
  'network.proxy.socks_remote_dns': true,
  'network.proxy.failover_direct': false,
  'network.dns.blockDotOnion': false,
  'dom.securecontext.allowlist_onions': true,
});
const CHROMIUM = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

// One wait of a journey. A loaded machine of two cores needs minutes for what takes a second otherwise; only a fault comes
// to the end of this.
const PATIENCE = 300_000;

// With TIPLINE_SOCKS=IP:PORT the browser sees the network through Tor only (Firefox). `firefox-esr+safer` is Firefox at
// that level.
export async function start(name, more = {}) {
  const [program, level] = name.split('+');
  const prefs = { ...(level === 'safer' ? NOT_COMPILED : {}), ...more };
  const socks = process.env.TIPLINE_SOCKS;
  const firefox = name.startsWith('firefox');
  const profile = mkdtempSync(join(tmpdir(), 'tipline-browser-'));
  const downloads = join(profile, 'downloads');
  const browser = await puppeteer.launch({
    browser: firefox ? 'firefox' : 'chrome',
    executablePath: `/usr/bin/${program}`,
    headless: true,
    userDataDir: profile,
    timeout: PATIENCE,
    protocolTimeout: 2 * PATIENCE,
    args: firefox ? [] : level === 'safer' ? [...CHROMIUM, NO_JIT] : CHROMIUM,
    extraPrefsFirefox: firefox ? { ...FIREFOX, 'browser.download.dir': downloads, ...prefs, ...(socks ? throughTor(socks) : {}) } : undefined,
  });
  const page = await browser.newPage();
  if (!firefox) await (await page.createCDPSession()).send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(PATIENCE);
  const requests = [];
  const problems = [];
  page.on('request', (request) => { if (!request.url().startsWith('data:')) requests.push(`${request.method()} ${request.url()}`); });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // A cut connection is reported by the browser itself; that is what the journey provokes.
    if (message.type() === 'error' && !/ERR_CONNECTION|Failed to load resource|NetworkError|Cross-Origin Request/.test(message.text())) problems.push(message.text());
  });
  const end = async () => {
    await browser.close();
    // Helpers of the browser may still be writing there.
    rmSync(profile, { recursive: true, force: true, maxRetries: 400, retryDelay: 250 });
  };
  return { browser, page, requests, problems, downloads, end };
}

// Runs a journey in the browser that the arguments name: browser, address, folder for screenshots, then the journey's own.
// What the journey answers is printed as one line of JSON. When it gets stuck, everything that tells why goes to stderr.
export const run = (journey) => travel(journey, {}, (page) => visible(page, '#tell'));

// The same in a Firefox whose pages run no scripts; the driver's own still do, as long as nothing in
// them waits: neither timers nor promises go on.
export const runWithoutScripts = (journey) => travel(journey, NO_SCRIPTS, (page) => until(() => page.$eval('.noscript', shows)));

async function travel(journey, prefs, ready) {
  const [name, address, folder, ...rest] = process.argv.slice(2);
  const { browser, page, requests, problems, downloads, end } = await start(name, prefs);
  // The test is gone: so is the browser.
  input.once('close', () => { if (!quiet) browser.process()?.kill('SIGKILL'); });
  try {
    await page.setViewport({ width: 360, height: 740 });
    await page.goto(address);
    await ready(page);
    console.log(JSON.stringify(await journey({ name, address, page, requests, problems, downloads, folder, rest })));
  } catch (error) {
    process.exitCode = 1;
    console.error(`stuck in ${name}: ${error.stack}`);
    console.error(JSON.stringify({ requests, problems, at: page.url() }, null, 1));
    const text = page.evaluate(() => document.body.innerText.slice(0, 2_000));
    console.error(await text.catch((gone) => `the page cannot be asked: ${gone.message}`));
    await screens(page, folder, `${name}-0-stuck`).catch(() => {});
  } finally {
    quiet = true;
    await end();
    process.stdin.destroy();
  }
}

// The test does something here; it says when to go on.
const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
let quiet = false;
export async function point(name) {
  console.log(name);
  if ((await lines.next()).done) throw new Error('the test ended');
}

export async function screens(page, folder, name) {
  for (const [width, height] of [[360, 740], [1280, 900]]) {
    await page.setViewport({ width, height });
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewport({ width: 360, height: 740 });
}

// Asks again and again from outside: a page without scripts has no timers that could tell.
export async function until(holds) {
  for (const end = Date.now() + PATIENCE; !await holds();) {
    if (Date.now() > end) throw new Error(`waited in vain: ${holds}`);
    await new Promise((soon) => { setTimeout(soon, 200); });
  }
}

const shows = (element) => element.getClientRects().length > 0;

export const tick = (page, name, value) => page.$eval(`input[name="${name}"][value="${value}"]`, (input) => input.click());
export const visible = (page, selector) => page.waitForSelector(selector, { visible: true });

// Presses a button as a finger does, once it stands still: on a busy machine the page may still be moving under it.
export async function press(page, selector) {
  await visible(page, selector);
  await page.waitForFunction((wanted) => !document.querySelector(wanted)?.disabled, {}, selector);
  await page.$eval(selector, async (button) => {
    button.scrollIntoView({ block: 'center', behavior: 'instant' });
    const frame = () => new Promise((next) => { requestAnimationFrame(next); });
    const place = () => JSON.stringify(button.getBoundingClientRect());
    for (let still = 0, last = ''; still < 3; still = place() === last ? still + 1 : 0) {
      last = place();
      await frame();
    }
  });
  await page.click(selector);
}

// Sends what the form holds, and wants no answer.
export async function send(page) {
  await press(page, '#send-button');
  await press(page, '#receipt-none');
}

// Typed letter by letter would be slow; the page sees the same event.
export const write = (page, text) => page.$eval('#story', (field, words) => {
  field.value = words;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}, text);

// Everything in which a page could keep something on the device.
export const stored = (page) => page.evaluate(async () => {
  const found = [];
  for (const [name, look] of Object.entries({
    localStorage: () => localStorage.length,
    sessionStorage: () => sessionStorage.length,
    cookies: () => document.cookie.length,
    databases: async () => (await indexedDB.databases?.() ?? []).length,
    caches: async () => (typeof caches === 'undefined' ? 0 : (await caches.keys()).length),
    workers: async () => (await navigator.serviceWorker?.getRegistrations?.() ?? []).length,
  })) {
    try {
      if ((await look()) > 0) found.push(name);
    } catch { /* refused by the browser: then nothing is there */ }
  }
  return found;
});

// What the letterbox answered a form with: `[language, direction, title]` for each language, and how many ways lead back.
export const answered = (page) => page.evaluate(() => {
  const blocks = Array.from(document.querySelectorAll('main > [lang]'));
  return {
    titles: blocks.map((block) => [block.lang, getComputedStyle(block).direction, block.querySelector('h1').textContent]),
    back: blocks.filter((block) => block.querySelector('a').getAttribute('href') === '/').length,
    drafts: blocks.filter((block) => block.querySelectorAll('p').length === 3).length,
    names: document.querySelectorAll('nav a').length,
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  };
});

// What axe-core finds wrong for keyboards, screen readers and weak eyes (WCAG 2.2 AA), as `rule: element`.
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export async function barriers(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations, passes } = await globalThis.axe.run(document, { runOnly: tags });
    if (passes.length < 10) throw new Error(`only ${passes.length} rules were tried`);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
  });
}

// A letterbox of the journey's own before the real one: what `board(request, response)` does is done when the board is asked
// for, `post` when something is sent; `page` changes the page's text. All else goes through.
export async function front(address) {
  const { hostname, port } = new URL(address);
  const shown = { board: null, post: null, page: null };
  const server = createServer((from, to) => {
    if (shown.board && from.url === '/board') return shown.board(from, to);
    if (shown.post && from.method === 'POST') return from.resume().on('end', () => shown.post(from, to));
    const { method, url } = from;
    const changed = shown.page && url === '/';
    const headers = { ...from.headers, host: `${hostname}:${port}`, ...(changed ? { 'accept-encoding': 'identity' } : {}) };
    const asked = ask({ hostname, port, method, path: url, headers }, async (answer) => {
      const { 'content-length': _, ...rest } = answer.headers;
      if (!changed) {
        to.writeHead(answer.statusCode, answer.headers);
        return answer.pipe(to);
      }
      to.writeHead(answer.statusCode, rest);
      return to.end(shown.page(await text(answer)));
    });
    asked.on('error', () => to.destroy());
    return from.pipe(asked);
  });
  // What is never answered keeps nobody waiting once the journey is over.
  server.on('connection', (socket) => socket.unref());
  server.unref();
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  shown.address = `http://127.0.0.1:${server.address().port}/`;
  shown.end = () => { server.closeAllConnections(); server.close(); };
  return shown;
}

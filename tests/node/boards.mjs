// What people are told before they write, for every board that can come; and what none of them can talk the page into.
// Arguments: browser, address, folder for screenshots, story, then files with boards: neglected, old, ahead, another.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { barriers, front, press, run, screens, tick, until, visible, write } from './browser.mjs';

const NONE = '{"ok":false,"say":"not-found"}'.padEnd(256);
const send = (body, status = 200, type = 'application/octet-stream') => (_, to) => {
  to.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  to.end(body);
};

await run(async ({ name, address, page, problems, downloads, folder, rest: [story, ...files] }) => {
  const [neglected, old, ahead, another] = files.map((file) => readFileSync(file));
  const forged = Buffer.from(old);
  forged[20_000] ^= 1;
  const letterbox = await front(address);
  const found = [];
  const seen = {};
  // A page that calls a board slow after a third of a second where the journey is in a hurry, and never on a busy machine.
  await page.evaluateOnNewDocument(() => {
    const now = globalThis.setTimeout;
    globalThis.setTimeout = (work, ms, ...more) => now(work, ms === 30_000 ? (globalThis.name === 'hurry' ? 300 : 3_000_000) : ms, ...more);
  });
  const look = async (what) => {
    await page.waitForFunction(() => !/^Looking|^Checking/.test(document.querySelector('#line').innerText)
      && !document.querySelector('#line').innerText.includes('Looking how far'), {});
    seen[what] = await page.evaluate(() => ({
      says: document.querySelector('#line').innerText,
      emergency: document.querySelector('#emergency').innerText,
      buttons: ['tell', 'tell-anyway', 'board-again', 'finished'].filter((id) => document.getElementById(id).getClientRects().length > 0),
    }));
    await screens(page, folder, `${name}-board-${what}`);
    found.push(...(await barriers(page)).map((barrier) => `${what}: ${barrier}`));
  };
  const boards = {
    read: null,
    none: send(NONE, 404, 'application/json'),
    neglected: send(neglected),
    old: send(old),
    ahead: send(ahead),
    forged: send(forged),
    another: send(another),
    html: send('<!doctype html><title>Sign in to this network</title>', 200, 'text/html'),
    missing: send('<!doctype html><title>Not found</title>', 404, 'text/html'),
    gone: (from) => from.socket.destroy(),
    cut: (_, to) => {
      to.writeHead(200, { 'Content-Length': neglected.length });
      to.write(neglected.subarray(0, 50_000), () => to.destroy());
    },
    endless: (_, to) => {
      to.writeHead(200);
      const more = () => { if (!to.destroyed) to.write(Buffer.alloc(1_000_000), () => setTimeout(more, 1)); };
      more();
    },
  };
  for (const [what, board] of Object.entries(boards)) {
    letterbox.board = board;
    await page.goto(letterbox.address);
    await look(what);
  }

  // Slow: people go on without it; what comes at last is forged, and nothing is locked.
  let late = null;
  letterbox.board = (_, to) => { late = to; };
  await page.evaluate(() => { globalThis.name = 'hurry'; });
  await page.goto(letterbox.address);
  await look('slow');
  await page.evaluate(() => { globalThis.name = ''; });
  await press(page, '#tell-anyway');
  await tick(page, 'incident', 'following');
  send(forged)(null, late);
  await page.waitForFunction(() => document.querySelector('#line').classList.contains('stop'), {});
  await press(page, '#send-button');
  await visible(page, '#problems');
  const refused = await page.$eval('#problems', (box) => box.innerText);
  await screens(page, folder, `${name}-board-late`);
  // Slow as well, but what comes at last is worse than what they had read: it is shown before anything is sent.
  letterbox.board = (_, to) => { late = to; };
  await page.evaluate(() => { globalThis.name = 'hurry'; });
  await page.goto(letterbox.address);
  await visible(page, '#tell-anyway');
  await page.evaluate(() => { globalThis.name = ''; });
  await press(page, '#tell-anyway');
  await tick(page, 'incident', 'following');
  await write(page, story);
  send(neglected)(null, late);
  await page.waitForFunction(() => document.querySelector('#line').textContent.includes('Nobody has opened'), {});
  const worse = { posts: 0 };
  letterbox.post = (from, to) => {
    worse.posts += 1;
    send('no letterbox', 200, 'text/html')(from, to);
  };
  const before = async (what) => {
    await press(page, '#send-button');
    await visible(page, '#worse');
    worse[what] = await page.evaluate(() => [document.querySelector('#worse').innerText, document.activeElement === document.querySelector('#worse h1')]);
  };
  await before('first');
  await screens(page, folder, `${name}-board-worse`);
  found.push(...(await barriers(page)).map((barrier) => `worse: ${barrier}`));
  await press(page, '#worse-back');
  await visible(page, '#form');
  worse.still = await page.$eval('#story', (field) => field.value);
  await before('again');
  // Locked into a file, nothing has gone, and the form is as it was.
  await press(page, '#worse-file');
  await press(page, '#receipt-none');
  await visible(page, '#saved');
  worse.saved = await page.$eval('#saved', (screen) => screen.innerText);
  await press(page, '#saved-link');
  const file = join(downloads, 'tip.age');
  await until(() => existsSync(file) && !existsSync(`${file}.part`) && statSync(file).size > 0);
  worse.sealed = statSync(file).size;
  await press(page, '#saved-back');
  worse.kept = await page.$eval('#story', (field) => field.value);
  // They have read it: it is not said a second time.
  await press(page, '#send-button');
  await visible(page, '#failed');
  worse.after = worse.posts;
  letterbox.post = null;

  // Asked once more, it comes as it should; whoever pressed the button by keyboard is at the heading of what it says.
  letterbox.board = (from) => from.socket.destroy();
  await page.goto(letterbox.address);
  await visible(page, '#board-again');
  letterbox.board = null;
  await page.focus('#board-again');
  await page.keyboard.press('Enter');
  await visible(page, '#tell');
  const focus = [await page.evaluate(() => document.activeElement === document.querySelector('#line h2'))];
  await press(page, '#tell');
  await press(page, '#language');
  focus.push(await page.evaluate(() => document.activeElement === document.querySelector('#first .in-en h1')));
  // "Now" is answered with the emergency text again.
  await press(page, '#tell');
  await page.$eval('#more', (more) => { more.open = true; });
  await page.$eval('[name=urgency][value=now]', (input) => { input.closest('details').open = true; input.click(); });
  const urgency = await page.$eval('[name=urgency][value=now]', (input) => input.closest('fieldset').innerText);
  await screens(page, folder, `${name}-board-now`);
  // In a language that the organisation has no words in, theirs stay theirs.
  await press(page, '#language');
  await page.click('label:has(#language-ug)');
  await until(() => page.evaluate(() => document.documentElement.lang === 'ug'));
  await page.$eval('#about', (about) => { about.open = true; });
  const uyghur = await page.evaluate(() => ({
    emergency: [document.querySelector('#emergency .own').lang, document.querySelector('#emergency').innerText],
    line: document.querySelector('#line').innerText,
    about: document.querySelector('#about').innerText,
  }));
  await screens(page, folder, `${name}-board-uyghur`);
  found.push(...(await barriers(page)).map((barrier) => `uyghur: ${barrier}`));
  letterbox.end();
  return { seen, refused, worse, focus, urgency, uyghur, problems, barriers: found };
});

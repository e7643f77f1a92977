// How the page looks: every state of the way through it, in every language, on the narrowest phone and on a desk. Nothing is
// wider than the window or cut off, nothing is too small for a finger, and axe-core finds no barrier.
// Arguments: browser (Chromium), address, folder for screenshots, story, a photograph, a file
// that cannot be cleaned, boards: neglected, old, forged.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { barriers, front, press, run, send, tick, visible, write } from './browser.mjs';

const FEW = ['en', 'ug'];
const NARROW = { width: 320, height: 640 };
const SHOTS = [{ width: 360, height: 740 }, { width: 1280, height: 900 }];
// Everything that the local checks have a note for.
const TELLING = 'me@example.org, https://example.org/me, 2026-10-03, AB1234567, 090 1234 5678';

// What is wrong with the layout of what is shown now.
const flaws = () => {
  const found = [];
  const name = (element) => `${element.tagName.toLowerCase()}${element.id && `#${element.id}`}${element.className && `.${element.className}`} ${element.textContent.trim().slice(0, 30)}`;
  const unseen = (element) => element.closest('.unseen, .pick') || element.getClientRects().length === 0;
  const window = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > window) found.push('wider than the window');
  for (const element of document.body.querySelectorAll('*')) {
    if (unseen(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.left < -1 || box.right > window + 1) found.push(`stands out: ${name(element)}`);
    if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${name(element)}`);
    // How long it takes yet is not known at once.
    if (element.matches('[data-t]:not(#send-left), [data-said]:not(#send-left)') && !element.matches('input') && element.textContent === '') found.push(`says nothing: ${name(element)}`);
  }
  for (const element of document.querySelectorAll('button, a, select, summary, textarea, input, label.button')) {
    const target = element.matches('[type=radio], [type=checkbox]') && element.closest('label') || element;
    if (unseen(target)) continue;
    const { width, height } = target.getBoundingClientRect();
    if (Math.min(width, height) < 43.5) found.push(`too small (${Math.round(width)} × ${Math.round(height)}): ${name(target)}`);
  }
  return found;
};

await run(async ({ name, address, page, problems, folder, rest: [, photo, evidence, ...boards] }) => {
  const [neglected, old, forged] = boards.map((file) => readFileSync(file));
  forged[20_000] ^= 1;
  const found = [];
  const took = {};
  const languages = await page.$$eval('input[name=language]', (radios) => radios.map(({ value }) => value));
  const choose = (tag) => page.$eval(`#language-${tag}`, (radio) => radio.click());
  const inEach = async (size, work) => {
    await page.setViewport(size);
    for (const tag of languages) {
      await choose(tag);
      await work(tag);
    }
  };
  // `judged`: where axe-core looks as well; what shares its parts with another state is not judged in each language again.
  const look = async (state, judged = languages) => {
    const began = Date.now();
    await page.evaluate(() => scrollTo(0, 0));
    const note = (tag, what) => found.push(...what.map((one) => `${state} ${tag}: ${one}`));
    await inEach(NARROW, async (tag) => {
      note(tag, await page.evaluate(flaws));
      if (judged.includes(tag)) note(tag, await barriers(page));
    });
    for (const size of SHOTS) {
      await inEach(size, async (tag) => {
        if (size.width !== 360) note(`${tag} ${size.width}`, await page.evaluate(flaws));
        if (size.width === 360 || FEW.includes(tag)) await page.screenshot({ path: join(folder, `${name}-looks-${state}-${tag}-${size.width}.png`), fullPage: true });
      });
    }
    await choose('en');
    await page.setViewport(SHOTS[0]);
    // Tor Browser says "light" to every page; others ask the system.
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    note('dark', await barriers(page));
    await page.screenshot({ path: join(folder, `${name}-looks-${state}-dark-360.png`), fullPage: true });
    await page.emulateMediaFeatures([]);
    took[state] = Date.now() - began;
  };
  const letterbox = await front(address);
  await page.evaluateOnNewDocument(() => {
    globalThis.moved = 0;
    new PerformanceObserver((list) => { for (const { value } of list.getEntries()) globalThis.moved += value; }).observe({ type: 'layout-shift', buffered: true });
  });
  const answer = (body) => (_, to) => { to.writeHead(200, { 'Content-Length': body.length }); to.end(body); };
  const open = async (board, ready = '#tell') => {
    letterbox.board = board;
    await page.goto(letterbox.address);
    await visible(page, ready);
  };

  // Before anybody writes.
  await open(() => {}, '#line');
  await page.waitForFunction(() => document.querySelector('#about').hidden === false, {});
  await look('asking');
  await open(answer(neglected), '#tell-anyway');
  await look('neglected');
  await open((from) => from.socket.destroy(), '#board-again');
  await look('unknown', FEW);
  await open(answer(forged), '#line.stop');
  await look('stop');
  await open(answer(old));
  await look('old');
  await open(null);
  await look('first');
  // Nothing that somebody reads already moves while the page learns how far it is read.
  const moved = [];
  for (const size of SHOTS) {
    await page.setViewport(size);
    await open(null);
    await new Promise((soon) => { setTimeout(soon, 500); });
    moved.push(await page.evaluate(() => globalThis.moved));
  }
  await page.setViewport(SHOTS[0]);
  await page.$$eval('#first details', (all) => all.forEach((details) => { details.open = true; }));
  await press(page, '#finished-send');
  await look('first-open');
  await page.evaluate(() => { document.getElementById('runs').indeterminate = false; });
  await look('noscripts');
  await open(null);

  // The form.
  await press(page, '#tell');
  await look('form');
  await press(page, '#send-button');
  await visible(page, '#problems');
  await page.$$eval('#form fieldset > button', (all) => all.forEach((button) => button.click()));
  // The lists that hold more than boxes to tick; the others look like the first.
  await page.evaluate(() => {
    for (const within of ['#more', '[name=urgency]', '[name=role]', '.relative', '[name=handle]']) document.querySelector(within).closest('details').open = true;
  });
  for (const [list, code] of [['when_precision', 'day'], ['consent-way', 'choose'], ['consent', 'only_after'], ['consent', 'ask_first'], ['urgency', 'now']]) await tick(page, list, code);
  await page.$$eval('[name=role]', (all) => all.slice(0, 3).forEach((input) => input.click()));
  await page.select('[name=country]', 'JP');
  await page.select('[name=region]', 'kanto');
  await write(page, TELLING);
  await (await page.$('#pick')).uploadFile(photo, evidence);
  await page.waitForFunction(() => document.querySelectorAll('#file-list details').length + document.querySelectorAll('#file-list input[type=checkbox]').length === 2, {});
  await page.$eval('#file-list details', (details) => { details.open = true; });
  await page.$eval('#send-button', (button) => button.click());
  await visible(page, '#problems');
  await look('form-open');

  // The receipt, sending, and what comes after.
  letterbox.post = () => {};
  await open(null);
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await press(page, '#send-button');
  await visible(page, '#receipt-want');
  await look('receipt');
  await press(page, '#receipt-want');
  await visible(page, '.numbers');
  await page.$eval('#receipt details', (details) => { details.open = true; });
  await look('numbers');
  const numbers = await page.$$eval('.numbers td', (all) => all.map(({ textContent }) => textContent));
  await press(page, '#receipt-written');
  await visible(page, '.keypad');
  await page.evaluate(() => { for (let at = 0; at < 4; at += 1) document.querySelector('.keypad button:nth-child(9)').click(); });
  await look('keypad');
  const place = await page.$eval('#receipt h1 bdi', ({ textContent }) => Number(textContent));
  for (const digit of numbers[place - 1]) await page.$eval(`.keypad button:nth-child(${digit === '0' ? 10 : digit})`, (button) => button.click());
  await visible(page, '#sending');
  await look('sending');
  await press(page, '#send-stop');
  await visible(page, '#failed');
  await look('failed');
  letterbox.post = (_, to) => {
    const body = '{"ok":false,"say":"bad-request"}'.padEnd(256);
    to.writeHead(400, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    to.end(body);
  };
  await press(page, '#fail-again');
  await visible(page, '#fail-reload');
  await look('refused', FEW);
  letterbox.post = null;
  await page.$eval('#fail-again', (button) => { button.hidden = false; });
  await press(page, '#fail-again');
  await visible(page, '#sent');
  await look('sent');
  await press(page, '#sent-more');
  await look('add', FEW);

  // Somebody goes to lunch.
  await page.evaluate(() => {
    const { now } = Date;
    const later = now() + 10.2 * 60_000;
    Date.now = () => later;
  });
  await page.waitForFunction(() => document.querySelector('#idle').open, {});
  await look('idle', FEW);

  // A copy that was saved.
  const copy = join(folder, `${name}-looks-copy.html`);
  writeFileSync(copy, Buffer.from(await (await fetch(address)).arrayBuffer()));
  await page.goto(pathToFileURL(copy).href);
  await visible(page, '#tell');
  await look('copy');
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await send(page);
  await visible(page, '#saved');
  await look('locked');
  letterbox.end();
  return { took, moved, found, problems };
});

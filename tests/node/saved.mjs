// A copy of the page that was saved on a device locks two messages into files, without any network; the page at its address
// then sends them. What is no locked file is never sent.
// Arguments: browser, address, folder for screenshots, story, evidence over 1 MiB.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { barriers, press, run, screens, send, stored, tick, until, visible, write } from './browser.mjs';

await run(async ({ name, address, page, requests, problems, downloads, folder, rest: [story, evidence] }) => {
  const found = [];
  const shot = async (what) => {
    await screens(page, folder, `${name}-saved-${what}`);
    found.push(...(await barriers(page)).map((barrier) => `${what}: ${barrier}`));
  };
  const copy = `${downloads}.html`;
  writeFileSync(copy, Buffer.from(await (await fetch(address)).arrayBuffer()));
  const before = requests.length;
  await page.goto(pathToFileURL(copy).href);
  await visible(page, '#tell');
  const first = await page.$eval('#line', (box) => box.innerText);
  await shot('line');

  // Waits for the download's end, and gives the file another name: the next one is called the same.
  const save = async (as) => {
    await press(page, '#saved-link');
    const file = join(downloads, 'tip.age');
    let size = -1;
    await until(() => {
      if (!existsSync(file) || existsSync(`${file}.part`)) return false;
      const last = size;
      ({ size } = statSync(file));
      return size > 0 && size === last;
    });
    renameSync(file, join(downloads, as));
    return join(downloads, as);
  };
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await send(page);
  await visible(page, '#saved');
  const saved = await page.$eval('#saved', (screen) => screen.innerText);
  await shot('locked');
  const small = await save('small.age');
  await press(page, '#saved-back');
  await write(page, story);
  await (await page.$('#pick')).uploadFile(evidence);
  await page.waitForFunction(() => document.querySelectorAll('#file-list input[type=checkbox]').length === 1, {});
  await page.$eval('#file-list input[type=checkbox]', (input) => input.click());
  await press(page, '#send-button');
  await visible(page, '#saved');
  const savedLarge = await page.$eval('#saved-text', (text) => text.innerText);
  const large = await save('large.age');
  const offline = requests.slice(before).filter((request) => !request.startsWith('GET file:') && !request.includes(' blob:'));
  const kept = await stored(page);

  await page.goto(address);
  await visible(page, '#tell');
  const from = requests.length;
  await page.$eval('#finished', (part) => { part.open = true; });
  const complaint = async () => {
    await press(page, '#finished-send');
    await page.waitForFunction(() => document.querySelector('#finished-problem').innerText !== '', {});
    return page.$eval('#finished-problem', (box) => box.innerText);
  };
  const complaints = [await complaint()];
  const choose = async (file) => (await page.$('#finished-file')).uploadFile(file);
  await choose(evidence);
  complaints.push(await complaint());
  await page.$eval('[name=finished-week]', (input) => input.click());
  complaints.push(await complaint());
  await shot('finished');
  await page.$eval('[name=finished-week][value="older"]', (input) => input.click());
  complaints.push(await complaint());
  const refused = requests.length - from;

  for (const file of [small, large]) {
    await page.goto(address);
    await visible(page, '#tell');
    await page.$eval('#finished', (part) => { part.open = true; });
    await choose(file);
    await page.$eval('[name=finished-week]', (input) => input.click());
    await press(page, '#finished-send');
    await visible(page, '#sent');
  }
  await shot('sent');
  const more = await page.$eval('#sent-more', (button) => button.getClientRects().length);
  const sizes = [small, large].map((file) => readFileSync(file).length);

  // What a browser saves of the page as it stands: of a form half filled, and of a receipt's numbers.
  const asItStands = async (as) => {
    const file = join(dirname(downloads), `${as}.html`);
    writeFileSync(file, await page.content());
    return pathToFileURL(file).href;
  };
  await page.goto(address);
  await page.click('label:has(#language-ug)');
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await write(page, story);
  const copies = [await asItStands('form')];
  await press(page, '#send-button');
  await press(page, '#receipt-want');
  await visible(page, '.numbers');
  copies.push(await asItStands('numbers'));
  const look = () => page.evaluate(() => ({
    screens: Array.from(document.querySelectorAll('main')).filter((screen) => screen.getClientRects().length > 0).map(({ id }) => id),
    line: document.querySelector('#line').innerText,
    story: document.querySelector('#story').value,
    ticked: document.querySelectorAll('#form input:checked').length,
    numbers: document.querySelector('#receipt').childNodes.length,
    noScripts: Array.from(document.querySelectorAll('.noscript.stop')).filter((box) => box.getClientRects().length > 0).length,
    scripted: Array.from(document.querySelectorAll('.scripted')).filter((part) => part.getClientRects().length > 0).length,
  }));
  const again = [];
  for (const copy of copies) {
    await page.goto(copy);
    await visible(page, '#tell');
    again.push(await look());
    await press(page, '#tell');
    await tick(page, 'incident', 'following');
    await send(page);
    await visible(page, '#saved');
  }
  // Where no scripts run, such a copy says so, and shows no form that does nothing.
  let silent = null;
  if (name === 'chromium') {
    await page.setJavaScriptEnabled(false);
    await page.goto(copies[0]);
    silent = await look();
    await screens(page, folder, `${name}-saved-silent`);
  }
  return { first, saved, savedLarge, sizes, offline, complaints, refused, more, again, silent, problems, barriers: found, stored: kept };
});

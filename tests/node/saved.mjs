// A copy of the page that was saved on a device locks two messages into files, without any network; the page at its address
// then sends them. What is no locked file is never sent.
// Arguments: browser, address, folder for screenshots, story, evidence over 1 MiB.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  return { first, saved, savedLarge, sizes, offline, complaints, refused, more, problems, barriers: found, stored: kept };
});

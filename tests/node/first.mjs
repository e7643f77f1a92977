// Ticks first: four taps, and a tip is at the letterbox. Then more to the same message; at last the tab dies while a picture
// is being chosen, as phones do it, and what was sent is there.
// Arguments: browser, address, folder for screenshots, story, photograph.
import { barriers, press, run, screens, send, stored, tick, visible, write } from './browser.mjs';

await run(async ({ name, page, requests, problems, folder, rest: [story, photo] }) => {
  const found = [];
  const shot = async (what) => {
    await screens(page, folder, `${name}-first-${what}`);
    found.push(...(await barriers(page)).map((barrier) => `${what}: ${barrier}`));
  };
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await tick(page, 'when_precision', 'ongoing');
  await tick(page, 'consent-way', 'count');
  await shot('form');
  await send(page);
  await visible(page, '#sent');
  const sent = await page.$eval('#sent', (screen) => screen.innerText);
  await shot('sent');

  await press(page, '#sent-more');
  await visible(page, '#form');
  const again = await page.evaluate(() => ({
    title: document.querySelector('#form h1').textContent,
    already: document.querySelector('#already').innerText,
    ticked: document.querySelectorAll('#form input:checked:not([name=consent-way])').length,
    consent: document.querySelector('[name=consent-way]:checked').value,
    open: document.querySelector('#more').open,
    focus: document.activeElement === document.querySelector('#form h1'),
    hint: document.querySelector('#send-first').getClientRects().length,
  }));
  await write(page, story);
  await (await page.$('#pick')).uploadFile(photo);
  await page.waitForFunction(() => document.querySelectorAll('#file-list fieldset').length === 1, {});
  await shot('again');
  await press(page, '#send-button');
  await visible(page, '#sent');
  await press(page, '#sent-more');
  const third = await page.$eval('#already', (box) => box.innerText);
  await shot('third');
  const kept = await stored(page);
  await tick(page, 'incident', 'online_harassment');
  // The tab is gone in the middle of a choice: nobody presses "send" any more.
  const asked = requests.length;
  await page.close();
  return { sent, again, third, asked, requests, problems, barriers: found, stored: kept };
});

// A person writes a tip with a story, a photograph and a piece of evidence, and sends it; the network is cut in the middle.
// Arguments: browser, address, folder for screenshots, story, photograph, evidence.
import { barriers, point, press, run, screens, send, stored, tick, visible, write } from './browser.mjs';

await run(async ({ name, page, requests, problems, folder, rest: [story, ...files] }) => {
  const found = [];
  const shot = async (what) => {
    await screens(page, folder, `${name}-${what}`);
    found.push(...(await barriers(page)).map((barrier) => `${what}: ${barrier}`));
  };
  const incidents = ['threat_direct', 'relative_visit'];
  await shot('1-first');
  await press(page, '#tell');
  for (const code of incidents) await tick(page, 'incident', code);
  await tick(page, 'when_precision', 'month');
  await page.select('[name=when-year]', '2026');
  await page.select('[name=when-month]', '10');
  await page.select('[name=country]', 'JP');
  await page.select('[name=region]', 'kanto');
  await tick(page, 'consent-way', 'count');
  await write(page, story);
  // Both in one choice: a driver's second choice on the same field goes unnoticed by Firefox.
  await (await page.$('#pick')).uploadFile(...files);
  await page.waitForFunction(() => document.querySelectorAll('#file-list fieldset').length === 1, {});
  await page.waitForFunction(() => document.querySelectorAll('#file-list input[type=checkbox]').length === 1, {});
  await page.$eval('#file-list input[type=checkbox]', (input) => input.click());
  await shot('2-form');
  await point('about to send');
  await send(page);
  await visible(page, '#failed');
  await shot('3-failed');
  await point('sending failed');
  await press(page, '#fail-again');
  await visible(page, '#sent');
  await shot('4-sent');
  return { incidents, requests, problems, barriers: found, stored: await stored(page) };
});

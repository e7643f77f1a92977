// A person writes a tip with files at an onion and sends it. Arguments: browser, address, folder, story, files.
import { press, run, send, stored, tick, visible, write } from './browser.mjs';

await run(async ({ page, requests, problems, rest: [story, ...files] }) => {
  const secure = await page.evaluate(() => isSecureContext && typeof crypto.subtle === 'object');
  await press(page, '#tell');
  await tick(page, 'incident', 'threat_direct');
  await write(page, story);
  await (await page.$('#pick')).uploadFile(...files);
  const listed = '#file-list fieldset, #file-list input[type=checkbox]';
  await page.waitForFunction((selector, many) => document.querySelectorAll(selector).length === many, {}, listed, files.length);
  for (const box of await page.$$('#file-list input[type=checkbox]')) await box.evaluate((input) => input.click());
  await send(page);
  await visible(page, '#sent');
  return { requests, problems, secure, stored: await stored(page) };
});

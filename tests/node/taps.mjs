// A tip by tapping only, in the order of the screen; then Leave. Counts every key that the page was given.
// Arguments: browser, address, folder for screenshots.
import { press, run, screens, send, tick, visible } from './browser.mjs';

await run(async ({ name, page, folder }) => {
  const incidents = ['following'];
  await page.evaluate(() => {
    globalThis.keys = 0;
    for (const kind of ['keydown', 'keypress', 'beforeinput']) addEventListener(kind, () => { globalThis.keys += 1; }, true);
  });
  await press(page, '#tell');
  // Sending nothing is refused with a sentence, and nothing is lost.
  await press(page, '#send-button');
  await visible(page, '#problems');
  await screens(page, folder, `${name}-5-empty`);
  for (const code of incidents) await tick(page, 'incident', code);
  await tick(page, 'when_precision', 'ongoing');
  await send(page);
  await visible(page, '#sent');
  const keys = await page.evaluate(() => globalThis.keys);
  await press(page, '#leave');
  await page.waitForFunction(() => location.href.startsWith('about:blank'), {});
  return { incidents, keys, left: page.url() };
});

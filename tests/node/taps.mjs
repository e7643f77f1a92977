// A tip by tapping only, in the order of the screen; then Leave. Counts every key that the page was given.
// Arguments: browser, address, folder for screenshots.
import { quiet, screens, start, tick, visible } from './browser.mjs';

const [name, address, folder] = process.argv.slice(2);
const { page, end } = await start(name);
const incidents = ['following'];

try {
  await page.setViewport({ width: 360, height: 740 });
  await page.goto(address);
  await visible(page, '#tell');
  await page.evaluate(() => {
    globalThis.keys = 0;
    for (const kind of ['keydown', 'keypress', 'beforeinput']) addEventListener(kind, () => { globalThis.keys += 1; }, true);
  });
  await page.click('#tell');
  // Sending nothing is refused with a sentence, and nothing is lost.
  await page.click('#send-button');
  await visible(page, '#problems');
  await screens(page, folder, `${name}-5-empty`);
  for (const code of incidents) await tick(page, 'incident', code);
  await tick(page, 'when_precision', 'ongoing');
  await page.click('#send-button');
  await visible(page, '#sent');
  const keys = await page.evaluate(() => globalThis.keys);
  await page.click('#leave');
  await page.waitForFunction(() => location.href.startsWith('about:blank'), {});
  console.log(JSON.stringify({ incidents, keys, left: page.url() }));
} catch (error) {
  await screens(page, folder, `${name}-0-stuck`);
  throw error;
} finally {
  await end();
  quiet();
}

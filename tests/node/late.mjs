// A page that stayed open past its week: the letterbox refuses the old week's keys, the page takes the next ones.
// The refusal is the letterbox's own answer, put in by the driver; the clock of the page is set a week on.
// Arguments: browser, address, folder for screenshots.
import { quiet, screens, start, tick, visible } from './browser.mjs';

const [name, address, folder] = process.argv.slice(2);
const { page, requests, end } = await start(name);

try {
  await page.setViewport({ width: 360, height: 740 });
  await page.goto(address);
  await visible(page, '#tell');
  await page.click('#tell');
  await tick(page, 'incident', 'following');
  await page.$eval('#story', (field) => { field.value = 'written before the week was over'; field.dispatchEvent(new Event('input', { bubbles: true })); });
  let refused = false;
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    if (refused || request.method() !== 'POST') return request.continue();
    refused = true;
    const body = '{"ok":false,"say":"epoch-closed"}'.padEnd(256);
    return request.respond({ status: 409, contentType: 'application/json', body });
  });
  await page.evaluate(() => { const { now } = Date; Date.now = () => now() + 7 * 86_400_000; });
  await page.click('#send-button');
  await visible(page, '#failed');
  await screens(page, folder, `${name}-6-next-week`);
  await page.click('#fail-again');
  await visible(page, '#sent');
  console.log(JSON.stringify({ requests }));
} finally {
  await end();
  quiet();
}

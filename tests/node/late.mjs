// A page that stayed open past its week: the letterbox refuses the old week's keys, the page takes the next ones.
// The refusal is the letterbox's own answer, put in by the driver; the clock of the page is set a week on.
// Arguments: browser, address, folder for screenshots.
import { press, run, screens, tick, visible, write } from './browser.mjs';

await run(async ({ name, page, requests, problems, folder }) => {
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await write(page, 'written before the week was over');
  let refused = false;
  const pass = (request) => {
    if (refused || request.method() !== 'POST') return request.continue();
    refused = true;
    return request.respond({ status: 409, contentType: 'application/json', body: '{"ok":false,"say":"epoch-closed"}'.padEnd(256) });
  };
  page.on('request', (request) => { pass(request).catch((error) => problems.push(String(error))); });
  await page.setRequestInterception(true);
  await page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 7 * 86_400_000;
    // For the page this was a week without a touch, after which it clears itself within a second: the next week begins
    // with a touch.
    document.dispatchEvent(new Event('input'));
  });
  // In that week no newer board was seen: they are told so before it is sent, and can look again.
  await press(page, '#send-button');
  await visible(page, '#worse');
  const worse = await page.$eval('#worse-line', (box) => box.innerText);
  await screens(page, folder, `${name}-6-worse`);
  await press(page, '#worse-again');
  await page.waitForFunction(() => !document.querySelector('#worse-go').disabled, {});
  await press(page, '#worse-go');
  await press(page, '#receipt-none');
  await visible(page, '#failed');
  await screens(page, folder, `${name}-6-next-week`);
  await press(page, '#fail-again');
  await visible(page, '#sent');
  return { requests, worse, problems };
});

// Somebody goes to lunch: on a clock of the journey's own the page asks, waits, clears itself; never while it sends. Then
// somebody presses Leave in the middle of sending.
// Arguments: browser, address, folder for screenshots, story.
import { barriers, front, press, run, screens, send, stored, tick, visible, write } from './browser.mjs';

await run(async ({ name, address, page, requests, problems, folder, rest: [story] }) => {
  const found = [];
  // What is being sent stays on its way.
  const letterbox = await front(address);
  letterbox.post = () => {};
  const later = (minutes) => page.evaluate((more) => { globalThis.passed += more * 60_000; }, minutes);
  const begin = async () => {
    await page.goto('about:blank');
    await page.goto(letterbox.address);
    await visible(page, '#tell');
    await page.evaluate(() => {
      globalThis.passed = 0;
      const { now } = Date;
      Date.now = () => now() + globalThis.passed;
    });
    await press(page, '#tell');
    await tick(page, 'incident', 'following');
    await write(page, story);
  };
  const gone = async () => {
    await page.waitForFunction(() => location.href.startsWith('about:blank'), {});
    return page.evaluate(() => [document.body?.childNodes.length ?? 0, document.title]);
  };
  const asks = () => page.$eval('#idle', (dialog) => dialog.open);

  await begin();
  await later(9);
  await new Promise((soon) => { setTimeout(soon, 2_500); });
  const early = await asks();
  await later(1.1);
  await page.waitForFunction(() => document.querySelector('#idle').open, {});
  await screens(page, folder, `${name}-lunch-asks`);
  found.push(...await barriers(page));
  const said = await page.$eval('#idle', (dialog) => dialog.innerText);
  await press(page, '#idle-here');
  const still = await page.$eval('#story', (field) => field.value);
  // While it is being sent, hours may pass.
  await send(page);
  await visible(page, '#sending');
  await page.waitForFunction(() => /^(Sending|All of it)/.test(document.querySelector('#send-text').innerText), {});
  await later(300);
  await new Promise((soon) => { setTimeout(soon, 2_500); });
  const sending = [await asks(), await page.$eval('#sending', (screen) => screen.getClientRects().length)];
  // Stopped, it is somebody's turn again; nobody comes back from lunch.
  await press(page, '#send-stop');
  await visible(page, '#failed');
  await later(60);
  const lunch = await gone();

  await begin();
  const before = requests.length;
  await send(page);
  await page.waitForFunction(() => /^(Sending|All of it)/.test(document.querySelector('#send-text').innerText), {});
  await screens(page, folder, `${name}-lunch-sending`);
  await press(page, '#leave');
  const left = await gone();
  await page.goto(letterbox.address);
  await visible(page, '#tell');
  const blank = await page.evaluate(() => [document.querySelector('#story').value, document.querySelectorAll('#form input:checked').length]);
  letterbox.end();
  return { early, said, still, sending, lunch, left, blank, after: requests.slice(before), problems, barriers: found, stored: await stored(page) };
});

// The letterbox is full in the middle of an upload: the page keeps its parts, says so, and tries again by itself.
// The waits that it announces are counted on a clock of the journey's own, which stands still until it is told to go on.
// Arguments: browser, address, folder for screenshots, story, file.
import { barriers, point, press, run, screens, send, tick, visible, write } from './browser.mjs';

await run(async ({ name, page, problems, folder, rest: [story, file] }) => {
  await page.evaluate(() => {
    const now = setTimeout;
    globalThis.waits = [];
    globalThis.setTimeout = (resume, ms, ...more) => {
      const said = document.querySelector('#send-text').textContent;
      if (!said.includes(` in ${ms / 1_000} seconds`)) return now(resume, ms, ...more);
      return globalThis.waits.push({ ms, said, resume });
    };
    // Lets those waits end that began with these words.
    globalThis.goOn = (words) => globalThis.waits.filter((wait) => wait.said.includes(words)).forEach((wait) => {
      wait.resume?.();
      wait.resume = null;
    });
  });
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await write(page, story);
  await (await page.$('#pick')).uploadFile(file);
  await page.waitForFunction(() => document.querySelectorAll('#file-list input[type=checkbox]').length === 1, {});
  await page.$eval('#file-list input[type=checkbox]', (input) => input.click());
  await send(page);
  // The line breaks; when it is there again, the letterbox is full.
  await point('sending');
  const full = 'The letterbox is full at the moment.';
  await page.waitForFunction((words) => {
    globalThis.goOn('connection');
    return document.querySelector('#send-text').textContent.includes(words);
  }, {}, full);
  await visible(page, '#sending');
  await screens(page, folder, `${name}-8-full`);
  const found = await barriers(page);
  // A second time: not every try is the last.
  await page.waitForFunction((words) => {
    const count = globalThis.waits.filter((wait) => wait.said.includes(words)).length;
    if (count === 1) globalThis.goOn(words);
    return count === 2;
  }, {}, full);
  await point('full');
  await page.waitForFunction(() => {
    globalThis.goOn('');
    return !document.querySelector('#sent').hidden;
  }, {});
  const waits = await page.evaluate((words) => globalThis.waits.map(({ ms, said }) => ({ ms, said })).filter(({ said }) => said.includes(words)), full);
  return { problems, barriers: found, waits };
});

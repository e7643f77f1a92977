// A person sends a large file; the line breaks in the middle. The page goes on by itself, or is stopped and told to go on.
// Arguments: browser, address, folder for screenshots, story, file, and `stop` where the person stops it.
import { barriers, point, press, run, screens, send, stored, tick, visible, write } from './browser.mjs';

await run(async ({ name, page, problems, folder, rest: [story, file, way] }) => {
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await write(page, story);
  await (await page.$('#pick')).uploadFile(file);
  await page.waitForFunction(() => document.querySelectorAll('#file-list input[type=checkbox]').length === 1, {});
  await page.$eval('#file-list input[type=checkbox]', (input) => input.click());
  await send(page);
  const found = [];
  if (way === 'stop') {
    await point('sending');
    // In one turn: a slow driver may come when the page has given up by itself.
    await page.$eval('#sending', (screen) => { if (!screen.hidden) screen.querySelector('#send-stop').click(); });
    await visible(page, '#failed');
    await screens(page, folder, `${name}-7-stopped`);
    found.push(...await barriers(page));
    await point('stopped');
    await press(page, '#fail-again');
  }
  await visible(page, '#sent');
  return { problems, barriers: found, stored: await stored(page) };
});

// A reader of another language sends a film over a line that breaks again and again; touches nothing but the buttons, and waits.
// Arguments: browser, address, folder for screenshots, story, film, the language.
import { barriers, press, run, screens, send, stored, tick, visible, write } from './browser.mjs';

await run(async ({ name, page, problems, folder, rest: [story, film, language] }) => {
  await press(page, `label:has(#language-${language})`);
  await page.waitForFunction((chosen) => document.documentElement.lang === chosen, {}, language);
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await write(page, story);
  await (await page.$('#pick')).uploadFile(film);
  // What was found in it is listed; cleaned is what happens unless the person says otherwise.
  await page.waitForFunction(() => document.querySelectorAll('#file-list fieldset').length === 1, {});
  await screens(page, folder, `${name}-video-${language}`);
  const found = await barriers(page);
  const findings = await page.$eval('#file-list', (list) => list.innerText);
  // What the page says while it waits for the line, once each.
  await page.evaluate(() => {
    globalThis.said = new Set();
    const line = document.querySelector('#send-text');
    new MutationObserver(() => globalThis.said.add(line.textContent.replace(/\d+/gu, 'N'))).observe(line, { childList: true, characterData: true, subtree: true });
  });
  await send(page);
  await visible(page, '#sent');
  return { problems, barriers: found, findings, said: await page.evaluate(() => [...globalThis.said]), stored: await stored(page) };
});

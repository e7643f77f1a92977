// A person chooses a language by tapping and sends a tip in it by tapping only. Before that the first screen and the form
// are looked at in every language that the page carries. Counts every key that the page was given.
// Arguments: browser, address, folder for screenshots, the language, and `all` to look at every language first.
import { barriers, press, run, screens, send, stored, tick, visible } from './browser.mjs';

await run(async ({ name, page, requests, problems, folder, rest: [, language, all] }) => {
  await page.evaluate(() => {
    globalThis.keys = 0;
    for (const kind of ['keydown', 'keypress', 'beforeinput']) addEventListener(kind, () => { globalThis.keys += 1; }, true);
  });
  const incidents = ['following'];
  const found = [];
  const seen = {};
  const choose = async (tag) => {
    await press(page, `label:has(#language-${tag})`);
    await page.waitForFunction((chosen) => document.documentElement.lang === chosen, {}, tag);
  };
  const look = async (tag) => {
    await choose(tag);
    await page.evaluate(() => scrollTo(0, 0));
    await screens(page, folder, `${name}-language-${tag}-first`);
    found.push(...(await barriers(page)).map((barrier) => `${tag} first: ${barrier}`));
    await press(page, '#tell');
    // A list that cannot be undone by the next language: opened once, it stays open.
    await page.$eval('#more', (more) => { more.open = true; });
    await screens(page, folder, `${name}-language-${tag}-form`);
    found.push(...(await barriers(page)).map((barrier) => `${tag} form: ${barrier}`));
    seen[tag] = await page.evaluate(() => {
      const shows = (element) => element.getClientRects().length > 0;
      const title = document.querySelector('#form h1');
      const warning = document.querySelector('[data-t=story-warn-names]');
      return {
        dir: document.documentElement.dir,
        title: title.textContent,
        warning: warning.firstChild.textContent,
        original: warning.querySelector('[lang=en]')?.textContent ?? null,
        marked: Array.from(document.querySelectorAll('.draft')).some(shows),
        wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        height: parseFloat(getComputedStyle(warning).lineHeight) / parseFloat(getComputedStyle(warning).fontSize),
        aside: [...document.querySelectorAll('#story-left bdi')].map((bdi) => bdi.dir),
        empty: Array.from(document.querySelectorAll('[data-t], [data-said]')).filter((element) => shows(element) && element.tagName !== 'INPUT' && element.textContent === '').map((element) => element.outerHTML),
      };
    });
    await press(page, '#language');
  };
  const downwards = await page.evaluate(() => {
    const line = document.querySelector('#first').appendChild(document.createElement('p'));
    line.lang = 'mn-Mong';
    const { writingMode, fontFamily } = getComputedStyle(line);
    line.remove();
    return [writingMode, fontFamily.includes('Mongolian')];
  });
  if (all) for (const tag of await page.$$eval('input[name=language]', (radios) => radios.map(({ value }) => value))) await look(tag);
  await choose(language);
  await press(page, '#tell');
  for (const code of incidents) await tick(page, 'incident', code);
  await tick(page, 'when_precision', 'ongoing');
  await send(page);
  await visible(page, '#sent');
  await screens(page, folder, `${name}-language-${language}-sent`);
  const said = await page.$eval('#sent h1', (title) => title.firstChild.textContent);
  const keys = await page.evaluate(() => globalThis.keys);
  return { incidents, keys, seen, downwards, said, requests, problems, barriers: found, stored: await stored(page) };
});

// A person whose Tor Browser runs no scripts chooses each language with the keyboard and reads the page in it, then sends
// files by the form, finished ones and others, and leaves.
// Arguments: browser (Firefox), address, folder for screenshots, a story (not used), the files.
import { answered, runWithoutScripts, screens, until } from './browser.mjs';

await runWithoutScripts(async ({ name, page, requests, problems, folder, rest: [, ...files] }) => {
  const seen = {};
  const tags = await page.evaluate(() => [...document.querySelectorAll('input[name=language]')].map(({ value }) => value));
  await page.focus('input[name=language]:checked');
  for (const tag of tags) {
    // The arrow goes from one radio button to the next.
    if (tag !== tags[0]) await page.keyboard.press('ArrowDown');
    await until(() => page.$eval(`#language-${tag}`, (radio) => radio.checked));
    await screens(page, folder, `${name}-noscripts-${tag}`);
    seen[tag] = await page.evaluate(() => {
      const titles = [...document.querySelectorAll('#first h1')].filter((title) => title.getClientRects().length > 0);
      const [title] = titles;
      const block = title.closest('[lang]');
      return {
        titles: titles.length, lang: block.lang, dir: getComputedStyle(block).direction, bar: getComputedStyle(document.querySelector('.bar')).direction,
        title: title.firstChild.textContent.trim(), original: title.querySelector('[lang=en]')?.textContent ?? null,
        // Nothing but a finished file can be given: no text is ever sent by mistake.
        form: [...document.querySelectorAll('#first form')].filter((form) => form.getClientRects().length > 0)
          .map((form) => `${form.getAttribute('action')} ${[...form.elements].map(({ type }) => type)}`),
        wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
      };
    });
  }
  const told = [];
  for (const file of files) {
    const field = await page.evaluateHandle(() => [...document.querySelectorAll('input[name=tip]')].find((input) => input.getClientRects().length > 0));
    await field.uploadFile(file);
    await page.evaluate(() => [...document.querySelectorAll('#first form button')].find((button) => button.getClientRects().length > 0).focus());
    await page.keyboard.press('Enter');
    await until(() => page.url().endsWith('/form'));
    await until(() => page.$('h1'));
    told.push(await answered(page));
    await screens(page, folder, `${name}-noscripts-answer-${told.length}`);
    await page.focus('main a');
    await page.keyboard.press('Enter');
    await until(() => page.url().endsWith(':' + new URL(page.url()).port + '/') && page.$('#first'));
  }
  // The way out works too: focus and Enter, and the address tells that it did.
  await page.evaluate(() => [...document.querySelectorAll('a.leave')].find((link) => link.getClientRects().length > 0).focus());
  await page.keyboard.press('Enter');
  await until(() => page.url().endsWith('/leave'));
  return { seen, told, left: page.url(), requests, problems };
});

// A person without a pointer: a language, a tip, a receipt typed back and Leave, by Tab, arrows, Space, Enter and Esc alone.
// Wherever the keyboard's place is, it can be seen.
// Arguments: browser, address, folder for screenshots.
import { run, visible } from './browser.mjs';

// What is wrong with the place of the keyboard; null when it is framed, on the screen, and not under the bar.
const hidden = () => {
  const here = document.activeElement;
  const framed = here.matches('.pick') ? here.closest('p').querySelector('.button') : here;
  const { outlineStyle, outlineWidth } = getComputedStyle(framed);
  const box = framed.getBoundingClientRect();
  const under = here.closest('.bar') ? 0 : document.querySelector('.bar').getBoundingClientRect().bottom;
  if (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && box.bottom > under && box.top < innerHeight) return null;
  return `${here.tagName} ${here.id} ${here.textContent.slice(0, 30)}: ${outlineStyle} ${box.top}`;
};

await run(async ({ page, problems }) => {
  const unseen = [];
  let stops = 0;
  // Tab by Tab to the first that fits.
  const reach = async (selector) => {
    for (let at = 0; at < 120; at += 1) {
      await page.keyboard.press('Tab');
      stops += 1;
      const flaw = await page.evaluate(hidden);
      if (flaw) unseen.push(flaw);
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    throw new Error(`Tab never comes to ${selector}`);
  };
  const push = async (selector, key = 'Enter') => {
    await reach(selector);
    await page.keyboard.press(key);
  };
  const onTitle = (screen) => page.waitForFunction((id) => document.activeElement === document.querySelector(`#${id} h1`), {}, screen);

  await reach('#language-en');
  await page.keyboard.press('ArrowDown');
  const chosen = await page.evaluate(() => document.documentElement.lang);
  await page.keyboard.press('ArrowUp');
  await push('#tell');
  await onTitle('form');
  await push('[name=incident][value=following]', ' ');
  await push('[name=when_precision]', ' ');
  await reach('[name=country]');
  await page.keyboard.press('ArrowDown');
  await reach('[name=consent-way]');
  await page.keyboard.press('ArrowDown');
  await push('#more > summary');
  await reach('#story');
  await page.keyboard.type('by keyboard');
  await reach('#pick');
  await push('#send-button');
  await onTitle('receipt');
  await page.waitForFunction(() => !document.querySelector('#receipt-want').disabled, {});
  await push('#receipt-want');
  await onTitle('receipt');
  const numbers = await page.$$eval('.numbers td', (all) => all.map(({ textContent }) => textContent));
  await push('#receipt-written');
  await visible(page, '.keypad');
  const place = await page.$eval('#receipt h1 bdi', ({ textContent }) => Number(textContent));
  await reach('.keypad button');
  await page.keyboard.type(numbers[place - 1]);
  await visible(page, '#sent');
  await onTitle('sent');
  await push('#sent-more');
  await onTitle('form');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => location.href.startsWith('about:blank'), {});
  return { chosen, stops, unseen, left: page.url(), problems };
});

// A person chooses whether there shall be an answer, writes the receipt down, taps a number back, and adds to the message.
// Arguments: browser, address, folder for screenshots, story, and a way: `with` a receipt, `none`, `leave` while its numbers are shown,
// or `all`, which looks at these screens in every language.
import { barriers, press, run, screens, send, stored, tick, visible } from './browser.mjs';

const WAYS = { with: withReceipt, none: withoutReceipt, leave: leaveWhileShown, all: everyLanguage };

// What stands on the paper now: the numbers row by row, and the words where there are any.
const paper = (page) => page.evaluate(() => ({
  numbers: [...document.querySelectorAll('.numbers td')].map(({ textContent }) => textContent),
  words: [...document.querySelectorAll('.words li')].map(({ textContent }) => textContent),
}));

// Which of the numbers the page still holds where a person, a driver or the browser could find them, and tables and lists of them.
const traces = (page, { numbers }) => page.evaluate((all) => {
  const fields = [...document.querySelectorAll('input, textarea')].map(({ value }) => value);
  const held = [document.querySelector('#receipt').outerHTML, location.href, document.title, ...fields].join('\n');
  return [...all.filter((one) => held.includes(one)), ...[...document.querySelectorAll('.numbers, .words')].map(({ outerHTML }) => outerHTML)];
}, numbers);

// Which number is asked for, from 1.
const asked = (page) => page.$eval('#receipt h1 bdi', ({ textContent }) => Number(textContent));

async function tapNumber(page, digits) {
  for (const digit of digits) await press(page, `.keypad button:nth-child(${digit === '0' ? 10 : Number(digit)})`);
}

async function toReceipt(page) {
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await press(page, '#send-button');
  await visible(page, '#receipt-none');
}

async function withReceipt({ name, page, requests, look }) {
  await press(page, '#tell');
  await tick(page, 'incident', 'following');
  await tick(page, 'consent-way', 'choose');
  await tick(page, 'consent', 'ask_first');
  const note = await page.$$eval('fieldset .note:not([hidden])', (notes) => notes.map(({ textContent }) => textContent).join());
  await press(page, '#send-button');
  await visible(page, '#receipt-none');
  await look('choose');
  await page.select('#receipt select', 'ja');
  await press(page, '#receipt-want');
  await visible(page, '.numbers');
  const shown = await paper(page);
  await page.$eval('#receipt details', (details) => { details.open = true; });
  await look('numbers');
  await press(page, '#receipt-written');
  await visible(page, '.keypad');
  const gone = await traces(page, shown);
  const place = await asked(page);
  const right = shown.numbers[place - 1];
  await look('keypad');
  await tapNumber(page, String((Number(right) + 1) % 8192).padStart(4, '0'));
  await visible(page, '#receipt-wrong');
  await look('wrong');
  await press(page, '#receipt-look');
  await visible(page, '.numbers');
  const again = await paper(page);
  await press(page, '#receipt-written');
  await visible(page, '.keypad');
  const digits = shown.numbers[await asked(page) - 1];
  // One of the two has a keyboard; a key too many is taken back.
  if (name.startsWith('firefox')) await tapNumber(page, digits);
  else for (const key of ['9', 'Backspace', ...digits]) await page.keyboard.press(key);
  await visible(page, '#sent');
  const sent = await page.$eval('#sent-answer', ({ textContent }) => textContent);
  const first = requests.slice();
  gone.push(...await traces(page, shown));
  // What is added carries the same receipt, and nobody is asked again.
  await press(page, '#sent-more');
  await tick(page, 'incident', 'other');
  await press(page, '#send-button');
  await visible(page, '#sent');
  return { note, shown, again, gone, sent, first };
}

async function withoutReceipt({ page, requests }) {
  await toReceipt(page);
  await press(page, '#receipt-want');
  await visible(page, '.numbers');
  const shown = await paper(page);
  await press(page, '#receipt-back');
  await visible(page, '#send-button');
  const gone = await traces(page, shown);
  await send(page);
  await visible(page, '#sent');
  const sent = await page.$eval('#sent-answer', ({ textContent }) => textContent);
  return { gone, sent, first: requests.slice() };
}

async function leaveWhileShown({ page }) {
  await toReceipt(page);
  await press(page, '#receipt-want');
  await visible(page, '.numbers');
  const shown = await paper(page);
  // In one turn: the browser goes on to the blank page only after it.
  const last = await page.$eval('#leave', (leave) => {
    leave.click();
    return document.body.innerHTML + document.title;
  });
  await page.waitForFunction(() => location.href.startsWith('about:blank'), {});
  return { shown, left: page.url(), last };
}

async function everyLanguage({ page, look }) {
  const seen = {};
  for (const tag of await page.$$eval('input[name=language]', (radios) => radios.map(({ value }) => value))) {
    await press(page, `label:has(#language-${tag})`);
    await press(page, '#tell');
    await page.$eval('input[value=following]', (input) => { input.checked = true; });
    await press(page, '#send-button');
    await visible(page, '#receipt-want');
    await look(`${tag}-choose`);
    await press(page, '#receipt-want');
    await visible(page, '.numbers');
    await page.$$eval('#receipt details', ([details]) => { if (details) details.open = true; });
    await look(`${tag}-numbers`);
    seen[tag] = await paper(page);
    seen[tag].original = await page.$eval('#receipt .warnings li', (line) => line.querySelector('[lang=en]')?.textContent ?? null);
    await press(page, '#receipt-written');
    await visible(page, '.keypad');
    await tapNumber(page, '9999');
    await visible(page, '#receipt-wrong');
    await look(`${tag}-wrong`);
    await press(page, '#receipt-look');
    await press(page, '#receipt-back');
    await press(page, '#language');
  }
  return { seen };
}

await run(async (journey) => {
  const { name, page, problems, folder, rest: [, way] } = journey;
  const found = [];
  const wide = [];
  const look = async (what) => {
    await page.evaluate(() => scrollTo(0, 0));
    await screens(page, folder, `${name}-receipt-${what}`);
    found.push(...(await barriers(page)).map((barrier) => `${what}: ${barrier}`));
    // On the narrowest screen nothing stands out, and no number is broken into two lines.
    await page.setViewport({ width: 320, height: 600 });
    const fits = await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth
      && [...document.querySelectorAll('.numbers bdi')].every((number) => number.getClientRects().length === 1));
    if (!fits) wide.push(what);
    await page.setViewport({ width: 360, height: 740 });
  };
  const told = await WAYS[way]({ ...journey, look });
  const kept = way === 'leave' ? [] : await stored(page);
  return { ...told, problems, barriers: found, wide, stored: kept };
});

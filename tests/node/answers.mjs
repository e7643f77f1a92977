// The letterbox's answers to a form, looked at by what judges pages for weak eyes and screen readers: it runs as a script, so
// here the form is sent by a browser that has them.
// Arguments: browser, address, folder for screenshots, a story (not used), the files.
import { answered, barriers, run, screens, until, visible } from './browser.mjs';

await run(async ({ name, address, page, requests, problems, folder, rest: [, ...files] }) => {
  const found = [];
  const told = [];
  for (const file of files) {
    await page.goto(address);
    await visible(page, '#tell');
    await (await page.$('form.noscript input[name=tip]')).uploadFile(file);
    await page.$eval('form.noscript', (form) => form.submit());
    await until(() => page.url().endsWith('/form'));
    await page.waitForSelector('main a');
    told.push(await answered(page));
    await screens(page, folder, `${name}-answer-${told.length}`);
    found.push(...(await barriers(page)).map((barrier) => `${told.length}: ${barrier}`));
  }
  // A language's name leads to its words, and nobody is asked for anything.
  const before = requests.length;
  await page.focus('nav a[lang=ug]');
  await page.keyboard.press('Enter');
  await until(() => page.evaluate(() => document.querySelector('#ug').getBoundingClientRect().top < innerHeight));
  return { told, at: new URL(page.url()).hash, asked: requests.slice(before), problems, barriers: found };
});

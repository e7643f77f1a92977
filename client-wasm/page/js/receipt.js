// The receipt: chosen or declined before the first message of a visit is sent, and the same for all that follow. Its
// numbers stand on this screen only, and nowhere once the next one is shown.

const ROW = 3;
const DIGITS = 4;
const INDEXES = 2048;
// A finger that was to send taps twice: the second time one of the two choices lies under it.
const SECOND_TAP = 600;
// What the messages of this visit carry: undefined before it was chosen, null without an answer.
let answer;
// Twelve numbers, until one of them was typed back.
let onPaper = [];
// As long as any answer, for what has to fit before anything was chosen.
const LONGEST_ANSWER = { recipient: 'x'.repeat(1959), tag_key: 'x'.repeat(64), lang: 'x'.repeat(20) };

const answerOrLongest = () => (answer === undefined ? LONGEST_ANSWER : answer);

function forgetNumbers() {
  onPaper.fill(0);
  onPaper = [];
  byId('receipt').replaceChildren();
}

function forgetReceipt() {
  forgetNumbers();
  answer = undefined;
}

// Asks once a visit. Answers whether to go on; false means back to the form.
async function receiptSettled(core, line) {
  if (answer !== undefined) return true;
  const chosenAnswer = await new Promise((settle) => { offerReceipt(core, line, settle); });
  forgetNumbers();
  answer = chosenAnswer;
  return answer !== undefined;
}

function showReceipt(title, values, ...children) {
  byId('receipt').replaceChildren(message('h1', title, values, { tabIndex: -1 }), ...children);
  show('receipt');
}

const named = (id, element) => Object.assign(element, { id });
const buttons = (...all) => make('p', { className: 'go' }, ...all);

// Two equal choices; neither is there before it is made.
function offerReceipt(core, line, settle) {
  const failed = make('p', { className: 'note', hidden: true, attributes: { role: 'alert' } });
  const languages = menu('receipt-language', answerLanguages(line));
  const want = () => {
    try {
      const { numbers: drawn, ...keys } = core.receipt();
      onPaper = drawn;
      writeDown({ ...keys, lang: languages.select.value || null }, settle);
    } catch (problem) {
      failed.hidden = false;
      tell(failed, () => say('receipt-failed', { code: problem.code ?? 'broken' }));
    }
  };
  const card = (key, hint, ...children) => make('section', { className: 'card' }, message('h2', key), message('p', hint), ...children);
  showReceipt('receipt-title', {},
    message('p', 'receipt-what'),
    message('p', 'receipt-not-yet', {}, { className: 'calm' }),
    failed,
    card('receipt-want', 'receipt-want-hint', languages.whole, buttons(named('receipt-want', button('button-receipt', want)))),
    card('receipt-none', 'receipt-none-hint', buttons(named('receipt-none', button('button-no-receipt', () => settle(null))))),
    buttons(named('receipt-back', button('button-back', () => settle(undefined), 'plain'))));
  const choices = [byId('receipt-want'), byId('receipt-none')];
  const wait = (waits) => { for (const one of choices) one.disabled = waits; };
  wait(true);
  setTimeout(() => wait(false), SECOND_TAP);
}

// Those that the organisation reads, where it says so; else those of the page.
function answerLanguages(line) {
  let tags = Object.keys(DATA.languages);
  try {
    tags = JSON.parse(line.site).languages.map(String);
  } catch { /* it says nothing of languages */ }
  return tags.map((tag) => [tag, () => DATA.languages[tag]?.messages['language-name'] ?? languageName(tag)]);
}

function writeDown(keys, settle) {
  showReceipt('receipt-numbers-title', {},
    make('ul', { className: 'warnings' }, ...['receipt-write', 'receipt-finder', 'receipt-lost'].map((key) => message('li', key))),
    numberTable(), ...asWords(),
    buttons(
      named('receipt-written', button('button-written', () => typeBack(keys, settle, () => writeDown(keys, settle)), 'main')),
      named('receipt-back', button('button-back', () => settle(undefined), 'plain'))));
}

const digits = (number) => String(number).padStart(DIGITS, '0');
const apartFromWords = (tag, textContent) => make(tag, { textContent, dir: 'ltr', lang: 'zxx' });

// Left to right in every language: the order is part of it.
function numberTable() {
  const rows = [];
  for (let at = 0; at < onPaper.length; at += ROW) {
    const head = make('th', { scope: 'row' }, apartFromWords('bdi', `${at + 1}–${at + ROW}`));
    rows.push(make('tr', {}, head, ...onPaper.slice(at, at + ROW).map((number) => make('td', {}, apartFromWords('bdi', digits(number))))));
  }
  const caption = message('caption', 'receipt-order', {}, { dir: texts().dir, className: 'hint' });
  return make('table', { className: 'numbers', dir: 'ltr' }, caption, make('tbody', {}, ...rows));
}

// Before each word stands how many letters it shares with the one before. Chinese words are one character each.
function wordList(packed) {
  let word = '';
  const whole = (piece) => { word = word.slice(0, Number(piece[0])) + piece.slice(1); return word; };
  return packed.match(/\d\D+/g)?.map(whole) ?? Array.from(packed);
}

// In a language that has a list.
function asWords() {
  if (!texts().words) return [];
  const list = wordList(texts().words);
  return [make('details', {}, message('summary', 'receipt-words'), message('p', 'receipt-words-hint', {}, { className: 'hint' }),
    make('ol', { className: 'words' }, ...onPaper.map((number) => make('li', { textContent: list[number % INDEXES] }))))];
}

// One number, drawn each time, is tapped on the page's own keys: no keyboard of the phone sees it.
function typeBack(keys, settle, again) {
  const at = random(1)[0] % onPaper.length;
  const typed = make('p', { id: 'receipt-typed', className: 'typed', dir: 'ltr', lang: 'zxx', attributes: { role: 'status' } });
  const wrong = message('p', 'receipt-wrong', { place: at + 1 }, { id: 'receipt-wrong', className: 'note', hidden: true, attributes: { role: 'alert' } });
  const press = (key) => {
    const before = typed.textContent;
    typed.textContent = key === 'Backspace' ? before.slice(0, -1) : before + key;
    const full = typed.textContent.length >= DIGITS;
    if (typed.textContent === digits(onPaper[at])) return finish(() => settle(keys));
    wrong.hidden = !full;
    if (full) typed.textContent = '';
    return undefined;
  };
  const onKey = (event) => {
    if (!typed.isConnected) document.removeEventListener('keydown', onKey);
    if (!typed.isConnected || byId('receipt').hidden || !/^(?:\d|Backspace)$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    press(event.key);
  };
  const finish = (next) => {
    document.removeEventListener('keydown', onKey);
    next();
  };
  document.addEventListener('keydown', onKey);
  showReceipt('receipt-check-title', { place: at + 1 },
    message('p', 'receipt-check-hint'), typed, wrong, keypad(press),
    buttons(named('receipt-look', button('button-look', () => finish(again)))));
}

function keypad(press) {
  const digit = (key) => make('button', { type: 'button', textContent: key, lang: 'zxx', on: { click: () => press(key) } });
  return make('div', { className: 'keypad', dir: 'ltr' }, ...Array.from('1234567890', digit),
    button('button-delete', () => press('Backspace')));
}

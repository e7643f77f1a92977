// What the page says: messages and labels of the chosen language, and the elements that show them. Which language was
// chosen is known to this script only: no request, no address and no store tells it.

let language = DATA.original;
const shown = new WeakMap();
const SAFETY = new Set(DATA.safety);
// What has been asked for while one element's text was made: something about safety; something only the original has.
let asked = { safety: false, original: false };
// Around a value, in the text of a message: a number, which always runs left to right, or a name.
const NUMBER = '\u2066';
const NAME = '\u2068';
const END = '\u2069';

const byId = (id) => document.getElementById(id);
const isShown = (element) => element.getClientRects().length > 0;
const texts = () => DATA.languages[language];

// One message. `values` fills its placeables; a choice by number follows the language's own rules.
function say(key, values = {}) {
  asked.safety ||= SAFETY.has(key);
  const join = (message) => (typeof message === 'string' ? message : message.map(part).join(''));
  const part = (piece) => {
    if (typeof piece === 'string') return piece;
    const [name, cases] = piece;
    if (!cases) return apart(String(values[name]));
    const rule = new Intl.PluralRules(language).select(Number(values[name]));
    return join(cases[values[name]] ?? cases[rule] ?? cases.other);
  };
  return join(texts().messages[key] ?? key);
}

const apart = (value) => (/^[\p{N}\s.,:/-]*$/u.test(value) ? NUMBER : NAME) + value.replace(/[\u202a-\u202e\u2066-\u2069]/g, '') + END;

// The label of a code of the codebook; the original's, where people have yet to write it.
function label(list, code) {
  const at = DATA.codes[list].findIndex((entry) => entry[0] === code);
  if (at < 0) return code;
  asked.safety ||= list === 'consent';
  const own = texts().labels[list];
  asked.original ||= !own;
  return (own ?? DATA.languages[DATA.original].labels[list])[at];
}

// An element. `text` is a function, so that it can be said again in another language.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { text, attributes = {}, on = {}, ...rest } = properties;
  Object.assign(element, rest);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const [name, work] of Object.entries(on)) element.addEventListener(name, work);
  if (text) tell(element, text);
  element.append(...children);
  return element;
}

// Shows a text in an element, now and after a change of language.
function tell(element, text) {
  shown.set(element, text);
  element.dataset.said = '';
  put(element, text);
}

// A draft's sentence about safety is followed by the original.
function put(element, text) {
  asked = { safety: false, original: false };
  const said = pieces(text());
  const { safety, original } = asked;
  element.replaceChildren(...said);
  if (original) Object.assign(element, { lang: DATA.original, dir: DATA.languages[DATA.original].dir });
  else if (element.lang === DATA.original) for (const name of ['lang', 'dir']) element.removeAttribute(name);
  if (safety && texts().draft && !original) element.append(' ', inOriginal(text));
}

function inOriginal(text) {
  const chosenLanguage = language;
  language = DATA.original;
  const { dir } = texts();
  const span = make('span', { className: 'original', lang: language, dir }, ...pieces(text()));
  language = chosenLanguage;
  return span;
}

// A number or a name keeps its own direction, whatever runs around it.
function pieces(text) {
  return text.split(new RegExp(`([${NUMBER}${NAME}][^${END}]*${END})`)).map((piece) => {
    if (![NUMBER, NAME].includes(piece[0])) return piece;
    return make('bdi', { textContent: piece.slice(1, -1), dir: piece[0] === NUMBER ? 'ltr' : 'auto' });
  });
}

const message = (tag, key, values, properties = {}) => make(tag, { ...properties, text: () => say(key, values) });

// Says everything again: at the start, and when a language was chosen.
function sayAll() {
  document.documentElement.lang = language;
  document.documentElement.dir = texts().dir;
  for (const element of document.querySelectorAll('[data-t]')) put(element, () => say(element.dataset.t));
  for (const element of document.querySelectorAll('[data-said]')) put(element, shown.get(element));
  byId('leave').title = say('leave-title');
  document.querySelector('.languages')?.setAttribute('aria-label', say('choose-language'));
  sortCountries();
}

function chooseLanguages() {
  for (const radio of document.querySelectorAll('input[name=language]')) {
    radio.addEventListener('change', () => { language = radio.value; sayAll(); });
    if (radio.checked) language = radio.value;
  }
}

// Shows one screen, from its top, with the keyboard's place on its heading.
function show(id) {
  for (const screen of document.querySelectorAll('.screen')) screen.hidden = screen.id !== id;
  // The languages stand on the first screen; the way there and back loses nothing.
  byId('language').hidden = id !== 'form' || Object.keys(DATA.languages).length < 2;
  window.scrollTo(0, 0);
  // The first screen has a heading in each language, of which one is shown.
  Array.from(byId(id).querySelectorAll('h1[tabindex]')).find(isShown)?.focus({ preventScroll: true });
}

// Lets the page answer before the next piece of work. A timer would wait 4 ms each time.
const breath = new MessageChannel();
const breathing = [];
breath.port1.onmessage = () => breathing.shift()();
const breathe = () => new Promise((resume) => {
  breathing.push(resume);
  breath.port2.postMessage(null);
});

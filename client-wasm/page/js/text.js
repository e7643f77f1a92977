// What the page says: messages and labels of the chosen language, and the elements that show them.

let language = Object.keys(DATA.languages)[0];
const shown = new WeakMap();

const byId = (id) => document.getElementById(id);
const texts = () => DATA.languages[language];

// One message. `values` fills its placeables; a choice by number follows the language's own rules.
function say(key, values = {}) {
  const join = (message) => (typeof message === 'string' ? message : message.map(part).join(''));
  const part = (piece) => {
    if (typeof piece === 'string') return piece;
    const [name, cases] = piece;
    if (!cases) return String(values[name]);
    const rule = new Intl.PluralRules(language).select(Number(values[name]));
    return join(cases[values[name]] ?? cases[rule] ?? cases.other);
  };
  return join(texts().messages[key] ?? key);
}

// The label of a code of the codebook.
function label(list, code) {
  const at = DATA.codes[list].findIndex((entry) => entry[0] === code);
  return at < 0 ? code : texts().labels[list][at];
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
  element.textContent = text();
}

const message = (tag, key, values, properties = {}) => make(tag, { ...properties, text: () => say(key, values) });

// Says everything again: at the start, and when a language was chosen.
function sayAll() {
  document.documentElement.lang = language;
  document.documentElement.dir = texts().dir;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = say(element.dataset.t);
  for (const element of document.querySelectorAll('[data-said]')) element.textContent = shown.get(element)();
  byId('leave').title = say('leave-title');
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
  window.scrollTo(0, 0);
  byId(id).querySelector('h1[tabindex]')?.focus({ preventScroll: true });
}

// Lets the page answer before the next piece of work. A timer would wait 4 ms each time.
const breath = new MessageChannel();
const breathe = () => new Promise((resume) => {
  breath.port1.onmessage = resume;
  breath.port2.postMessage(null);
});

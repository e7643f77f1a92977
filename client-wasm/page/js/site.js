// What the organisation says of itself, from the site document that one of its desks signed: in the reader's language where
// it has one, else in the nearest that it has.

const NEAREST = { 'zh-Hans': 'zh-Hant', 'zh-Hant': 'zh-Hans' };
const ABOUT = ['responsible', 'purpose', 'kept', 'rights', 'other_way'];
const DAY = 24 * 60 * 60 * 1000;
let site = null;

// Signed, but not read by the core: what is missing is not shown.
function readSite(text) {
  try {
    site = JSON.parse(text);
  } catch {
    site = null;
  }
}

// Of the languages that are there the one for this reader.
const nearest = (tags) => [language, NEAREST[language], DATA.original].find((tag) => tags.includes(tag)) ?? tags[0];

// A text of theirs, in its own language and direction; null where they wrote none.
function ownWords(field) {
  const written = Object.entries(site?.texts ?? {}).filter(([, texts]) => texts[field]);
  return written.length === 0 ? null : inTheirs(() => nearest(written.map(([tag]) => tag)), (tag) => site.texts[tag][field]);
}

// An element whose words are somebody else's: `tag` says in which language they are now.
function inTheirs(tag, words) {
  const inner = make('span', {});
  const element = make('p', { className: 'own', dir: 'auto' }, inner);
  tell(inner, () => {
    element.lang = tag();
    return words(tag());
  });
  return element;
}

// The emergency text stands first; who reads this, and why, behind a title.
function showSite() {
  const emergency = ownWords('emergency');
  byId('emergency').hidden = !emergency;
  byId('emergency').replaceChildren(...(emergency ? [emergency] : []));
  const about = ABOUT.map((field) => [field, ownWords(field)]).filter(([, words]) => words);
  byId('about').hidden = about.length === 0;
  byId('about-text').replaceChildren(...about.flatMap(([field, words]) => [message('h3', `about-${field}`), words]));
}

function languageName(tag) {
  try {
    return new Intl.DisplayNames(language, { type: 'language' }).of(tag);
  } catch {
    return tag;
  }
}

// Which languages they read, as a paragraph; nothing where they don't say.
function languagesRead() {
  if (!Array.isArray(site?.languages)) return [];
  const names = () => new Intl.ListFormat(language).format(site.languages.map(languageName));
  return [make('p', { text: () => say('languages-read', { languages: names() }) })];
}

// Days as numbers since 1970, and as the reader writes them.
const dayNumber = (iso) => Math.round(Date.parse(iso) / DAY);
const today = () => Math.floor(Date.now() / DAY);
const dayName = (day) => new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' })
  .format((typeof day === 'string' ? dayNumber(day) : day) * DAY);

// A message with days in it, `{name: day}`, and other values.
const dated = (tag, key, days, values = {}, properties = {}) => make(tag, {
  ...properties,
  text: () => say(key, { ...values, ...Object.fromEntries(Object.entries(days).map(([name, day]) => [name, dayName(day)])) }),
});

// The form: what can be ticked and chosen. Every control is made here; what was chosen is read by report.js.

const MORE_LISTS = ['teller', 'urgency', 'channel', 'actor', 'actor_basis', 'actor_handles', 'frequency', 'demand', 'effect',
  'community', 'role', 'relatives', 'reported', 'response'];
const ONE_OF = ['teller', 'frequency', 'urgency'];
const WARNINGS = { urgency: 'warn-urgency', community: 'warn-community', reported: 'warn-reported', role: 'warn-community' };
const DANGER = 2;
const OLDEST = 30;
let numbers = 0;

const newId = (what) => `${what}-${(numbers += 1)}`;
const thisYear = () => new Date().getUTCFullYear();
const codesOf = (list) => DATA.codes[list].map(([code, core, danger, parent]) => ({ code, core, danger, parent }));

function makeForm() {
  byId('first-fields').replaceChildren(incidentField(), whenField(), whereField(), consentField());
  byId('more-fields').replaceChildren(...MORE_LISTS.map((list) => folded(list, moreField(list))));
}

// After it was kept nothing of it stays in the page, except what may be done with what was told: the rest of the same
// message says the same of itself, unless somebody chooses otherwise.
function clearForm() {
  const consent = byId('first-fields').querySelector('.consent');
  files = [];
  for (const id of ['file-list', 'file-notes']) byId(id).replaceChildren();
  makeForm();
  if (consent && already.length > 0) byId('first-fields').querySelector('.consent').replaceWith(consent);
  byId('story').value = '';
  byId('story').dispatchEvent(new Event('input'));
  byId('more').open = already.length > 0;
}

// The same form for the rest of a message, which says what is sent already.
function showMore() {
  const again = already.length > 0;
  for (const [id, key] of [['form-title', 'form-title'], ['form-hint', 'form-hint']]) tell(byId(id), () => say(again ? `${key}-again` : key));
  byId('send-first').hidden = again;
  byId('already').hidden = !again;
  if (again) byId('already').replaceChildren(message('h2', 'already-title'), make('ul', {}, ...alreadySent()));
  show('form');
}

function alreadySent() {
  const incidents = new Set(already.flatMap(({ incident }) => incident));
  const count = already.reduce((sum, { files: some }) => sum + some, 0);
  return [
    ...Array.from(incidents, (code) => make('li', { text: () => label('incident', code) })),
    ...(already.some(({ ticked }) => ticked) ? [message('li', 'already-ticked')] : []),
    ...(already.some(({ words }) => words) ? [message('li', 'already-words')] : []),
    ...(count > 0 ? [message('li', 'already-files', { count })] : []),
  ];
}

// A list behind its title, which tells how many are ticked inside.
function folded(list, field) {
  const summary = make('summary');
  const count = () => field.querySelectorAll('input:checked').length;
  const title = () => say(`field-${list}`) + (count() > 0 ? ` (${count().toLocaleString(language)})` : '');
  tell(summary, title);
  field.addEventListener('change', () => tell(summary, title));
  field.querySelector('legend').className = 'unseen';
  return make('details', {}, summary, field);
}

function moreField(list) {
  if (list === 'actor_handles') return handlesField();
  if (list === 'relatives') return relativesField();
  const field = fieldset(`field-${list}`, WARNINGS[list]);
  field.append(...choices(list, codesOf(list), ONE_OF.includes(list)));
  if (list === 'urgency') {
    if (site?.rhythm_days) field.querySelector('.hint').replaceWith(message('p', 'warn-urgency-days', { days: site.rhythm_days }, { className: 'hint' }));
    const now = make('div', { className: 'note', hidden: true, attributes: { role: 'status' } },
      message('p', 'warn-urgency-now'), ownWords('emergency') ?? '');
    field.append(now);
    field.addEventListener('change', () => { now.hidden = !field.querySelector('[value=now]').checked; });
  }
  return field;
}

// A group with its title and, where there is one, its warning.
function fieldset(key, warning, className = 'field') {
  const field = make('fieldset', { className }, message('legend', key));
  if (warning) field.append(message('p', warning, {}, { className: 'hint' }));
  return field;
}

function choice(type, name, value, text) {
  const input = make('input', { type, name, value, autocomplete: 'off' });
  return make('label', { className: 'choice' }, input, make('span', { text }));
}

// One row a code. A code that can point to a person says so when it is ticked.
function choices(list, entries, single, name = list) {
  return entries.flatMap(({ code, danger }) => {
    const row = choice(single ? 'radio' : 'checkbox', name, code, () => label(list, code));
    if (danger < DANGER) return [row];
    const warning = message('p', 'warn-danger', {}, { className: 'note', hidden: true, attributes: { role: 'status' } });
    const input = row.querySelector('input');
    input.addEventListener('change', () => { warning.hidden = !input.checked; });
    return [row, warning];
  });
}

// A menu with nothing chosen. `entries` are values with a function for their text.
function menu(key, entries, onChange = () => {}) {
  const select = make('select', { id: newId('menu'), autocomplete: 'off', on: { change: onChange } },
    make('option', { value: '', text: () => say('choose') }),
    ...entries.map(([value, text]) => make('option', { value, text })));
  const whole = make('label', { className: 'labelled', htmlFor: select.id }, message('span', key), select);
  return { whole, select };
}

function textInput(key, length) {
  const input = make('input', { type: 'text', maxLength: length, autocomplete: 'off', spellcheck: false, dir: 'auto' });
  return { whole: make('label', { className: 'labelled' }, message('span', key), input), input };
}

const button = (key, work, className = '') => message('button', key, {}, { type: 'button', className, on: { click: work } });

function incidentField() {
  const field = fieldset('field-incident');
  const entries = codesOf('incident');
  const other = entries.filter(({ code }) => code === 'other');
  const more = make('div', { hidden: true }, ...choices('incident', entries.filter(({ core }) => !core), false));
  const toggle = button('button-more-list', () => {
    more.hidden = !more.hidden;
    toggle.setAttribute('aria-expanded', String(!more.hidden));
    tell(toggle, () => say(more.hidden ? 'button-more-list' : 'button-fewer'));
  });
  toggle.setAttribute('aria-expanded', 'false');
  const core = entries.filter((entry) => entry.core && entry.code !== 'other');
  field.append(...choices('incident', core, false), more, ...choices('incident', other, false), toggle);
  return field;
}

const years = () => Array.from({ length: OLDEST }, (_, back) => [String(thisYear() - back), () => String(thisYear() - back)]);
const twelve = (text) => Array.from({ length: 12 }, (_, at) => [String(at + 1), () => text(at)]);
const monthName = (at) => new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, at, 1));

const WHEN = { year: ['year', 'month', 'quarter', 'day'], month: ['month', 'day'], quarter: ['quarter'], day: ['day'] };

function whenField() {
  const field = fieldset('field-when', 'warn-when');
  const rows = choices('when_precision', codesOf('when_precision').map((entry) => ({ ...entry, danger: 0 })), true);
  const exact = rows.find((row) => row.querySelector('[value=day]'));
  const ask = button('button-exact-day', () => { exact.hidden = false; ask.hidden = true; exact.querySelector('input').focus(); }, 'plain');
  const warning = message('p', 'warn-day', {}, { className: 'note', hidden: true, attributes: { role: 'status' } });
  const menus = {
    year: menu('field-year', years()),
    quarter: menu('field-quarter', [1, 2, 3, 4].map((at) => [String(at), () => say(`quarter-${at}`)])),
    month: menu('field-month', twelve(monthName)),
    day: menu('field-day', Array.from({ length: 31 }, (_, at) => [String(at + 1), () => String(at + 1)])),
  };
  exact.hidden = true;
  const parts = make('div', { className: 'row' });
  for (const [name, { whole, select }] of Object.entries(menus)) {
    select.name = `when-${name}`;
    whole.hidden = true;
    parts.append(whole);
  }
  field.append(...rows, ask, warning, parts);
  field.addEventListener('change', () => {
    const precision = chosen('when_precision')[0];
    for (const [name, { whole }] of Object.entries(menus)) whole.hidden = !WHEN[name].includes(precision);
    warning.hidden = precision !== 'day';
  });
  return field;
}

function whereField() {
  const field = fieldset('field-where');
  const countries = codesOf('country').map(({ code }) => [code, () => label('country', code)]);
  const regions = make('div');
  const country = menu('field-country', countries, () => regions.replaceChildren(...regionMenus(country.select.value)));
  const city = textInput('field-city', DATA.limits.city);
  country.select.name = 'country';
  city.input.name = 'city';
  sortCountries(country.select);
  field.append(country.whole, regions, city.whole, message('p', 'warn-city', {}, { className: 'hint' }));
  return field;
}

// In the order of the language; what was chosen stays so.
function sortCountries(select = document.querySelector('[name=country]')) {
  if (!select) return;
  const { value } = select;
  const [none, ...places] = select.options;
  const { compare } = new Intl.Collator(language);
  select.append(none, ...places.sort((a, b) => compare(a.text, b.text)));
  select.value = value;
}

// China's and Japan's regions; Japan's prefectures only when somebody asks for them.
function regionMenus(country) {
  const list = { CN: 'region_cn', JP: 'region_jp' }[country];
  if (!list) return [];
  const entries = codesOf(list);
  const top = entries.filter(({ parent }) => list === 'region_cn' || parent === '');
  const parts = make('div');
  const region = menu('field-region', top.map(({ code }) => [code, () => label(list, code)]), () => parts.replaceChildren(...within()));
  region.select.name = 'region';
  const within = () => {
    const inside = entries.filter(({ parent }) => parent !== '' && parent === region.select.value);
    if (inside.length === 0) return [];
    return [button('button-exact-region', () => {
      const exact = menu('field-prefecture', inside.map(({ code }) => [code, () => label(list, code)]));
      exact.select.name = 'prefecture';
      parts.replaceChildren(exact.whole);
      exact.select.focus();
    }, 'plain')];
  };
  return [region.whole, parts];
}

// One choice of three first; single permissions only for those who want them.
function consentField() {
  const field = fieldset('field-consent', 'consent-hint', 'field consent');
  const rows = ['read', 'count', 'choose'].map((way) => choice('radio', 'consent-way', way, () => say(`consent-${way}`)));
  rows[0].querySelector('input').checked = true;
  const entries = codesOf('consent');
  const single = make('div', { hidden: true }, ...choices('consent', entries.map((entry) => ({ ...entry, danger: 0 })), false));
  const after = menu('consent-only-after', Array.from({ length: OLDEST }, (_, on) => [String(thisYear() + on + 1), () => String(thisYear() + on + 1)]));
  const note = message('p', 'consent-not-asked', {}, { className: 'hint' });
  after.select.name = 'only-after';
  after.whole.hidden = true;
  note.hidden = true;
  const ask = message('p', 'consent-ask', {}, { className: 'note', hidden: true, attributes: { role: 'status' } });
  field.append(...rows, single, ask, after.whole, note);
  field.addEventListener('change', () => {
    const choosing = chosen('consent-way')[0] === 'choose';
    single.hidden = !choosing;
    ask.hidden = !(choosing && chosen('consent').includes('ask_first'));
    after.whole.hidden = !(choosing && chosen('consent').includes('only_after'));
    note.hidden = after.whole.hidden;
  });
  return field;
}

function handlesField() {
  const field = fieldset('field-actor_handles', 'warn-handles');
  const more = button('button-add-handle', () => {
    const rows = field.querySelectorAll('[name=handle]').length;
    const input = make('input', { type: 'text', name: 'handle', maxLength: DATA.limits.handle, autocomplete: 'off', spellcheck: false, dir: 'auto' });
    tell(input, () => { input.setAttribute('aria-label', `${say('field-actor_handles')} ${rows + 1}`); return ''; });
    more.before(make('p', {}, input));
    more.hidden = rows + 1 >= DATA.limits.handles;
  });
  field.append(more);
  return field;
}

function relativesField() {
  const field = fieldset('field-relatives', 'warn-relatives');
  const regions = codesOf('region_cn').map(({ code }) => [code, () => label('region_cn', code)]);
  const incidents = codesOf('incident').filter(({ code }) => DATA.relativeIncidents.includes(code));
  const add = button('button-add-relative', () => {
    const number = field.querySelectorAll('.relative').length + 1;
    const kind = menu('field-relative-kind', codesOf('relative_kind').map(({ code }) => [code, () => label('relative_kind', code)]));
    const region = menu('field-relative-region', regions);
    const told = fieldset('field-relative-incident', null, 'inner');
    told.append(...choices('incident', incidents, false, newId('relative')));
    const group = make('fieldset', { className: 'inner relative' }, message('legend', 'group-relative', { number }),
      make('div', { className: 'row' }, kind.whole, region.whole), told,
      button('button-remove', () => { group.remove(); add.hidden = false; add.focus(); }));
    kind.select.name = 'kind';
    region.select.name = 'relative-region';
    add.before(group);
    add.hidden = field.querySelectorAll('.relative').length >= DATA.limits.relatives;
    kind.select.focus();
  });
  field.append(add);
  return field;
}

// What is ticked under a name; what is picked in a menu that is shown. The screen itself may be hidden already.
const chosen = (name, within = document) => Array.from(within.querySelectorAll(`input[name="${name}"]:checked`), (input) => input.value);
const picked = (name, within = document) => {
  const select = within.querySelector(`[name="${name}"]`);
  return select && !select.closest('label').hidden && select.value !== '' ? select.value : null;
};

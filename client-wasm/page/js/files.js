// Files: looked at here, on the person's device; each says what was found in it, and goes cleaned, as it is, or not at all.

const REFUSALS = {
  unknown: 'file-unknown',
  pdf: 'file-pdf',
  office: 'file-office',
  zip: 'file-zip',
  track: 'file-track',
  unsupported: 'file-rare',
  too_complex: 'file-rare',
  truncated: 'file-truncated',
  changed: 'file-changed',
};
const LARGEST = 1024 * 1024 * 1024;
let files = [];
let cleaner = null;
// One file after the other: the core looks at one at a time.
let queue = Promise.resolve();

const size = (bytes) => (bytes < 1e6
  ? say('size-kb', { size: Math.max(1, Math.round(bytes / 1000)) })
  : say('size-mb', { size: (bytes / 1e6).toFixed(1) }));

function watchFiles(core) {
  cleaner = core;
  const pick = byId('pick');
  pick.addEventListener('change', () => {
    const added = Array.from(pick.files);
    pick.value = '';
    byId('file-notes').replaceChildren();
    for (const file of added) addFile(file);
  });
}

function complain(key, values) {
  byId('file-notes').append(message('p', key, values, { className: 'note' }));
}

function addFile(file) {
  const { name } = file;
  if (file.size === 0) return complain('file-empty', { name });
  if (file.size > LARGEST) return complain('file-too-big', { name });
  if (files.length >= DATA.limits.files) return complain('file-too-many', { limit: DATA.limits.files });
  const entry = { file, state: 'looking', form: null, found: null, row: make('li') };
  files.push(entry);
  byId('file-list').append(entry.row);
  drawFile(entry);
  queue = queue.then(() => lookAt(entry));
  return queue;
}

// One that was removed meanwhile is left alone: what is chosen from the others may be on its way already.
async function lookAt(entry) {
  const removed = () => !files.includes(entry);
  if (removed()) return;
  try {
    entry.found = await cleaner.look(entry.file, removed);
    entry.state = 'found';
    entry.form = 'cleaned';
  } catch (problem) {
    entry.problem = problem;
    entry.state = ['file-unreadable', 'file-changed', 'changed'].includes(problem.code) ? 'unreadable' : 'refused';
  }
  if (removed()) return;
  drawFile(entry);
  showTogether();
}

function drawFile(entry) {
  const { file, row } = entry;
  const name = make('p', {}, make('bdi', { className: 'name', textContent: file.name }), ' ',
    make('span', { className: 'hint', text: () => `(${size(file.size)})` }));
  const remove = button('button-remove', () => {
    files = files.filter((other) => other !== entry);
    row.remove();
    byId('pick').focus();
    showProblems([]);
    showTogether();
  });
  row.replaceChildren(name, ...({ looking, found, refused, unreadable }[entry.state](entry)), remove);
}

const looking = () => [message('p', 'file-looking', {}, { attributes: { role: 'status' } })];
const unreadable = ({ file, problem }) => [message('p', REFUSALS[problem.code] ?? problem.code, { name: file.name }, { className: 'note' })];

function found(entry) {
  const finds = entry.found.found;
  if (finds.length === 0) return [message('p', 'file-cleaned-none', {}, { attributes: { role: 'status' } })];
  const kinds = () => new Intl.ListFormat(language).format(new Set(finds.map(([kind]) => say(`found-${kind}`))));
  const note = make('p', { attributes: { role: 'status' }, text: () => say('file-cleaned', { found: kinds() }) });
  const values = finds.filter(([, value]) => value !== null).map(([kind, value]) => make('li', {},
    make('span', { text: () => `${say(`found-${kind}`)}: ` }), make('bdi', { textContent: value })));
  const details = make('details', { hidden: values.length === 0 }, message('summary', 'file-details'), make('ul', {}, ...values));
  const name = newId('form');
  const forms = fieldset('file-form', null, 'inner');
  for (const form of ['cleaned', 'original']) {
    const row = choice('radio', name, form, () => say(`file-form-${form}`));
    const input = row.querySelector('input');
    input.checked = entry.form === form;
    input.addEventListener('change', () => { entry.form = form; showTogether(); });
    forms.append(row);
  }
  return [note, details, forms];
}

// What can't be cleaned goes only if the person says so.
function refused(entry) {
  const key = REFUSALS[entry.problem.code] ?? 'file-damaged';
  const row = choice('checkbox', newId('form'), 'original', () => say('file-as-is'));
  const input = row.querySelector('input');
  input.checked = entry.form === 'original';
  input.addEventListener('change', () => { entry.form = input.checked ? 'original' : null; showTogether(); });
  return [message('p', key, {}, { className: 'note', attributes: { role: 'status' } }), row];
}

// Says early that it is too much; report.js says it again before sealing.
function showTogether() {
  byId('together')?.remove();
  // What is on its way in the core stays there.
  if (byId('form').hidden) return;
  if (tooMuch(cleaner)) byId('file-notes').append(message('p', 'together-over', {}, { id: 'together', className: 'note' }));
}

// Why the files can't go yet, as `[key, values]`; null when they can.
function filesProblem() {
  for (const { state, form, file, problem } of files) {
    if (state === 'looking') return ['file-still-looking', { name: file.name }];
    if (state === 'unreadable') return [REFUSALS[problem.code] ?? problem.code, { name: file.name }];
    if (form === null) return ['file-undecided', { name: file.name }];
  }
  return null;
}

const sealable = () => files.filter(({ form }) => form !== null)
  .map(({ file, form, found: plan }) => ({ file, form, cleaned: form === 'cleaned' ? plan.number : null, plan }));

// The browser's guess is used for what the core doesn't know; never a name.
function mediaType({ file, plan }) {
  if (plan) return plan.type;
  return /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(file.type) && file.type.length <= DATA.limits.mediaType ? file.type : 'application/octet-stream';
}

// The report: what the form holds, as tip.json (ENVELOPE), every key in its order.

// What the core answers for a tip over 1 GiB.
const TOO_LONG = 0xffffffff;
// Drawn once a visit: tips of one visit carry the same.
let visit = null;
// What was sent in this visit, as far as the form says it again; in this page's memory only.
let already = [];

function makeReport(line, given) {
  visit ??= hex(random(16));
  return {
    schema: 'tip-report/1',
    epoch: line.epoch,
    report: whatWasTold(given),
    files: sealable().map(fileEntry),
    answer: given && { recipient: given.recipient, tag_key: given.tag_key },
    continues: visit,
    canary: null,
  };
}

function fileEntry(entry) {
  const cleaned = entry.cleaned !== null;
  return { type: mediaType(entry), size: cleaned ? entry.plan.len : entry.file.size, form: entry.form, name: null };
}

function whatWasTold(given) {
  const permissions = consent();
  return {
    lang: language,
    answer_lang: given?.lang ?? null,
    teller: chosen('teller')[0] ?? null,
    incident: chosen('incident'),
    channel: chosen('channel'),
    actor: chosen('actor'),
    actor_basis: chosen('actor_basis'),
    actor_handles: Array.from(document.querySelectorAll('[name=handle]'), (input) => whole(input.value.trim())).filter(Boolean),
    frequency: chosen('frequency')[0] ?? null,
    demand: chosen('demand'),
    effect: chosen('effect'),
    urgency: chosen('urgency')[0] ?? null,
    when: when(),
    where: where(),
    community: chosen('community'),
    role: chosen('role'),
    relatives: Array.from(document.querySelectorAll('.relative'), relative).filter(Boolean),
    reported: chosen('reported'),
    response: chosen('response'),
    consent: permissions,
    only_after: permissions.includes('only_after') ? number('only-after') : null,
    request: [],
    story: whole(byId('story').value),
  };
}

const number = (name) => (picked(name) === null ? null : Number(picked(name)));

const PARTS = { day: ['year', 'month', 'day'], month: ['year', 'month'], quarter: ['year', 'quarter'], year: ['year'] };

// No finer than what was chosen: a menu that is no longer shown says nothing.
function when() {
  const precision = chosen('when_precision')[0];
  if (!precision) return null;
  const told = { precision, year: null, quarter: null, month: null, day: null };
  for (const part of PARTS[precision] ?? []) told[part] = number(`when-${part}`);
  return told;
}

const whenMissing = (told) => told !== null && (PARTS[told.precision] ?? []).some((part) => told[part] === null);

function where() {
  const city = whole(document.querySelector('[name=city]').value.trim());
  const told = { country: picked('country'), region: picked('prefecture') ?? picked('region'), city: city || null };
  return told.country || told.city ? told : null;
}

function relative(group) {
  const incident = Array.from(group.querySelectorAll('input:checked'), (input) => input.value);
  const told = { kind: picked('kind', group), region: picked('relative-region', group), incident };
  return told.kind || told.region || incident.length > 0 ? told : null;
}

function consent() {
  const way = chosen('consent-way')[0];
  if (way === 'choose') return chosen('consent');
  return way === 'count' ? ['count'] : [];
}

// What the form says of a message once that is sent: what was done; whether there were words, or ticks elsewhere; how many files.
function summary() {
  const ticked = byId('more-fields').querySelectorAll('input:checked').length > 0;
  return { incident: chosen('incident'), words: byId('story').value.trim() !== '', ticked, files: sealable().length };
}

const reportBytes = (line, given = answer ?? null) => new TextEncoder().encode(JSON.stringify(makeReport(line, given)));

// Whether the files are more than one message holds. Words that are too long by themselves have their own sentence.
// Needs no line: an epoch is always as long.
function tooMuch(core) {
  const report = reportBytes({ epoch: '0000-00-00' }, answerOrLongest());
  if (report.length > DATA.limits.tipJson) return false;
  core.choose(report, sealable());
  return core.tarLength() === TOO_LONG;
}

// Everything that stands against sending, as `[key, values]`, before anything is sealed.
function problems(core, line) {
  // It can have come while somebody wrote.
  if (BOARD_STOPS[board.state]) return [[BOARD_STOPS[board.state], {}]];
  const found = [];
  const report = makeReport(line, answerOrLongest());
  const { report: told } = report;
  if (told.incident.length === 0 && told.story.trim() === '' && report.files.length === 0) found.push(['problem-empty', {}]);
  if (storyLeft() < 0) found.push(['problem-long', { bytes: -storyLeft() }]);
  if (told.consent.includes('only_after') && told.only_after === null) found.push(['consent-only-after-missing', {}]);
  if (whenMissing(told.when)) found.push(['problem-when', {}]);
  const blocked = filesProblem();
  if (blocked) return [...found.filter(([key]) => key !== 'problem-empty'), blocked];
  const over = reportBytes(line, answerOrLongest()).length - DATA.limits.tipJson;
  if (over > 0) found.push(['problem-report', { bytes: over }]);
  if (found.length > 0) return found;
  return tooMuch(core) ? [['together-over', {}]] : [];
}

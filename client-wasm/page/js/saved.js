// A copy of the page that was saved on a device: it sends nothing. What was told is locked into one file, tip.age, which is
// sent later from elsewhere. It is the only thing that this page ever lets somebody keep.

const IS_SAVED = location.protocol === 'file:';

// The sealed tip, collected piece by piece: what is sealed already need not stay in the page's own memory.
async function lockIntoFile(sealing, stopped, progress) {
  const parts = [];
  for (;;) {
    const part = await sealing.next(stopped, progress);
    if (part) parts.push(new Blob([part.bytes]));
    if (!part || part.digest === null) return new Blob(parts, { type: 'application/octet-stream' });
  }
}

// A large file must be on its way so many days before its week is no longer taken.
const DAYS_TO_FINISH = 3;

// Offers the file. Its week is the line's own, the first of those that are taken.
function showSaved(file, { taken: [[start, end]] }) {
  const inParts = file.size >= 1.5 * DATA.limits.oneRequest;
  const until = dayNumber(end) - (inParts ? DAYS_TO_FINISH : 0);
  forgetSaved();
  byId('saved-link').href = URL.createObjectURL(file);
  byId('saved-text').replaceChildren(dated('p', 'saved-before', { start, until }), message('p', 'saved-how'), message('p', IS_SAVED ? 'saved-trace' : 'saved-trace-file', {}, { className: 'note' }));
  show('saved');
}

function forgetSaved() {
  const link = byId('saved-link');
  if (link?.href) URL.revokeObjectURL(link.href);
  link?.removeAttribute('href');
}

// What a copy does not do it does not say either.
const SAVED_SAYS = { 'send-button': 'button-lock', 'form-hint': 'saved-form-hint' };
function sayIsSaved() {
  for (const [id, key] of Object.entries(SAVED_SAYS)) tell(byId(id), () => say(key));
  byId('send-first').hidden = true;
}

// A copy that a browser made of the page as it stood holds what was shown and ticked then: it starts like any other.
function afresh() {
  for (const element of document.querySelectorAll('[data-said]')) element.removeAttribute('data-said');
  for (const id of ['line', 'receipt', 'problems', 'already', 'worse-line', 'saved-text', 'sent-text', 'sent-support', 'idle-text',
    'send-text', 'fail-text', 'emergency', 'about-text', 'finished-weeks', 'finished-problem', 'finished-name']) byId(id).replaceChildren();
  for (const id of ['emergency', 'about', 'finished', 'tell', 'tell-anyway', 'board-again', 'problems', 'already']) byId(id).hidden = true;
  byId('idle').removeAttribute('open');
  byId('finished-file').value = '';
  forgetSaved();
  clearForm();
  for (const screen of document.querySelectorAll('.screen')) screen.hidden = screen.id !== 'first';
}

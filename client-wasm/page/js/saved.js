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
  byId('saved-text').replaceChildren(dated('p', 'saved-before', { start, until }), message('p', 'saved-how'), message('p', 'saved-trace', {}, { className: 'note' }));
  show('saved');
}

function forgetSaved() {
  const link = byId('saved-link');
  if (link?.href) URL.revokeObjectURL(link.href);
  link?.removeAttribute('href');
}

// What a copy does not do it does not say either.
const SAVED_SAYS = { 'send-button': 'button-lock', 'send-title': 'saved-locking', 'form-hint': 'saved-form-hint' };
function sayIsSaved() {
  for (const [id, key] of Object.entries(SAVED_SAYS)) tell(byId(id), () => say(key));
  byId('send-first').hidden = true;
}

// The person's own words: how much room is left, and quiet notes about what could point to them. Nothing is sent.

// Every repetition is bounded: a page of Chinese is one long run without a space.
const CHECKS = [
  ['note-email', /[^\s@]{1,64}@[^\s@]{1,200}\.[^\s@]{2,60}/gu],
  ['note-link', /\b(?:https?:\/\/|www\.)\S{1,2000}/giu],
  ['note-id', /(?<!\d)\d{17}[\dX](?!\d)|\b[A-Z]{1,2}\d{7,8}\b/giu],
  ['note-date', /(?<!\d)\d{4}[-./年]\s?\d{1,2}[-./月]\s?\d{1,2}(?!\d)|(?<!\d)\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})(?!\d)|\d{1,2}\s?月\s?\d{1,2}\s?[日号]/gu],
  ['note-digits', /(?<!\d)(?:\d[\s().-]?){7,40}/gu],
];

// Digits of every script count as digits, full-width letters as letters.
function plain(text) {
  return text.normalize('NFKC').replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    let zero = digit.codePointAt(0);
    const value = zero;
    while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1)) && value - zero < 9) zero -= 1;
    return String((value - zero) % 10);
  });
}

// What one check has explained, the next ones no longer see.
function notesFor(text) {
  let rest = plain(text);
  return CHECKS.filter(([, pattern]) => {
    const before = rest;
    rest = rest.replace(pattern, ' … ');
    return rest !== before;
  }).map(([key]) => key);
}

// Half of a broken pair of surrogates is no character that could be sealed.
const whole = (text) => text.replace(/\p{Cs}/gu, '\ufffd');

// Bytes between the quotation marks of the JSON string.
const escapedLength = (text) => new TextEncoder().encode(JSON.stringify(whole(text))).length - 2;

const storyLeft = () => DATA.limits.story - escapedLength(byId('story').value);

function watchStory() {
  const counted = byId('story-left');
  const notes = byId('story-notes');
  let before = '';
  const count = () => {
    const left = storyLeft();
    tell(counted, () => say(left < 0 ? 'story-over' : 'story-left', { bytes: Math.abs(left).toLocaleString(language) }));
    counted.classList.toggle('note', left < 0);
    const keys = notesFor(byId('story').value);
    if (keys.join() !== before) notes.replaceChildren(...keys.map((key) => message('p', key, {}, { className: 'note' })));
    before = keys.join();
  };
  byId('story').addEventListener('input', count);
  count();
}

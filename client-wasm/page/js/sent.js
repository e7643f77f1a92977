// After sending: what happens now, and when to come back. No number, no time of sending and no proof.

// So many times the board is issued anew before an answer goes.
const ISSUES = 8;

// `receipt` is null for whom nobody can answer. What was locked elsewhere may hold one: nobody here can tell, and nothing can
// be added to it.
function showSent(receipt, elsewhere) {
  const dates = expected();
  for (const id of ['sent-more', 'sent-more-hint']) byId(id).hidden = elsewhere;
  byId('sent-first').hidden = !elsewhere;
  // What was sent is not sent once more by mistake.
  if (elsewhere) byId('finished-file').value = '';
  byId('finished-name').textContent = '';
  const answer = () => (receipt ? withReceipt(dates) : [message('p', 'sent-no-answer', {}, { id: 'sent-answer' })]);
  byId('sent-text').replaceChildren(
    message('p', 'sent-kept'),
    message('p', 'sent-next'),
    ...(dates ? [dated('p', 'sent-reading', dates)] : []),
    ...(elsewhere ? [] : answer()),
    message('p', 'sent-no-proof'),
  );
  const support = ownWords('support');
  byId('sent-support').hidden = !support;
  byId('sent-support').replaceChildren(...(support ? [message('h2', 'sent-support'), support] : []));
  show('sent');
}

// An answer stays for so many whole weeks.
function withReceipt(dates) {
  const weeks = Math.floor((ISSUES * rhythm()) / 7);
  return [
    dates ? dated('p', 'sent-come-back', dates) : message('p', 'sent-come-back-some-day'),
    message('p', 'sent-answer-stays', { weeks }),
    message('p', 'sent-answer', {}, { id: 'sent-answer' }),
  ];
}

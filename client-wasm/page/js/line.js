// The first screen: whose letterbox this is, or why nothing must be written here. Said before anybody writes a word.

const SENTENCES = {
  'no-documents': 'stop-no-documents',
  malformed: 'stop-malformed',
  'wrong-signature': 'stop-wrong-signature',
  'another-site': 'stop-another-site',
  'link-disagrees': 'stop-link-disagrees',
  'clock-wrong': 'stop-clock',
  closed: 'stop-closed',
  'not-open-yet': 'stop-not-open-yet',
  engine: 'stop-engine',
  random: 'stop-random',
};

// Shows the state of the line and how far it is read; answers whether people can write.
function showLine(line) {
  const box = byId('line');
  const stop = line.ok ? BOARD_STOPS[board.state] : SENTENCES[line.reason] ?? 'stop-malformed';
  box.classList.toggle('stop', Boolean(stop));
  const ready = !stop && board.state !== 'asking';
  // What has the keyboard's place may go: then that is on the heading of what comes instead.
  const held = document.activeElement;
  const warned = ready && mustBeWarned(line);
  byId('tell').hidden = !ready || warned;
  byId('tell-anyway').hidden = !warned;
  byId('finished').hidden = !ready || board.state === 'saved';
  byId('board-again').hidden = stop ? !line.ok : !(warned && board.state !== 'read');
  tell(byId('board-again'), () => say(stop ? 'button-reload' : 'button-board-again'));
  const lost = box.contains(held) || (held?.closest('.go') === byId('tell').parentElement && !isShown(held));
  box.replaceChildren(...(stop ? stopLine(line, stop) : openLine(line)));
  const heading = box.querySelector('h2');
  heading.tabIndex = -1;
  if (lost) heading.focus({ preventScroll: true });
  return line.ok;
}

function openLine(line) {
  const groups = make('p', { className: 'groups', dir: 'ltr', lang: 'zxx' });
  groups.append(...line.groups.split(' ').map((group) => make('span', { textContent: group })));
  const saved = board.state === 'saved';
  return [
    make('h2', { text: () => `${say(saved ? 'saved-copy' : 'line-open')} ${say('line-owner', { org: line.org })}` }),
    ...boardLines(line),
    ...languagesRead(),
    ...(line.linked ? [message('p', 'line-link-agrees')] : []),
    // Said again when the board has come: who had it open reads on.
    make('details', { open: Boolean(byId('line').querySelector('details')?.open) },
      message('summary', 'line-compare'),
      message('p', 'line-fingerprint'),
      groups,
      make('p', { className: 'hint', dir: 'ltr', textContent: line.root }),
      dated('p', 'line-open-locked', { start: line.epoch })),
  ];
}

function stopLine(line, key) {
  const values = { ...line, host: location.host || location.href.split('#')[0], today: new Date().toISOString().slice(0, 10) };
  return [
    message('h2', 'stop-title'),
    message('p', key, values),
    message('p', 'stop-nothing-sent'),
  ];
}

// Whether the system's generator gives anything at all; the core looks again at every use.
function randomWorks() {
  try {
    return random(32).some((byte) => byte !== 0);
  } catch {
    return false;
  }
}

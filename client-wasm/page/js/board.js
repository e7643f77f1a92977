// The board: how far the organisation has read. It is fetched on every visit, before anything is chosen. What could not be
// learned is said, and people decide; what somebody forged stops everything.

const BOARD = { slow: 30 * 1000, patience: 5 * 60 * 1000, longest: 8192 + 512 * 5771 + 2048, tail: 2048, piece: 16 * 1024 };
// After so many days without any notice a line is no longer new.
const NEW_FOR = 15;
// A board is never older while somebody reads; the core draws the same line.
const FRESH = 15;
const USUAL_RHYTHM = 7;
const BOARD_STOPS = { forged: 'stop-board-forged', 'another-intake': 'stop-board-intake' };
const BOARD_UNKNOWN = ['slow', 'network', 'strange'];
// What is known now. `state`: asking, slow, network, strange, none, saved, read, forged, another-intake. When it was read,
// what its head says stands beside.
let board = { state: 'asking' };

// Asks for it; `changed` is called whenever more is known.
async function askBoard(core, changed) {
  const mine = {};
  const become = (known) => {
    if (mine.over) return;
    board = { ...known, stop };
    changed();
  };
  const stop = () => {
    mine.over = true;
    mine.request?.abort();
  };
  board.stop?.();
  if (location.protocol === 'file:') return become({ state: 'saved' });
  become({ state: 'asking' });
  const slow = setTimeout(() => become({ state: 'slow' }), BOARD.slow);
  const known = await fetchBoard(mine).then((bytes) => (bytes ? readBoard(core, bytes, mine) : { state: 'none' }))
    .catch((problem) => ({ state: BOARD_UNKNOWN.includes(problem.code) ? problem.code : 'strange' }));
  clearTimeout(slow);
  return become(known);
}

// The body; null when the letterbox says that there is none.
function fetchBoard(mine) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    mine.request = request;
    request.open('GET', '/board');
    request.responseType = 'arraybuffer';
    request.timeout = BOARD.patience;
    const failed = (code) => () => reject(new Problem(code));
    request.onprogress = ({ loaded }) => {
      if (loaded <= BOARD.longest) return;
      failed('strange')();
      request.abort();
    };
    request.ontimeout = failed('network');
    request.onerror = failed('network');
    request.onabort = failed('network');
    request.onload = () => {
      const bytes = new Uint8Array(request.response ?? new ArrayBuffer(0));
      if (bytes.length === 0 || bytes.length < Number(request.getResponseHeader('Content-Length') ?? 0)) return failed('network')();
      if (request.status === 200) return resolve(bytes);
      return saysNone(request.status, bytes) ? resolve(null) : failed('strange')();
    };
    request.send();
  });
}

function saysNone(status, bytes) {
  try {
    const { ok, say: said } = JSON.parse(new TextDecoder().decode(bytes));
    return status === 404 && ok === false && said === 'not-found';
  } catch {
    return false;
  }
}

// In pieces: without compiled code its digest takes seconds.
async function readBoard(core, bytes, mine) {
  const { engine } = core;
  core.give(bytes.subarray(Math.max(0, bytes.length - BOARD.tail)));
  let step = engine.board_start(bytes.length);
  for (let at = 0; step !== FAILED && at < bytes.length; at += BOARD.piece) {
    core.give(bytes.subarray(at, at + BOARD.piece));
    step = engine.board_feed();
    await breathe();
    // Another one is being read by now.
    if (mine.over) return { state: 'strange' };
  }
  if (step !== FAILED) step = engine.board_end(today());
  const said = core.said();
  if (step !== FAILED) return { state: 'read', ...said };
  return { state: said.reason in BOARD_STOPS ? said.reason : 'strange' };
}

// Days between two readings, as the organisation says it, or as the board shows it.
const rhythm = () => site?.rhythm_days ?? Math.max(USUAL_RHYTHM, board.next ? dayNumber(board.next) - dayNumber(board.issued) : 0);

// Its age today: the page may have been open for days. Null when its day has not come yet.
const boardAge = () => (board.age === null ? null : Math.max(board.age, today() - dayNumber(board.issued)));

// When what is sent today is to be opened, and when an answer can be there; null when nobody can tell.
function expected() {
  if (board.state !== 'read' || board.age === null || boardAge() > 2 * rhythm()) return null;
  let reading = dayNumber(board.next);
  while (reading <= today()) reading += rhythm();
  return { reading, answer: reading + rhythm() };
}

// Whether people must first have read that nobody knows whether this line is read.
const mustBeWarned = (line) => BOARD_UNKNOWN.includes(board.state) || (board.state === 'read' && !expected()) || (board.state === 'none' && !isNew(line));
const isNew = ({ since }) => today() - dayNumber(since) <= Math.max(NEW_FOR, 2 * rhythm());

const isOverdue = () => dayNumber(board.next) < today();
const isOld = () => boardAge() > FRESH;

// The more, the less can be hoped for.
const GRAVITY = { slow: 4, network: 4, strange: 5 };
function gravity(line) {
  if (board.state === 'none') return isNew(line) ? 1 : 6;
  if (board.state !== 'read') return GRAVITY[board.state] ?? 0;
  if (board.age === null) return 5;
  return expected() ? Number(isOverdue()) + 2 * Number(isOld()) : 6;
}

// What is known, as paragraphs.
function boardLines(line) {
  const note = { className: 'note' };
  if (board.state === 'none') return [isNew(line) ? message('p', 'board-none') : dated('p', 'board-none-old', { since: line.since }, {}, note)];
  if (board.state !== 'read') return [message('p', `board-${board.state}`, {}, BOARD_UNKNOWN.includes(board.state) ? note : {})];
  if (board.age === null) return [message('p', 'board-clock', {}, note), ...boardNotices(line)];
  const dates = expected();
  if (!dates) return [dated('p', 'board-neglected', { opened: board.opened }, {}, note), ...boardNotices(line)];
  return [
    dated('p', 'board-opened', { opened: board.opened }),
    dated('p', 'board-dates', dates),
    ...(isOverdue() ? [dated('p', 'board-overdue', { next: board.next }, {}, note)] : []),
    ...(isOld() ? [message('p', 'board-old', { days: boardAge() }, note)] : []),
    ...boardNotices(line),
  ];
}

// What the organisation tells everybody, in the language nearest to the reader's.
function boardNotices({ org }) {
  if (board.notices.length === 0) return [];
  const tag = () => nearest(board.notices.map(([at]) => at));
  const words = (at) => board.notices.filter(([other]) => other === at).map(([, text]) => text).join('\n');
  return [message('p', 'board-notice', { org }, { className: 'hint' }), inTheirs(tag, words)];
}

// What is known of the line can grow worse while somebody writes: a board that came late, or days that passed. Then it is
// shown before anything is sent, and people decide anew.

// What they were shown: how bad it was, and what the organisation told everybody.
let saw = { gravity: 0, notices: [] };
const noticesNow = () => (board.notices ?? []).map((notice) => notice.join());

function sawLine(line) {
  saw = { gravity: gravity(line), notices: noticesNow() };
}

const isWorse = (line) => gravity(line) > saw.gravity || noticesNow().some((notice) => !saw.notices.includes(notice));

function showWorse(line) {
  if (byId('worse').hidden) return;
  const stop = BOARD_STOPS[board.state];
  byId('worse-line').replaceChildren(...(stop ? [message('p', stop)] : boardLines(line)));
  for (const id of ['worse-go', 'worse-file']) byId(id).disabled = board.state === 'asking';
}

// Answers what they choose: 'go', 'file' or 'back'.
async function decideAnew(line) {
  show('worse');
  showWorse(line);
  const way = await new Promise((settle) => {
    for (const choice of ['go', 'file', 'back']) byId(`worse-${choice}`).onclick = () => settle(choice);
  });
  if (way !== 'back') sawLine(line);
  return way;
}

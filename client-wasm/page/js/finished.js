// A finished tip.age, locked elsewhere: its outer form is checked here before a byte of it leaves, so that nobody sends a
// photograph by mistake. Then it goes as every tip goes.

const HEAD = 16 * 1024;

// Its parts, as a sealing gives them: `{bytes, digest}`, after the last null, and then `commit`.
class Finished {
  constructor(core, file) {
    this.core = core;
    this.file = file;
    this.commit = null;
  }

  async next(stopped) {
    const { core, core: { engine } } = this;
    if (stopped()) throw new Problem('stopped');
    const step = engine.finished_step();
    if (step === FAILED) throw new Problem('broken');
    if (step !== READ) {
      this.commit = ascii(core.taken());
      return null;
    }
    const bytes = await readPiece(this.file, core.want());
    core.give(bytes);
    if (engine.finished_feed() === FAILED) throw new Problem('file-changed', { name: this.file.name });
    return { bytes, digest: ascii(core.taken()) };
  }
}

// The weeks of which somebody can still hold a file; chosen by whoever locked it, for the file itself does not tell.
function showWeeks({ taken }) {
  const weeks = taken.map(([start]) => choice('radio', 'finished-week', start, () => say('finished-week', { start: dayName(start) })));
  byId('finished-weeks').replaceChildren(message('legend', 'finished-weeks'), ...weeks,
    choice('radio', 'finished-week', 'older', () => say('finished-week-older')));
}

// What stands against sending it, as a message's key; null when nothing does.
function finishedProblem(core, taken, file, head, week) {
  if (!file) return 'finished-no-file';
  if (week === undefined) return 'finished-no-week';
  const at = taken.findIndex(([start]) => start === week);
  if (at < 0) return 'finished-too-old';
  if (file.size >= 2 ** 32) return 'finished-not-a-tip';
  core.give(head);
  if (core.engine.finished(file.size, at) === FAILED) return core.said().reason === 'wrong-keys' ? 'finished-wrong-keys' : 'finished-not-a-tip';
  return null;
}

const finishedSays = (key, values) => byId('finished-problem').replaceChildren(message('p', key, values, { className: 'note' }));

// Checks what was chosen and hands it to `sending`; says what is wrong otherwise.
async function sendFinished(core, sending) {
  const [file] = byId('finished-file').files;
  const [week] = chosen('finished-week');
  byId('finished-problem').replaceChildren();
  try {
    // The core looks at one file at a time.
    await queue;
    const head = file ? await readPiece(file, { at: 0, length: Math.min(HEAD, file.size) }) : null;
    const problem = BOARD_STOPS[board.state] ?? finishedProblem(core, sending.line.taken, file, head, week);
    if (problem) return finishedSays(problem);
    const { whole } = core.said();
    return await sending.sendFinished(file, week, whole);
  } catch (problem) {
    return finishedSays(problem.code ?? 'finished-not-a-tip', problem.values);
  }
}

// The start: the core is checked, the documents are checked, and only then can anybody write.

async function start() {
  afresh();
  chooseLanguages();
  byId('runs').indeterminate = true;
  sayAll();
  let core = null;
  let sending = null;
  const gone = () => {
    sending?.leave();
    board.stop?.();
    leave(core);
  };
  watchLeaving(gone);
  tell(byId('line'), () => say('line-checking'));
  const stopped = (reason) => {
    byId('line').removeAttribute('data-said');
    return showLine({ ok: false, reason });
  };
  try {
    core = new Core(await startEngine());
  } catch {
    return stopped('engine');
  }
  if (!randomWorks()) return stopped('random');
  const check = () => core.check(byId('documents').textContent, location.host, location.hash);
  let line = check();
  byId('line').removeAttribute('data-said');
  readSite(line.site);
  showSite();
  // Another link opened in the same tab changes the fragment only: what it says is compared as well.
  window.addEventListener('hashchange', () => {
    if (!sending) return location.reload();
    if (sending.busy) return undefined;
    line = check();
    if (!showLine(line)) {
      forgetNumbers();
      return show('first');
    }
    showWeeks(line);
    if (line.epoch !== sending.line.epoch) sending.drop();
    sending.line = line;
    return undefined;
  });
  if (!showLine(line)) return undefined;
  sending = new Sending(core, line);
  const ask = () => askBoard(core, () => { showLine(line); showWorse(line); });
  ask();
  // Now that it is known how often they read.
  clearForm();
  showWeeks(line);
  if (IS_SAVED) sayIsSaved();
  watchStory();
  watchFiles(core);
  watchIdle(() => sending.busy, gone);
  const press = (id, work) => byId(id).addEventListener('click', work);
  // Not at `change`: leaving a text field would move the button away from under the finger.
  byId('form').addEventListener('input', () => showProblems([]));
  for (const id of ['tell', 'tell-anyway']) {
    press(id, () => {
      sawLine(line);
      show('form');
    });
  }
  press('worse-again', ask);
  press('board-again', () => (BOARD_STOPS[board.state] ? location.reload() : ask()));
  press('language', () => show('first'));
  press('send-button', () => sending.start());
  press('send-stop', () => sending.stop());
  press('fail-again', () => sending.again());
  press('fail-back', () => sending.back());
  press('fail-reload', () => location.reload());
  press('saved-back', () => show('form'));
  press('finished-send', () => sendFinished(core, sending));
  byId('finished-file').addEventListener('change', () => {
    byId('finished-name').textContent = byId('finished-file').files[0]?.name ?? '';
    byId('finished-problem').replaceChildren();
  });
  press('sent-more', () => showMore());
  press('sent-first', () => show('first'));
  return undefined;
}

start();

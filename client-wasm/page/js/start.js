// The start: the core is checked, the documents are checked, and only then can anybody write.

async function start() {
  chooseLanguages();
  document.body.classList.add('runs');
  sayAll();
  let core = null;
  let sending = null;
  const gone = () => {
    sending?.leave();
    leave(core);
  };
  watchLeaving(gone);
  tell(byId('line'), () => say('line-checking'));
  try {
    core = new Core(await startEngine());
  } catch {
    return showLine({ ok: false, reason: 'engine' });
  }
  if (!randomWorks()) return showLine({ ok: false, reason: 'random' });
  const check = () => core.check(byId('documents').textContent, location.host, location.hash);
  const line = check();
  byId('line').removeAttribute('data-said');
  // Another link opened in the same tab changes the fragment only: what it says is compared as well.
  window.addEventListener('hashchange', () => {
    if (!sending) return location.reload();
    if (sending.busy) return undefined;
    const now = check();
    if (!showLine(now)) return show('first');
    if (now.epoch !== sending.line.epoch) sending.drop();
    sending.line = now;
    return undefined;
  });
  if (!showLine(line)) return undefined;
  sending = new Sending(core, line);
  makeForm();
  watchStory();
  watchFiles(core);
  watchIdle(() => sending.busy, gone);
  const press = (id, work) => byId(id).addEventListener('click', work);
  // Not at `change`: leaving a text field would move the button away from under the finger.
  byId('form').addEventListener('input', () => showProblems([]));
  press('tell', () => show('form'));
  press('language', () => show('first'));
  press('send-button', () => sending.start());
  press('send-stop', () => sending.stop());
  press('fail-again', () => sending.again());
  press('fail-back', () => sending.back());
  press('fail-reload', () => location.reload());
  press('sent-more', () => show('form'));
  return undefined;
}

start();

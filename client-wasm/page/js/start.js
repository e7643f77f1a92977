// The start: the core is checked, the documents are checked, and only then can anybody write.

async function start() {
  chooseLanguages();
  document.body.classList.add('runs');
  sayAll();
  let core = null;
  let sending = null;
  const gone = () => leave(core);
  watchLeaving(gone);
  tell(byId('line'), () => say('line-checking'));
  try {
    core = new Core(await startEngine());
  } catch {
    return showLine({ ok: false, reason: 'engine' });
  }
  if (!randomWorks()) return showLine({ ok: false, reason: 'random' });
  const line = core.check(byId('documents').textContent, location.host, location.hash);
  byId('line').removeAttribute('data-said');
  if (!showLine(line)) return undefined;
  sending = new Sending(core, line);
  makeForm();
  watchStory();
  watchFiles(core);
  watchIdle(() => sending.busy, gone);
  const press = (id, work) => byId(id).addEventListener('click', work);
  byId('form').addEventListener('change', () => showProblems([]));
  press('tell', () => show('form'));
  press('send-button', () => sending.start());
  press('send-stop', () => sending.stop());
  press('fail-again', () => sending.again());
  press('fail-back', () => sending.back());
  press('fail-reload', () => location.reload());
  press('sent-more', () => show('form'));
  return undefined;
}

start();

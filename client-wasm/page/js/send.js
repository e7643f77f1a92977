// Locking and sending. It is sealed once; what is sealed is kept until the letterbox says that it has it.

const ANSWERS = {
  full: 'fail-full',
  'not-open-yet': 'fail-not-open',
  'too-slow': 'fail-network',
  broken: 'fail-busy',
  'epoch-closed': 'fail-epoch',
};
const PATIENCE = 20 * 60 * 1000;
const NO_USE = ['fail-epoch', 'fail-refused'];
const kilobytes = (bytes) => Math.ceil(bytes / 1000).toLocaleString(language);

class Sending {
  constructor(core, line) {
    this.core = core;
    this.line = line;
    this.sealed = null;
    this.request = null;
    this.busy = false;
    this.stopped = false;
  }

  // From the form: checks, seals, sends.
  async start() {
    const found = problems(this.core, this.line);
    showProblems(found);
    if (found.length > 0) return;
    this.begin();
    try {
      this.sealed = await this.lock();
      await this.send();
    } catch (problem) {
      this.fail(problem);
    } finally {
      this.busy = false;
    }
  }

  // The same sealed bytes once more: if they had arrived, they are kept once.
  async again() {
    if (!this.sealed) return this.start();
    this.begin();
    try {
      return await this.send();
    } catch (problem) {
      return this.fail(problem);
    } finally {
      this.busy = false;
    }
  }

  begin() {
    this.busy = true;
    this.stopped = false;
    show('sending');
  }

  async lock() {
    const chosenFiles = sealable();
    this.core.choose(reportBytes(this.line), chosenFiles);
    const total = this.core.tarLength();
    const progress = (done) => this.progress('send-locking', Math.min(done, total), total);
    progress(0);
    return this.core.seal(chosenFiles, this.line.fresh, progress, () => this.stopped);
  }

  progress(key, done, total) {
    byId('send-bar').max = total;
    byId('send-bar').value = done;
    tell(byId('send-text'), () => say(key, { done: kilobytes(done), total: kilobytes(total) }));
  }

  async send() {
    const { size: total } = this.sealed;
    this.progress('send-going', 0, total);
    const answer = await new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open('POST', `/tips/${this.line.epoch}`);
      request.upload.onprogress = ({ loaded }) => this.progress('send-going', Math.min(loaded, total), total);
      request.upload.onload = () => this.progress('send-waiting', total, total);
      request.onload = () => resolve(request);
      // Long enough for the largest message at a few kilobytes a second; a letterbox that never answers ends here.
      request.timeout = PATIENCE;
      request.ontimeout = () => reject(new Problem('fail-network'));
      request.onerror = () => reject(new Problem('fail-network'));
      request.onabort = () => reject(new Problem('stopped'));
      request.send(this.sealed);
    });
    const said = readAnswer(answer);
    if (said !== 'kept') throw new Problem(ANSWERS[said] ?? 'fail-refused', { code: said });
    this.sealed = null;
    this.request = null;
    this.core.choose(new Uint8Array(0), []);
    clearForm();
    show('sent');
  }

  stop() {
    this.stopped = true;
    this.request?.abort();
  }

  fail(problem) {
    const known = problem instanceof Problem ? problem : new Problem('broken');
    if (['file-changed', 'file-unreadable'].includes(known.code)) {
      show('form');
      return showProblems([[known.code, known.values]]);
    }
    let key = known.code === 'stopped' ? 'fail-stopped' : known.code;
    if (key === 'fail-stopped' && !this.sealed) return show('form');
    if (key === 'fail-epoch' && this.nextKeys()) key = 'fail-next-keys';
    tell(byId('fail-text'), () => (key in texts().messages ? say(key, known.values) : say('fail-locking', { code: known.code })));
    byId('fail-kept').hidden = !this.sealed;
    byId('fail-again').hidden = NO_USE.includes(key);
    byId('fail-reload').hidden = !NO_USE.includes(key);
    return show('failed');
  }

  // A page that stayed open past its week has the next week's keys with it: nothing that was written need be lost.
  nextKeys() {
    const line = this.core.check(byId('documents').textContent, location.host, location.hash);
    if (!line.ok || line.epoch === this.line.epoch) return false;
    this.line = line;
    this.sealed = null;
    return true;
  }

  // Back to the form: what is changed there makes another sealed message.
  back() {
    this.sealed = null;
    show('form');
  }
}

// The letterbox's word; anything that isn't one of its answers counts as none.
function readAnswer(request) {
  let said;
  try {
    said = JSON.parse(request.responseText);
  } catch {
    throw new Problem('fail-strange');
  }
  const ok = request.status === 201 && said?.ok === true && said.say === 'kept';
  if (ok) return 'kept';
  if (said?.ok !== false || !/^[a-z-]{1,40}$/.test(said.say)) throw new Problem('fail-strange');
  return said.say;
}

function showProblems(found) {
  const box = byId('problems');
  box.hidden = found.length === 0;
  box.replaceChildren(...(found.length === 0 ? [] : [message('h2', 'problem-title')]), ...found.map(([key, values]) => message('p', key, values)));
  if (found.length > 0) box.focus();
}

// After it was kept: nothing of it stays in the page.
function clearForm() {
  files = [];
  for (const id of ['first-fields', 'more-fields', 'file-list', 'file-notes']) byId(id).replaceChildren();
  byId('story').value = '';
  byId('story').dispatchEvent(new Event('input'));
  byId('more').open = false;
  makeForm();
}

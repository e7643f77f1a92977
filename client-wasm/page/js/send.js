// Locking and sending. It is sealed once; what is sealed is kept until the letterbox says that it has it.

const ANSWERS = {
  full: 'fail-full',
  'not-open-yet': 'fail-not-open',
  'too-slow': 'fail-network',
  broken: 'fail-busy',
  'wrong-digest': 'fail-network',
  'epoch-closed': 'fail-epoch',
};
const PATIENCE = 20 * 60 * 1000;
const NO_USE = ['fail-epoch', 'fail-refused', 'finished-too-old'];
// Nothing sealed is of use any more: what follows is locked anew.
const ANEW = ['fail-lost', 'fail-next-keys'];
// Problems of the fields that always show; all others are of what stands behind "more".
const IN_SIGHT = ['problem-empty', 'problem-when', 'consent-only-after-missing'];
// How often it is tried by itself without anything having arrived, and how many seconds apart, at a moment nobody can expect.
const AGAIN = {
  'fail-full': { times: 12, from: 30, to: 300, say: 'send-full' },
  'fail-network': { times: 20, from: 5, to: 60, say: 'send-broken' },
  'fail-busy': { times: 20, from: 5, to: 60, say: 'send-broken' },
};
// Before so many milliseconds no pace is one.
const SETTLED = 3000;
const kilobytes = (bytes) => Math.ceil(bytes / 1000).toLocaleString(language);
const between = (from, to) => from + Math.round(((to - from) * random(1)[0]) / 255);

// How long it takes yet, as a message; null as long as nobody can tell. `elapsed` milliseconds were needed for `done` bytes.
function timeLeft(elapsed, done, left) {
  if (elapsed < SETTLED || done <= 0 || left <= 0) return null;
  const minutes = (elapsed / done) * left / 60_000;
  if (minutes < 1) return ['send-left-soon'];
  if (minutes < 90) return ['send-left-minutes', { minutes: Math.ceil(minutes) }];
  return ['send-left-hours', { hours: Math.ceil(minutes / 60) }];
}

class Sending {
  constructor(core, line) {
    this.core = core;
    this.line = line;
    // What is sealed: whole, or an upload of which most is gone already.
    this.sealed = null;
    this.upload = null;
    // The week it is sealed for; how a file that was locked elsewhere is sent once more.
    this.epoch = null;
    this.elsewhere = null;
    // Whether it is locked into a file that somebody keeps, and not sent.
    this.intoFile = IS_SAVED;
    this.request = null;
    this.wake = null;
    // Since when, and from where on, it has been going as it goes now.
    this.pace = null;
    this.busy = false;
    this.stopped = false;
    this.left = false;
  }

  // From the form: checks, seals, sends.
  async start() {
    this.intoFile = IS_SAVED;
    if (!await this.ready()) return undefined;
    if (!await receiptSettled(this.core, this.line)) return show('form');
    // Minutes may have passed: what is known of the line may be something else now.
    if (await this.ready()) await this.work(() => this.lock());
    return undefined;
  }

  // Whether it may go as it is, after people have read what is worse than what they were shown.
  async ready() {
    while (this.mayGo()) {
      if (!isWorse(this.line)) return true;
      const way = await decideAnew(this.line);
      if (way === 'back') {
        show('form');
        return false;
      }
      this.intoFile ||= way === 'file';
    }
    return false;
  }

  // Whether nothing stands against sending; else it is said on the form.
  mayGo() {
    const found = problems(this.core, this.line);
    if (found.length > 0) show('form');
    showProblems(found);
    return found.length === 0;
  }

  // The same sealed bytes once more: what has arrived is kept once.
  async again() {
    if (this.sealed || this.upload) await this.work(() => {});
    else await (this.elsewhere ? this.elsewhere() : this.start());
  }

  async work(lock) {
    this.busy = true;
    this.stopped = false;
    tell(byId('send-title'), () => say(this.intoFile ? 'saved-locking' : 'send-title'));
    this.pace = null;
    show('sending');
    try {
      await lock();
      if (this.stopped) throw new Problem('stopped');
      if (this.intoFile) return showSaved(this.sealed, this.line);
      await (this.upload ? this.sendParts() : this.sendWhole());
      this.sent();
    } catch (problem) {
      this.fail(problem);
    } finally {
      this.busy = false;
    }
  }

  // Over 1 MiB it is sealed while it is sent.
  async lock() {
    // What was sealed before holds other words.
    this.drop();
    const chosenFiles = sealable();
    this.elsewhere = null;
    this.epoch = this.line.epoch;
    this.core.choose(reportBytes(this.line), chosenFiles);
    const total = this.core.tarLength();
    const sealing = this.core.seal(chosenFiles, this.line.fresh);
    let [done, shown] = [0, -1];
    // A hundred times at most: to say it takes longer than to lock a slice.
    const progress = (more) => {
      done = Math.min(done + more, total);
      const percent = Math.floor((100 * done) / total);
      if (percent === shown) return;
      shown = percent;
      this.progress('send-locking', done, total);
    };
    if (this.intoFile) {
      this.sealed = await lockIntoFile(sealing, () => this.stopped, progress);
      return;
    }
    if (total > DATA.limits.oneRequest) {
      this.upload = new Upload(this.core.upload(), sealing, (...what) => this.ask(...what));
      return;
    }
    progress(0);
    this.sealed = (await sealing.next(() => this.stopped, progress)).bytes;
  }

  // What was locked elsewhere is not told anew, and the form is left as it is.
  async sendFinished(file, epoch, whole) {
    this.drop();
    this.intoFile = false;
    this.epoch = epoch;
    this.elsewhere = () => sendFinished(this.core, this);
    await this.work(async () => {
      if (whole) this.sealed = await readPiece(file, { at: 0, length: file.size });
      else this.upload = new Upload(this.core.upload(), new Finished(this.core, file), (...what) => this.ask(...what));
    });
  }

  progress(key, done, total) {
    byId('send-bar').max = total;
    byId('send-bar').value = done;
    tell(byId('send-text'), () => say(key, { done: kilobytes(done), total: kilobytes(total) }));
    if (key !== this.pace?.key) this.pace = { key, since: performance.now(), from: done };
    const left = timeLeft(performance.now() - this.pace.since, done - this.pace.from, total - done);
    tell(byId('send-left'), () => (left ? say(...left) : ''));
  }

  // One request, to its answer's word. `watch` is given what tells how much has left.
  ask(method, path, fields, bytes, watch = () => {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, path);
      request.responseType = 'text';
      for (const [name, value] of Object.entries(fields)) request.setRequestHeader(name, value);
      if (bytes) request.setRequestHeader('Content-Type', 'application/octet-stream');
      watch(request.upload);
      request.onload = () => (isWhole(request, request.getResponseHeader('Content-Length')) ? resolve(request) : reject(new Problem('fail-network')));
      // Long enough for 1 MiB at a kilobyte a second; a letterbox that never answers ends here.
      request.timeout = PATIENCE;
      request.ontimeout = () => reject(new Problem('fail-network'));
      request.onerror = () => reject(new Problem('fail-network'));
      request.onabort = () => reject(new Problem('stopped'));
      request.send(bytes);
    }).then(readAnswer);
  }

  // Whether it had arrived is not known when the connection breaks: a person says when to send it again.
  async sendWhole() {
    const total = this.sealed.length;
    const watch = (upload) => {
      upload.onprogress = ({ loaded }) => this.progress('send-going', Math.min(loaded, total), total);
      upload.onload = () => this.progress('send-waiting', total, total);
    };
    const send = async () => {
      this.progress('send-going', 0, total);
      const said = await this.ask('POST', `/tips/${this.epoch}`, {}, this.sealed, watch);
      if (said.say !== 'kept') throw new Problem(said.ok ? 'fail-strange' : ANSWERS[said.say] ?? 'fail-refused', { code: said.say });
    };
    await this.patiently(send, ['fail-full'], () => 0);
  }

  async sendParts() {
    const { upload } = this;
    const progress = (arrived, total) => this.progress(upload.isWhole ? 'send-waiting' : 'send-parts', arrived, total);
    await this.patiently(() => upload.goOn(() => this.stopped, progress), Object.keys(AGAIN), () => upload.acknowledged);
  }

  // Tries again by itself after what passes, a few times; whatever arrives, `arrived` tells, makes it patient anew.
  async patiently(send, passing, arrived) {
    let [tries, before] = [0, arrived()];
    for (;;) {
      try {
        return await send();
      } catch (problem) {
        if (arrived() > before) [tries, before] = [0, arrived()];
        tries += 1;
        const again = passing.includes(problem.code) ? AGAIN[problem.code] : null;
        if (!again || tries > again.times) throw problem;
        await this.pause(between(again.from, again.to), again.say);
      }
    }
  }

  async pause(seconds, key) {
    this.pace = null;
    byId('send-left')?.replaceChildren();
    tell(byId('send-text'), () => say(key, { seconds }));
    await new Promise((resume) => {
      this.wake = resume;
      setTimeout(resume, seconds * 1000);
    });
    this.wake = null;
    if (this.stopped) throw new Problem('stopped');
  }

  sent() {
    this.drop();
    if (!this.elsewhere) {
      this.core.choose(new Uint8Array(0), []);
      already.push(summary());
      clearForm();
    }
    showSent(answer ?? null, Boolean(this.elsewhere));
  }

  stop() {
    this.stopped = true;
    this.request?.abort();
    this.wake?.();
  }

  // What is sealed is of no use any more.
  drop() {
    this.sealed = null;
    this.upload = null;
    this.request = null;
  }

  fail(problem) {
    if (this.left) return undefined;
    const known = problem instanceof Problem ? problem : new Problem(problem instanceof RangeError ? 'fail-memory' : 'broken');
    if (['file-changed', 'file-unreadable'].includes(known.code)) {
      this.back();
      return this.elsewhere ? finishedSays(known.code, known.values) : showProblems([[known.code, known.values]]);
    }
    const key = this.sentenceFor(known.code);
    if (key === null) return this.back();
    if (ANEW.includes(key) || !(key in texts().messages)) this.drop();
    tell(byId('fail-text'), () => (key in texts().messages ? say(key, known.values) : say('fail-locking', { code: known.code })));
    byId('fail-kept').hidden = !(this.sealed || this.upload);
    byId('fail-again').hidden = NO_USE.includes(key);
    byId('fail-reload').hidden = !NO_USE.includes(key);
    tell(byId('fail-back'), () => say(this.elsewhere ? 'button-back-first' : 'button-back'));
    return show('failed');
  }

  // Which message says it; null when nothing need be said.
  sentenceFor(code) {
    const half = this.upload && !this.upload.isWhole;
    if (code === 'stopped') return half ? 'fail-stopped-half' : this.sealed || this.upload ? 'fail-stopped' : null;
    if (code === 'fail-network' && half) return 'fail-half';
    if (code === 'fail-epoch' && this.elsewhere) return 'finished-too-old';
    if (code === 'fail-epoch' && this.nextKeys()) return 'fail-next-keys';
    return code;
  }

  // A page that stayed open past its week has the next week's keys with it: nothing that was written need be lost.
  nextKeys() {
    const line = this.core.check(byId('documents').textContent, location.host, location.hash);
    if (!line.ok || line.epoch === this.line.epoch) return false;
    this.line = line;
    showWeeks(line);
    return true;
  }

  // Back to the form: what is changed there makes another sealed message.
  back() {
    this.drop();
    show(this.elsewhere ? 'first' : 'form');
  }

  // The page is being cleared: nothing is shown any more.
  leave() {
    this.left = true;
    this.stop();
    this.drop();
  }
}

// Firefox calls it an answer when a connection ends in the middle of one, or before it.
function isWhole({ responseText }, length) {
  return responseText !== '' && responseText.length >= Number(length ?? 0);
}

function showProblems(found) {
  const box = byId('problems');
  box.hidden = found.length === 0;
  box.replaceChildren(...(found.length === 0 ? [] : [message('h2', 'problem-title')]), ...found.map(([key, values]) => message('p', key, values)));
  // What is to be mended must be seen.
  if (found.some(([key]) => !IN_SIGHT.includes(key))) byId('more').open = true;
  if (found.length > 0) box.focus();
}

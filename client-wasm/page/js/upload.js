// A tip over 1 MiB on its way in parts. A part is sealed once, kept until the letterbox acknowledged it, and then gone; the
// next one is sealed meanwhile, so that two are in memory. What breaks, goes on where it was.

const GOOD = { kept: 201, begun: 201, 'part-kept': 200, held: 200 };
const MOST_BEGINS = 8;

class Upload {
  // `plan` is the core's, `ask(method, path, fields, bytes)` gives an answer's word or fails.
  constructor(plan, sealing, ask) {
    this.plan = plan;
    this.sealing = sealing;
    this.ask = (method, path, fields, bytes) => ask(method, path, { Authorization: plan.authorization, ...fields }, bytes);
    this.begun = false;
    this.begins = 0;
    // Whether the letterbox may hold the part that was on its way.
    this.unsure = false;
    this.acknowledged = 0;
    this.arrived = 0;
    // Sealed, not acknowledged; the first has the number `acknowledged`.
    this.kept = [];
    this.done = false;
  }

  // Whether everything arrived, so that only the commit is missing.
  get isWhole() {
    return this.acknowledged === this.plan.parts;
  }

  // Goes on until the letterbox has committed it. Fails with a Problem when it can't; called again, it goes on.
  async goOn(stopped, progress) {
    while (!this.done) {
      progress(this.arrived, this.plan.total);
      if (stopped()) throw new Problem('stopped');
      if (!this.begun) await this.begin();
      else if (this.unsure) await this.look();
      else if (this.kept.length > 0) await this.send(stopped);
      else if (this.sealing.commit === null) await this.seal(stopped);
      else await this.commit();
    }
  }

  async begin() {
    const said = await this.ask('POST', '/uploads', {}, new TextEncoder().encode(this.plan.begin));
    this.expect(said, 'begun');
    this.begun = true;
  }

  // Which parts does it have? Only the one that was on its way can have arrived; what else it claims counts for nothing.
  async look() {
    const said = await this.ask('GET', '/uploads', {}, null);
    this.expect(said, 'held');
    const { parts } = this.plan;
    const bits = typeof said.held === 'string' && /^(?:[0-9a-f]{2})*$/.test(said.held) ? said.held : '';
    if (said.count !== parts || bits.length !== 2 * Math.ceil(parts / 8)) throw new Problem('fail-strange');
    const has = (at) => ((parseInt(bits.slice(2 * (at >> 3), 2 * (at >> 3) + 2), 16) >> (7 - (at & 7))) & 1) === 1;
    for (let at = 0; at < this.acknowledged; at += 1) if (!has(at)) throw new Problem('fail-lost');
    this.unsure = false;
    if (has(this.acknowledged)) this.acknowledge();
  }

  async seal(stopped) {
    const part = await this.sealing.next(stopped);
    if (part) this.kept.push(part);
  }

  // Sends a part, and seals the next one while the letterbox makes it durable.
  async send(stopped) {
    const [part] = this.kept;
    this.unsure = true;
    const asked = this.ask('PUT', `/uploads/parts/${this.acknowledged}`, { 'Content-Digest': part.digest }, part.bytes);
    const ahead = this.kept.length < 2 && this.sealing.commit === null ? this.seal(stopped) : null;
    const [answer, sealed] = await Promise.allSettled([asked, ahead]);
    if (answer.status === 'fulfilled') {
      // With a word about this part there is nothing to look for.
      this.unsure = ['broken', 'too-slow'].includes(answer.value.say);
      this.expect(answer.value, 'part-kept');
      this.acknowledge();
    }
    for (const { status, reason } of [sealed, answer]) if (status === 'rejected') throw reason;
  }

  async commit() {
    const said = await this.ask('POST', '/uploads/commit', {}, new TextEncoder().encode(this.sealing.commit));
    this.expect(said, 'kept');
    this.done = true;
  }

  acknowledge() {
    const part = this.kept.shift();
    this.acknowledged += 1;
    this.arrived += part.bytes.length;
  }

  // Anything but the wanted word stops it for now.
  expect(said, wanted) {
    if (said.say === wanted) return;
    if (said.say === 'no-upload' && this.acknowledged === 0 && this.begins < MOST_BEGINS) {
      // Forgotten before anything was durable: the same parts begin again.
      this.begins += 1;
      this.begun = false;
      this.unsure = false;
      throw new Problem('fail-busy');
    }
    // Acknowledged parts are gone there and here, and none is sealed twice: only a new sealing can follow.
    if (['no-upload', 'missing-part'].includes(said.say)) throw new Problem('fail-lost');
    if (said.ok) throw new Problem('fail-strange');
    throw new Problem(ANSWERS[said.say] ?? 'fail-refused', { code: said.say });
  }
}

// The letterbox's word, `{ok, say, …}`; anything that isn't one of its answers counts as none.
function readAnswer({ status, responseText }) {
  let said;
  try {
    said = JSON.parse(responseText);
  } catch {
    throw new Problem('fail-strange');
  }
  if (said?.ok === true && GOOD[said.say] === status) return said;
  if (said?.ok !== false || !/^[a-z-]{1,40}$/.test(said.say)) throw new Problem('fail-strange');
  return said;
}

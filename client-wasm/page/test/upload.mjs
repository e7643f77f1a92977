// The page's upload, in Node, with the built core: against a letterbox that breaks, forgets, is full and lies.
// Argument: the built tipline_core.wasm.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { begin, evidence, never, sources, start } from './core.mjs';

// What the page would show, and how long it would wait.
const said = [];
const waits = [];
const wait = (resume, ms) => { waits.push(ms / 1000); resume(); };
const { Upload, Sending, Problem, timeLeft } = new Function('tell', 'byId', 'say', 'setTimeout', 'IS_SAVED',
  `${sources('core', 'upload', 'send')}; return { Upload, Sending, Problem, timeLeft };`)((_, text) => said.push(text()), () => null, (key) => key, wait, false);
const MIB = 1024 * 1024;
const SMALL = 1.2 * MIB;
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

// As ENVELOPE describes it. `fate(n, method, path)` says what becomes of the n-th request: undefined, 'before' or 'after'
// (the connection breaks), 'forget', or a word that is answered instead.
class Letterbox {
  constructor(fate = () => undefined) {
    this.fate = fate;
    this.asked = [];
    this.parts = new Map();
    this.begun = null;
    this.acknowledged = new Set();
    this.tip = null;
  }

  async ask(method, path, fields, bytes) {
    const fate = this.fate(this.asked.length, method, path);
    this.asked.push(`${method} ${path}`);
    assert.match(fields.Authorization, /^Tip [\w-]{43}$/);
    if (fate === 'before') throw Object.assign(new Error('cut'), { code: 'fail-network' });
    if (fate === 'forget') this.begun = null;
    else if (typeof fate === 'object') return fate;
    else if (fate && fate !== 'after') return { ok: false, say: fate };
    const said = this.say(method, path, fields, bytes);
    if (fate === 'after') throw Object.assign(new Error('cut'), { code: 'fail-network' });
    if (said.say === 'part-kept') this.acknowledged.add(Number(path.split('/').pop()));
    return said;
  }

  say(method, path, fields, bytes) {
    if (`${method} ${path}` === 'POST /uploads') {
      this.begun ??= JSON.parse(new TextDecoder().decode(bytes));
      return { ok: true, say: 'begun' };
    }
    if (!this.begun) return { ok: false, say: 'no-upload' };
    const chunks = this.begun.padded / 65_536;
    const count = Math.ceil(chunks / 16);
    if (method === 'GET') {
      const bits = new Uint8Array(Math.ceil(count / 8));
      for (const at of this.parts.keys()) bits[at >> 3] |= 128 >> (at & 7);
      return { ok: true, say: 'held', count, held: Buffer.from(bits).toString('hex') };
    }
    if (method === 'PUT') {
      const number = Number(path.split('/').pop());
      assert.ok(!this.acknowledged.has(number), `part ${number} was acknowledged`);
      assert.equal(bytes.length, Math.min(16, chunks - 16 * number) * 65_552 + (number === 0 ? 86 + 3 * 1_557 : 0));
      assert.equal(fields['Content-Digest'], `sha-256=:${sha256(bytes).toString('base64')}:`);
      const held = this.parts.get(number) ?? Buffer.from(bytes);
      this.parts.set(number, held);
      return held.equals(bytes) ? { ok: true, say: 'part-kept' } : { ok: false, say: 'other-bytes' };
    }
    if (this.parts.size < count) return { ok: false, say: 'missing-part' };
    const parts = Array.from({ length: count }, (_, at) => this.parts.get(at));
    const bigEndian = Buffer.alloc(4);
    bigEndian.writeUInt32BE(count);
    const id = sha256('tipline parts', bigEndian, ...parts.map((part) => sha256(part))).toString('hex');
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes)), { id });
    this.tip = Buffer.concat(parts);
    return { ok: true, say: 'kept' };
  }
}

function upload(core, letterbox, size = 3 * MIB) {
  const sealing = begin(core, evidence(size));
  return new Upload(core.upload(), sealing, (...what) => letterbox.ask(...what));
}

// Calls it until it is done, as a person who presses "Try again"; answers what stopped it in between.
async function persist(sent, progress = () => {}, most = 50) {
  const stops = [];
  while (stops.length < most) {
    try {
      await sent.goOn(never, progress);
      return stops;
    } catch (problem) {
      if (!problem.code) throw problem;
      stops.push(problem.code);
      if (problem.code === 'fail-lost') return stops;
    }
  }
  return stops;
}

async function whole(core, size, count) {
  const letterbox = new Letterbox();
  const sent = upload(core, letterbox, size);
  const seen = [];
  let most = 0;
  const seal = sent.seal.bind(sent);
  sent.seal = async (stopped) => {
    await seal(stopped);
    most = Math.max(most, sent.kept.length);
  };
  const progress = (arrived, total) => {
    seen.push(arrived);
    assert.equal(total, sent.plan.total);
  };
  assert.deepEqual(await persist(sent, progress), []);
  const parts = Array.from({ length: count }, (_, at) => `PUT /uploads/parts/${at}`);
  assert.deepEqual(letterbox.asked, ['POST /uploads', ...parts, 'POST /uploads/commit']);
  assert.equal(letterbox.tip.length, sent.plan.total);
  assert.equal(most, 2, 'two sealed parts are the most in memory');
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  return letterbox.tip;
}

// Wherever it is cut, alone or twice in a row, the same bytes arrive and nothing acknowledged is sent again.
async function cuts(core, tip) {
  for (const kind of ['before', 'after', 'broken', 'too-slow', 'full', 'wrong-digest']) {
    for (let first = 0; first < 4; first += 1) {
      for (const times of [1, 2]) {
        const letterbox = new Letterbox((at) => (at >= first && at < first + times ? kind : undefined));
        const stops = await persist(upload(core, letterbox, SMALL));
        assert.ok(stops.length >= 1, `${kind} ${first}`);
        assert.ok(letterbox.tip.equals(tip), `${kind} ${first} ${times}: another tip`);
      }
    }
  }
}

async function forgets(core, tip) {
  const early = new Letterbox((at) => (at === 1 ? 'forget' : undefined));
  assert.deepEqual(await persist(upload(core, early)), ['fail-busy']);
  assert.ok(early.tip.equals(tip), 'forgotten before anything was acknowledged: the same parts again');
  for (const [at, kind] of [[3, 'forget'], [5, 'forget'], [5, 'missing-part'], [2, 'no-upload']]) {
    const late = new Letterbox((number) => (number === at ? kind : undefined));
    assert.deepEqual(await persist(upload(core, late)), ['fail-lost'], `${at} ${kind}`);
    assert.equal(late.tip, null);
  }
  const always = new Letterbox((at, method) => (method === 'PUT' ? 'forget' : undefined));
  const stops = await persist(upload(core, always));
  assert.equal(stops.at(-1), 'fail-lost', 'but not for ever');
}

async function lies(core) {
  const held = (count, bits) => ({ ok: true, say: 'held', count, held: bits });
  for (const answer of [held(3, 'e0'), held(4, 'f'), held(4, 'zz'), held(4, 7), { ok: true, say: 'kept' }, { ok: true, say: 'part-kept' }]) {
    const liar = new Letterbox((at, method) => (method === 'GET' ? answer : at === 1 ? 'before' : undefined));
    const stops = await persist(upload(core, liar), () => {}, 3);
    assert.deepEqual(stops, ['fail-network', 'fail-strange', 'fail-strange'], JSON.stringify(answer));
  }
  // What was never sent can't be there, whatever it claims.
  const liar = new Letterbox((at, method) => (method === 'GET' ? held(4, 'f0') : at === 2 ? 'before' : undefined));
  await persist(upload(core, liar));
  assert.ok(['PUT /uploads/parts/2', 'PUT /uploads/parts/3'].every((sent) => liar.asked.includes(sent)));
  const lost = new Letterbox((at, method) => (method === 'GET' ? held(4, '00') : at === 2 ? 'before' : undefined));
  assert.deepEqual(await persist(upload(core, lost)), ['fail-network', 'fail-lost']);
  const closed = new Letterbox((at) => (at === 2 ? 'epoch-closed' : undefined));
  assert.deepEqual(await persist(upload(core, closed), () => {}, 1), ['fail-epoch']);
}

async function stops(core, tip) {
  const letterbox = new Letterbox();
  const sent = upload(core, letterbox);
  let left = 3;
  await assert.rejects(sent.goOn(() => (left -= 1) < 0, () => {}), { code: 'stopped' });
  assert.deepEqual(await persist(sent), []);
  assert.ok(letterbox.tip.equals(tip), 'stopped in the middle of a part, it goes on there');
}

// By itself it tries again a few times, at moments nobody can expect; whatever arrives makes it patient anew.
async function patience() {
  const sending = new Sending(null, null);
  let tries = 0;
  let arrived = 0;
  const always = (code) => async () => {
    tries += 1;
    if (code === 'fail-network' && tries === 3) arrived += 1;
    throw new Problem(code);
  };
  await assert.rejects(sending.patiently(always('fail-full'), ['fail-full'], () => arrived), { code: 'fail-full' });
  assert.equal(tries, 13);
  assert.ok(waits.every((seconds) => seconds >= 30 && seconds <= 300) && new Set(waits).size > 3, String(waits));
  assert.deepEqual(new Set(said), new Set(['send-full']));
  tries = 0;
  await assert.rejects(sending.patiently(always('fail-network'), ['fail-network'], () => arrived), { code: 'fail-network' });
  assert.equal(tries, 3 + 20);
  await assert.rejects(sending.patiently(always('fail-network'), ['fail-full'], () => arrived), { code: 'fail-network' });
  assert.equal(tries, 3 + 20 + 1, 'a tip in one request is sent again by a person only');
  sending.stopped = true;
  await assert.rejects(sending.patiently(always('fail-full'), ['fail-full'], () => arrived), { code: 'stopped' });
}

// What is said of the time left: nothing too early or of nothing, then minutes rounded up, then hours.
function times() {
  const second = 1000;
  for (const early of [timeLeft(2 * second, 5, 5), timeLeft(60 * second, 0, 5), timeLeft(60 * second, 5, 0)]) assert.equal(early, null);
  assert.deepEqual(timeLeft(10 * second, 50, 50), ['send-left-soon']);
  assert.deepEqual(timeLeft(60 * second, 10, 25), ['send-left-minutes', { minutes: 3 }]);
  assert.deepEqual(timeLeft(60 * second, 1, 100), ['send-left-hours', { hours: 2 }]);
}

times();
await patience();
const core = await start(process.argv[2]);
// Two parts, the last one shorter; and four.
await cuts(core, await whole(core, SMALL, 2));
const tip = await whole(core, 3 * MIB, 4);
await forgets(core, tip);
await lies(core);
await stops(core, tip);
console.log(JSON.stringify({ upload: 'same' }));

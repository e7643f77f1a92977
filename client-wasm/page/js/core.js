// The core as the rest of the page uses it: bytes in, bytes or a reason out. The numbers are those of the core's session.

const READ = 1;
const SEALED = 2;
const FAILED = 3;
const PART = 4;
const AHEAD = 1024 * 1024;
const TOKEN = 32;
// The core gives a chunk's sealed bytes in pieces of this length at least.
const SLICE = 16 * 1024;
// What one receipt is drawn from, several times over: the core refuses another length.
const DRAWS = 2048;

// Something that has its own sentence: `code` is the message's key, or the core's reason.
class Problem extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

class Core {
  constructor({ engine, stride }) {
    this.engine = engine;
    this.stride = stride;
  }

  // Hands bytes in. The view is made anew each time: the memory may have grown.
  give(bytes) {
    const at = this.engine.input(bytes.length);
    if (at === 0 && bytes.length > 0) throw new Problem('too-large');
    new Uint8Array(this.engine.memory.buffer, at, bytes.length).set(bytes);
  }

  taken() {
    return new Uint8Array(this.engine.memory.buffer, this.engine.output(), this.engine.output_len()).slice();
  }

  said() {
    return JSON.parse(new TextDecoder().decode(this.taken()));
  }

  // Something secret: no copy of its bytes stays where the core or this page read it.
  saidOnce() {
    const there = new Uint8Array(this.engine.memory.buffer, this.engine.output(), this.engine.output_len());
    const said = JSON.parse(new TextDecoder().decode(there));
    there.fill(0);
    return said;
  }

  // Numbers come back signed.
  want() {
    const { engine } = this;
    return { file: engine.want_file() >>> 0, at: engine.want_at() >>> 0, length: engine.want_len() >>> 0 };
  }

  // Whose letterbox this is, or the reason not to write.
  check(documents, host, fragment) {
    const input = new TextEncoder().encode(`${host}\0${fragment}\0${documents}`);
    if (this.engine.input(input.length) === 0) return { ok: false, reason: 'malformed' };
    this.give(input);
    this.engine.check(Math.floor(Date.now() / 86400000));
    return this.said();
  }

  // A new receipt for this letterbox: `{numbers, recipient, tag_key}`.
  receipt() {
    this.give(random(DRAWS));
    if (this.engine.receipt() === FAILED) throw new Problem(this.said().reason);
    return this.saidOnce();
  }

  // Looks for hidden data. Answers `{number, type, len, found}`; a Problem when it can't be cleaned. `stopped` ends it.
  async look(file, stopped) {
    const number = this.engine.clean_start(file.size) >>> 0;
    for (;;) {
      if (stopped()) throw new Problem('stopped');
      const step = this.engine.clean_step(number);
      if (step === FAILED) throw new Problem(this.said().reason);
      if (step !== READ) return { number, ...this.said() };
      this.give(await readPiece(file, this.want()));
      if (this.engine.clean_feed(number) === FAILED) throw new Problem(this.said().reason);
    }
  }

  // What shall be sealed: the report's bytes, and files as `{file, cleaned: number or null}`.
  choose(report, files) {
    this.give(report);
    this.engine.tip();
    for (const { file, cleaned } of files) {
      if (cleaned === null) this.engine.add_original(file.size);
      else if (this.engine.add_cleaned(cleaned) === FAILED) throw new Problem(this.said().reason);
    }
  }

  tarLength() {
    return this.engine.tar_len() >>> 0;
  }

  // Begins to seal what was chosen.
  seal(files, freshLength) {
    this.give(random(freshLength));
    if (this.engine.seal_start() === FAILED) throw new Problem(this.said().reason);
    return new Sealing(this, files);
  }

  // What the requests of an upload say, `{begin, authorization, parts, total}`, for the sealing that has just begun. The
  // token is drawn here and known to nobody else: who has it owns the upload.
  upload() {
    const token = random(TOKEN);
    this.give(token);
    token.fill(0);
    if (this.engine.upload() === FAILED) throw new Problem(this.said().reason);
    return this.saidOnce();
  }

  // Nothing stays in the core's memory.
  wipe() {
    this.engine.wipe();
    new Uint8Array(this.engine.memory.buffer).fill(0);
  }
}

// One tip being sealed, front to back and once.
class Sealing {
  constructor(core, files) {
    this.core = core;
    this.readers = files.map(({ file }) => new ReadingAhead(file));
    this.pieces = [];
    this.inOneBreath = 0;
    this.commit = null;
  }

  // Seals on, a slice at a time, as far as the end of a part: `{bytes, digest}`. A tip in one request has one part, without
  // a digest. After the last part null; `commit` is then what commits an upload. `progress` is told how many bytes were
  // sealed. `stopped` ends it between two slices; called again, it goes on.
  async next(stopped, progress = () => {}) {
    const { core, core: { engine } } = this;
    for (;;) {
      if (stopped()) throw new Problem('stopped');
      const step = engine.seal_step();
      if (step === FAILED) throw new Problem(core.said().reason);
      if (step === READ) {
        const want = core.want();
        core.give(await this.readers[want.file].read(want));
        if (engine.seal_feed() === FAILED) throw new Problem(core.said().reason);
      } else if (step === SEALED) {
        const piece = core.taken();
        this.pieces.push(piece);
        progress(piece.length);
        await this.breatheAfter(piece.length);
      } else if (step === PART) {
        return { bytes: this.collected(), digest: ascii(core.taken()) };
      } else {
        this.commit = ascii(core.taken());
        return this.pieces.length > 0 ? { bytes: this.collected(), digest: null } : null;
      }
    }
  }

  // Each recipient of the header is a long step of its own.
  async breatheAfter(length) {
    this.inOneBreath += length;
    if (length >= SLICE && this.inOneBreath < this.core.stride) return;
    this.inOneBreath = 0;
    await breathe();
  }

  collected() {
    const bytes = new Uint8Array(this.pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.pieces = [];
    return bytes;
  }
}

async function readPiece(file, { at, length }) {
  let bytes;
  try {
    bytes = new Uint8Array(await file.slice(at, at + length).arrayBuffer());
  } catch {
    throw new Problem('file-unreadable', { name: file.name });
  }
  if (bytes.length !== length) throw new Problem('file-changed', { name: file.name });
  return bytes;
}

// A file that is sealed is read from front to back: fewer, larger reads, since each costs a turn of the browser.
class ReadingAhead {
  constructor(file) {
    this.file = file;
    this.from = 0;
    this.bytes = new Uint8Array(0);
  }

  async read({ at, length }) {
    const { file, from, bytes } = this;
    if (at < from || at + length > from + bytes.length) {
      this.bytes = await readPiece(file, { at, length: Math.max(length, Math.min(AHEAD, file.size - at)) });
      this.from = at;
    }
    return this.bytes.subarray(at - this.from, at - this.from + length);
  }
}

// Bytes from the system's generator. Used once; the caller's copy goes with the core's input.
function random(length) {
  const bytes = new Uint8Array(length);
  crypto.getRandomValues(bytes);
  return bytes;
}

const ascii = (bytes) => String.fromCharCode(...bytes);

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

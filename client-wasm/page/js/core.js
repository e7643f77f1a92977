// The core as the rest of the page uses it: bytes in, bytes or a reason out. The numbers are those of the core's session.

const READ = 1;
const SEALED = 2;
const FAILED = 3;
const AHEAD = 1024 * 1024;

// Something that has its own sentence: `code` is the message's key, or the core's reason.
class Problem extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

class Core {
  constructor(engine) {
    this.engine = engine;
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

  // Seals what was chosen, a slice at a time; `progress` is told the bytes that are sealed. `stopped` ends it.
  async seal(files, freshLength, progress, stopped) {
    this.give(random(freshLength));
    if (this.engine.seal_start() === FAILED) throw new Problem(this.said().reason);
    const readers = files.map(({ file }) => new ReadingAhead(file));
    const pieces = [];
    let done = 0;
    for (;;) {
      if (stopped()) throw new Problem('stopped');
      const step = this.engine.seal_step();
      if (step === FAILED) throw new Problem(this.said().reason);
      if (step === READ) {
        const want = this.want();
        this.give(await readers[want.file].read(want));
        if (this.engine.seal_feed() === FAILED) throw new Problem(this.said().reason);
      } else if (step === SEALED) {
        pieces.push(this.taken());
        done += pieces[pieces.length - 1].length;
        progress(done);
        await breathe();
      } else {
        return new Blob(pieces, { type: 'application/octet-stream' });
      }
    }
  }

  // Nothing stays in the core's memory.
  wipe() {
    this.engine.wipe();
    new Uint8Array(this.engine.memory.buffer).fill(0);
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

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

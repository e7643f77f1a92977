// Prints C2SP's age test vectors (npm cctv-age), one JSON object a line, files as base64.
import * as vectors from "cctv-age";
import { once } from "node:events";
import { inflateSync } from "node:zlib";

/** Splits "key: value" lines, an empty line, and the age file. */
function read(name, bytes) {
  const file = Buffer.from(bytes);
  const end = file.indexOf("\n\n");
  const lines = file.subarray(0, end).toString().split("\n");
  const all = (key) => lines.filter((l) => l.startsWith(`${key}: `)).map((l) => l.slice(key.length + 2));
  const body = file.subarray(end + 2);
  return {
    name,
    expect: all("expect")[0],
    payload: all("payload")[0] ?? null,
    fileKey: all("file key")[0] ?? null,
    identities: all("identity"),
    passphrases: all("passphrase"),
    armored: all("armored")[0] === "yes",
    file: (all("compressed")[0] === "zlib" ? inflateSync(body) : body).toString("base64"),
  };
}

for (const [name, bytes] of Object.entries(vectors)) {
  if (!process.stdout.write(`${JSON.stringify(read(name, bytes))}\n`)) await once(process.stdout, "drain");
}

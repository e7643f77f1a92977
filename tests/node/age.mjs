// Does jobs with the independent implementation (npm age-encryption): a JSON array on stdin, answers on stdout.
//   {"do":"keygen"}                                        -> {"identity","recipient"}
//   {"do":"encrypt","to":[recipients],"in","out"}          -> null
//   {"do":"encrypt","passphrase","work","in","out"}        -> null
//   {"do":"decrypt","identity" or "passphrase","in","out"} -> null, or the error's text when it does not open
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
import { readFile, writeFile } from "node:fs/promises";
import { json } from "node:stream/consumers";

async function keygen() {
  const identity = await generateHybridIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

async function encrypt(job) {
  const encrypter = new Encrypter();
  for (const recipient of job.to ?? []) encrypter.addRecipient(recipient);
  if (job.passphrase) {
    encrypter.setPassphrase(job.passphrase);
    encrypter.setScryptWorkFactor(job.work);
  }
  await writeFile(job.out, await encrypter.encrypt(await readFile(job.in)));
  return null;
}

async function decrypt(job) {
  const decrypter = new Decrypter();
  if (job.identity) decrypter.addIdentity(job.identity);
  if (job.passphrase) decrypter.addPassphrase(job.passphrase);
  try {
    await writeFile(job.out, await decrypter.decrypt(await readFile(job.in)));
    return null;
  } catch (error) {
    return String(error.message);
  }
}

const kinds = { keygen, encrypt, decrypt };
const answers = [];
for (const job of await json(process.stdin)) answers.push(await kinds[job.do](job));
console.log(JSON.stringify(answers));

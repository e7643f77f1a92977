// The page's own work on receipts, in Node: word lists unpacked, languages offered, and the room that an answer takes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const source = ['site', 'receipt'].map((part) => readFileSync(new URL(`../js/${part}.js`, import.meta.url), 'utf8')).join('\n');
const DATA = { languages: { en: { messages: { 'language-name': 'English' } }, ug: { messages: { 'language-name': 'ئۇيغۇرچە' } } } };
const { wordList, answerLanguages, LONGEST_ANSWER } = new Function('DATA', 'language',
  `${source}; return { wordList, answerLanguages, LONGEST_ANSWER };`)(DATA, 'en');

assert.deepEqual(wordList('0abandon2ility2le0zoo'), ['abandon', 'ability', 'able', 'zoo']);
assert.deepEqual(wordList('的一是'), ['的', '一', '是']);

const offered = (site) => answerLanguages({ site }).map(([tag, name]) => `${tag} ${name()}`);
const ofThePage = ['en English', 'ug ئۇيغۇرچە'];
assert.deepEqual(offered(JSON.stringify({ languages: ['ug', 'kk', 'not a tag'] })), ['ug ئۇيغۇرچە', 'kk Kazakh', 'not a tag not a tag']);
for (const silent of [null, undefined, '', '{}', '{"languages":7}']) assert.deepEqual(offered(silent), ofThePage);

const golden = JSON.parse(readFileSync(new URL('../../core/tests/data/golden.json', import.meta.url)));
const { recipient, tag_key } = golden.receipt;
assert.deepEqual([LONGEST_ANSWER.recipient.length, LONGEST_ANSWER.tag_key.length], [recipient.length, tag_key.length]);

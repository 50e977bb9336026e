/** A short run of `npm run fuzz`, and every fault it ever found. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codecs } from '../tools/fuzz/codecs.ts';
import { Fuzzer, tryInput } from '../tools/fuzz/fuzzer.ts';
import { fuzzServer } from '../tools/fuzz/server.ts';
import { fuzzSipServer } from '../tools/fuzz/server-sip.ts';

const VECTORS = join(import.meta.dirname, 'vectors', 'fuzz');
const INPUTS = 3_000;
const FOR_MS = 400;

for (const codec of codecs) {
  test(`${codec.name}: what it writes it reads back, in pieces as at once, and any bytes at all do no harm`, () => {
    const fuzzer = new Fuzzer(codec, Math.floor(Math.random() * 2 ** 32));
    const until = Date.now() + FOR_MS;
    while (fuzzer.inputs < INPUTS && Date.now() < until) assert.deepEqual(fuzzer.step(), undefined);
  });
}

for (const file of readdirSync(VECTORS).filter((name) => name.endsWith('.json'))) {
  const { codec: name, input, note } = JSON.parse(readFileSync(join(VECTORS, file), 'utf8'));
  test(`${file}: ${note}`, () => {
    const codec = codecs.find((codec) => codec.name === name)!;
    const outcome = tryInput(codec, Buffer.from(input, 'base64'));
    if ('error' in outcome) throw outcome.error;
  });
}

test('a whole server takes what two clients say in any order, answers, and loses nothing', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const report = await fuzzServer({ seed, forMs: 3_000 });
  assert.deepEqual(report.faults, [], `seed ${seed}`);
  assert.ok(report.stanzas > 0 && report.messages > 0);
});

test('a whole server takes what SIP clients say, right and wrong, in any order, answers, and loses nothing', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const report = await fuzzSipServer({ seed, forMs: 3_000 });
  assert.deepEqual(report.faults, [], `seed ${seed}`);
  assert.ok(report.messages > 0 && report.answers['2xx']! > 0 && report.answers['4xx']! > 0);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { missingPackages } from './debian.ts';
import { startTown, townAsJson } from './people.ts';

const SCRIPTS = join(import.meta.dirname, 'slixmpp');
const CHECKS = globSync(join(SCRIPTS, 'checks/*.py')).sort();

interface Outcome {
  file: string;
  failure: string | null;
}

const skip = (await missingPackages('python3-slixmpp')) ?? false;

describe('slixmpp, a client library that we did not write', { skip, timeout: 300_000 }, () => {
  let town: ServerUnderTest;
  let outcomes: (file: string) => Promise<Outcome>;

  before(async () => {
    town = await startTown('alice', 'bob', 'carol', 'dave');
    outcomes = runChecks(town);
  });
  after(() => town?.stop());

  for (const file of CHECKS) {
    test(titleOf(file), async () => {
      const { failure } = await outcomes(file);
      if (failure !== null) assert.fail(`${basename(file)}\n${failure}\n${town.output.slice(-2_000)}`);
    });
  }
});

/** One Python for all of them, because starting it takes longer than most checks do. */
function runChecks(town: ServerUnderTest): (file: string) => Promise<Outcome> {
  const promised = new Map(CHECKS.map((file) => [file, Promise.withResolvers<Outcome>()]));
  const python = spawn('/usr/bin/python3', [join(SCRIPTS, 'run_checks.py'), townAsJson(town), ...CHECKS], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  let complaints = '';
  python.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  createInterface(python.stdout).on('line', (line) => {
    const outcome = JSON.parse(line) as Outcome;
    promised.get(outcome.file)?.resolve(outcome);
  });
  python.on('close', (code) => {
    for (const [file, { resolve }] of promised) resolve({ file, failure: `Python ended with ${code}\n${complaints}` });
  });
  return (file) => promised.get(file)!.promise;
}

/** The first line of a check's docstring. */
function titleOf(file: string): string {
  return /^"""(.*?)"""/s.exec(readFileSync(file, 'utf8'))?.[1] ?? basename(file);
}

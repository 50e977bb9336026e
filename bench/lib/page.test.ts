import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell } from './figure.ts';
import { markersOf, renderRun, replaceMade } from './page.ts';
import { blank, type Result } from './report.ts';
import { Results, type RunFacts } from './results.ts';

const MARKERS = markersOf('npm run bench');
const { begin: BEGIN, end: END } = MARKERS;
const LOGIN = 'server CPU ms/login';
const CELLS: readonly Cell[] = [
  { id: 'login', title: 'log-in, TLS', figures: [{ metric: LOGIN, target: { atMost: 0.7, of: 'better' } }] },
  { id: 'plain', title: 'log-in, plain', figures: [{ metric: LOGIN }] },
  { id: 'idle', title: 'idle', figures: [{ metric: 'RSS KiB/session', target: { atMost: 61, of: 'absolute' } }] },
];

const RUN: RunFacts = {
  at: '2026-01-02T03:04:05.000Z',
  servers: ['rollcall', 'prosody-tuned', 'ejabberd'],
  rounds: 3,
  quick: false,
  key: 'ec',
  facts: { memory: '1 GiB' },
};

function result(server: string, metric: string, value: number, failures: string[] = []): Result {
  return { ...blank(server, 'login'), metrics: { [metric]: value }, failures };
}

/** The page about one cell, each server's rounds given. */
function render(id: string, metric: string, rounds: Record<string, number[]>): string {
  const results = new Results();
  for (const [server, values] of Object.entries(rounds)) {
    values.forEach((value, i) => {
      results.add(id, server, i + 1, result(server, metric, value));
    });
  }
  const measured = CELLS.filter((cell) => cell.id === id);
  return renderRun(measured, results, RUN);
}

test('what stands around the markers is left as it is', () => {
  const page = `# Performance\nby hand\n${BEGIN}\nold\n${END}\nby hand too\n`;
  const written = replaceMade(page, 'new', MARKERS);
  assert.equal(written, `# Performance\nby hand\n${BEGIN}\n\nnew\n\n${END}\nby hand too\n`);
  assert.equal(replaceMade(written, 'new', MARKERS), written);
});

test('a page without both markers is not written over', () => {
  for (const page of ['', BEGIN, `${END}${BEGIN}`, `${BEGIN}${END}${BEGIN}${END}`]) {
    assert.throws(() => replaceMade(page, 'new', MARKERS), /needs one line/);
  }
});

test('a target met and a target missed are told with the ratio and the peer it is taken to', () => {
  const met = render('login', LOGIN, { rollcall: [1.2, 1.4, 1.3], ejabberd: [2.6], 'prosody-tuned': [2] });
  assert.match(
    met,
    /\| log-in, TLS \| .* \| 1\.30 \| 2\.00 \| 2\.60 \| 0\.65 \(prosody-tuned\) \| ratio <= 0\.70 \| met \|/,
  );
  assert.match(met, /1\.30 \(1\.20 to 1\.40\)/);
  const missed = render('login', LOGIN, { rollcall: [1.4], 'prosody-tuned': [2], ejabberd: [1] });
  assert.match(missed, /1\.40 \(ejabberd\) \| ratio <= 0\.70 \| \*\*missed by 100 %\*\*/);
});

test('an absolute target holds whatever the peers need', () => {
  const page = render('idle', 'RSS KiB/session', { rollcall: [60], ejabberd: [20] });
  assert.match(page, /\| 3\.00 \(ejabberd\) \| <= 61\.0 \| met \|/);
});

test('what failed is told and has no figure', () => {
  const results = new Results();
  results.add('plain', 'rollcall', 1, result('rollcall', LOGIN, 1, ['3 sessions lost']));
  const page = renderRun(
    CELLS.filter(({ id }) => id === 'plain'),
    results,
    RUN,
  );
  assert.match(page, /1 of 1 measurements failed and do not count\*\*: rollcall, login : 3 sessions lost/);
  assert.match(page, /\| log-in, plain \| server CPU ms\/login \| - \| - \| - \| - \|/);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coreProtocols, xmppFeatures } from '#features.ts';
import { PROTOCOLS_PAGE, protocolsPage } from './protocols.ts';

test('docs/protocols.md tells of what the server speaks now', () => {
  const advice = 'docs/protocols.md is stale: run "sh tools/node24 tools/protocols.ts"';
  assert.equal(readFileSync(PROTOCOLS_PAGE, 'utf8'), protocolsPage(), advice);
});

test('each specification stands there once', () => {
  const specs = [...xmppFeatures, ...coreProtocols].map(({ spec }) => spec);
  assert.deepEqual(
    specs.filter((spec, i) => specs.indexOf(spec) !== i),
    [],
  );
});

test('what is partial or refused says what is left out, or why', () => {
  for (const { spec, status, note } of [...xmppFeatures, ...coreProtocols]) {
    assert.ok(status === 'complete' || note, spec);
  }
});

test('XEP-0138 is refused, with the reason', () => {
  assert.match(protocolsPage(), /^\| XEP-0138 \| Stream Compression \| 2\.1 \| refused \| .*CRIME/m);
});

test('rows are in the order of their numbers, and hold their columns together', () => {
  const row = (spec: string, note: string) => ({ spec, title: 't', version: '', status: 'partial', note }) as const;
  const rows = protocolsPage([row('XEP-0199', 'a|b'), row('RFC 6121 §10', 'c'), row('RFC 6121 §2', 'd\ne')])
    .split('\n')
    .slice(-4);
  assert.deepEqual(rows, [
    '| RFC 6121 §2 | t |  | partial | d e |',
    '| RFC 6121 §10 | t |  | partial | c |',
    '| XEP-0199 | t |  | partial | a\\|b |',
    '',
  ]);
});

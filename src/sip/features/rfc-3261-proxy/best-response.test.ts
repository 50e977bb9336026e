import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestResponse, type Outcome } from './best-response.ts';

const outcome = (status: number, headers: string[] = ['via', 'x']): Outcome => ({
  status,
  reason: 'R',
  headers,
  body: '',
});
const best = (...statuses: number[]) => bestResponse(statuses.map((status) => outcome(status))).status;

const rows: [responses: number[], chosen: number, why: string][] = [
  [[404, 603, 302], 603, 'RFC 3261 §16.7: a 6xx stands for everybody'],
  [[500, 404, 302], 302, 'RFC 3261 §16.7: the lowest class'],
  [[480, 486, 404], 486, 'the first of those that say something'],
  [[404, 407], 407, 'RFC 3261 §16.7: what tells how to ask again'],
  [[404, 415], 415, 'RFC 3261 §16.7: what tells how to ask again'],
  [[408, 486], 486, 'that one device is away says nothing of the person'],
  [[430, 480], 480, 'RFC 5626 §5.3: a flow that is gone is nothing to the caller'],
  [[430], 480, 'RFC 5626 §5.3: a flow that is gone is nothing to the caller'],
  [[503, 500], 500, 'RFC 3261 §16.7: rather any 5xx than 503'],
  [[503], 500, 'RFC 3261 §16.7: one branch was overloaded, not all that are here'],
  [[487, 408], 487, 'RFC 3261 §16.10: it was taken back'],
];
for (const [responses, chosen, why] of rows) {
  test(`${why}: of ${responses.join(', ')}`, () => assert.equal(best(...responses), chosen));
}

test('RFC 3261 §16.7 step 7: the challenges of all branches are passed on together', () => {
  const { headers } = bestResponse([
    outcome(401, ['via', 'x', 'www-authenticate', 'Digest realm="a"', 'to', 'y']),
    outcome(404),
    outcome(407, ['via', 'x', 'proxy-authenticate', 'Digest realm="b"']),
  ]);
  assert.deepEqual(headers, [
    ...['via', 'x', 'www-authenticate', 'Digest realm="a"', 'to', 'y'],
    ...['proxy-authenticate', 'Digest realm="b"'],
  ]);
});

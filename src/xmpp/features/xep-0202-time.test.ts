import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readDateTime } from '#xml/date-time.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { zone } from './xep-0202-time.ts';

const clock = new FakeClock(Date.UTC(2006, 11, 19, 17, 58, 35));
let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['juliet'], clock });
});
after(() => server.stop());

test('XEP-0202 §2: the server tells its time in UTC, and its zone', async () => {
  const juliet = await server.signIn('juliet');
  const answer = (await juliet.ask('get', `<time xmlns='urn:xmpp:time'/>`, 'example.test'))!;
  assert.equal(readDateTime(answer.childText('utc')!), clock.now());
  assert.match(answer.childText('utc')!, /Z$/);
  assert.match(answer.childText('tzo')!, /^(Z|[+-]\d\d:\d\d)$/);
});

test('XEP-0082 §3.1: a zone is east or west of Greenwich', () => {
  assert.equal(zone(0), 'Z');
  assert.equal(zone(-360), '-06:00');
  assert.equal(zone(345), '+05:45');
  assert.equal(zone(-30), '-00:30');
  assert.equal(zone(840), '+14:00');
});

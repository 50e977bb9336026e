import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { watch } from '#presence/watching.ts';
import { putLine, removeLine } from '#sources/phone-line.ts';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import type { TestClient } from '../../test/support/test-client.ts';
import type { CommandContext } from './command.ts';
import { presenceExplain, presenceOverride } from './presence.ts';

let server: InProcess;
let juliet: TestClient;
const ROMEO = 'romeo@example.test';
const NEVER = Number.MAX_SAFE_INTEGER;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'nurse', 'paris'] });
  await server.befriend('romeo', 'juliet');
});
after(() => server.stop());
beforeEach(async () => {
  juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
});

function context(): CommandContext {
  const { node, domain } = server.running;
  const { domains, accounts, homes, settings, log } = node;
  return { domain, domains, accounts, homes, settings, log, server: undefined };
}

async function romeo() {
  const home = await server.running.node.homes.load(ROMEO);
  assert.ok(home);
  return home;
}

/** What Juliet is sent next about somebody else. */
function next() {
  return juliet.expect(({ name, attributes }) => name === 'presence' && attributes.from !== juliet.jid);
}

test('an XMPP contact sees "On a call" within 200 ms of the call manager saying so, and sees it go away', async () => {
  const begun = performance.now();
  putLine(await romeo(), { line: '4711', state: 'busy', doNotDisturb: false, tag: '', expiresAt: NEVER });
  const seen = await next();
  assert.ok(performance.now() - begun < 200);
  assert.equal(seen.attributes.from, `${ROMEO}/phone`);
  assert.deepEqual([seen.childText('show'), seen.childText('status')], ['away', 'On a call']);
  removeLine(await romeo(), '4711');
  const gone = await next();
  assert.deepEqual([gone.attributes.from, gone.attributes.type], [`${ROMEO}/phone`, 'unavailable']);
  await juliet.close();
});

test('explain tells who says what, the rule in words, who sees what, and who watches', async () => {
  const home = await romeo();
  const orchard = await server.signIn('romeo', 'orchard');
  await orchard.becomeAvailable();
  const now = Date.now();
  const native = { edge: 'sip', payload: '<note>\xc3\xa9</note>' };
  putLine(home, { line: '4711', state: 'busy', doNotDisturb: false, tag: 't1', expiresAt: now + 60_000, native });
  const facts = { edge: 'sip', since: now, expiresAt: now + 3_600_000, userAgent: 'baresip' };
  const stop = watch(home, { address: 'nurse@example.test', describe: () => facts, changed() {} });
  const explained = await presenceExplain.run(context(), { address: 'romeo' });
  presenceExplain.output.parse(explained);
  assert.deepEqual(explained.state, { availability: 'away', note: 'On a call', activities: ['on-the-phone'] });
  assert.equal(explained.rule.name, 'on-a-call');
  assert.match(explained.rule.words, /phone is busy/);
  assert.equal(explained.decidedBy, 'line-4711');
  const [device, line] = explained.sources;
  assert.deepEqual([device?.id, device?.says.availability, device?.shown?.note], ['orchard', 'available', 'On a call']);
  assert.deepEqual([line?.line, line?.tag, line?.expiresAt, line?.raw], ['busy', 't1', now + 60_000, '<note>é</note>']);
  const { xmppContact, stranger } = explained.views;
  assert.deepEqual(
    xmppContact.map(({ resource, note }) => [resource, note]),
    [['orchard', 'On a call']],
  );
  assert.match(stranger, /pending/);
  assert.deepEqual(
    explained.watching.map(({ address, edge, program, verdict }) => [address, edge, program, verdict]),
    [
      ['juliet@example.test', 'xmpp', 'balcony', 'allowed'],
      ['nurse@example.test', 'sip', 'baresip', 'pending'],
    ],
  );
  stop();
  removeLine(home, '4711');
  await orchard.close();
  await juliet.close();
});

test('an override is shown, lasts over a restart, ends when its time is over, and can be taken back', async () => {
  const done = await presenceOverride.run(context(), { address: 'romeo', state: 'dnd', note: 'Busy', minutes: 5 });
  assert.ok(done.expiresAt! > Date.now());
  const seen = await next();
  assert.deepEqual([seen.childText('show'), seen.childText('status')], ['dnd', 'Busy']);
  await juliet.close();
  await server.restart();
  juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
  const again = await next();
  assert.deepEqual([again.attributes.from, again.childText('status')], [`${ROMEO}/override`, 'Busy']);
  await presenceOverride.run(context(), { address: 'romeo', state: 'none', note: '' });
  assert.equal((await next()).attributes.type, 'unavailable');
  await juliet.close();
});

test('what an account published is gone when it is disabled, and contacts see that', async () => {
  const paris = await server.running.node.homes.load('paris@example.test');
  await server.befriend('paris', 'juliet');
  putLine(paris!, { line: '1', state: 'busy', doNotDisturb: false, tag: '', expiresAt: NEVER });
  assert.equal((await next()).childText('status'), 'On a call');
  await server.running.accounts.setEnabled('paris@example.test', false);
  assert.equal((await next()).attributes.type, 'unavailable');
  await assert.rejects(async () => presenceExplain.run(context(), { address: 'paris' }), { kind: 'forbidden' });
  await server.running.accounts.setEnabled('paris@example.test', true);
  const { sources } = await presenceExplain.run(context(), { address: 'paris' });
  assert.deepEqual(sources, []);
  await juliet.close();
});

test('of somebody who does not exist nothing is explained', async () => {
  await assert.rejects(async () => presenceExplain.run(context(), { address: 'tybalt' }), { kind: 'not-found' });
  await juliet.close();
});

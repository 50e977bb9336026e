/** Services prove: they are stopped and started where they can be, and nobody cuts the ground from under himself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import type { Caller, Face } from './caller.ts';
import type { CommandContext } from './command.ts';
import type { Part } from './operations.ts';
import { serviceList, serviceRestart, serviceStart, serviceStop } from './services.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess();
});
after(() => server.stop());

function part(isConfigured = true): Part & { told: string[] } {
  let isOpen = isConfigured;
  const told: string[] = [];
  return {
    told,
    isConfigured: () => isConfigured,
    isOpen: () => isOpen,
    problem: () => undefined,
    async open() {
      told.push('open');
      isOpen = true;
    },
    async close() {
      told.push('close');
      isOpen = false;
    },
  };
}

function context(parts: Record<string, Part>, face: Face = 'command line'): CommandContext {
  const { node, domain } = server.running;
  const { domains, accounts, homes, settings, log } = node;
  const caller: Caller = { name: 'tester', face, roles: ['administrator'] };
  const facts = { startedAt: 0, version: '0', ports: {}, devices: () => 0, problems: () => [] };
  const operations = { parts: new Map(Object.entries(parts)) } as unknown as NonNullable<CommandContext['operations']>;
  return { domain, domains, accounts, homes, settings, log, server: facts, operations, caller };
}

test('a service that is there is stopped, started and started anew; what is so already is left so', async () => {
  const sip = part();
  const at = context({ sip });
  const name = 'cisco sip proxy';
  assert.deepEqual((await serviceStart.run(at, { name })).state, 'STARTED');
  assert.deepEqual(sip.told, []);
  const stopped = await serviceStop.run(at, { name });
  assert.deepEqual(
    [stopped.state, stopped.reason, stopped.name],
    ['STOPPED', 'Commanded Out of Service', 'Cisco SIP Proxy'],
  );
  await serviceStop.run(at, { name });
  await serviceRestart.run(at, { name });
  assert.deepEqual(sip.told, ['close', 'open']);
  const listed = await serviceList.run(at, {});
  assert.equal(listed.find((one) => one.name === 'Cisco SIP Proxy')?.state, 'STARTED');
  assert.equal(listed.find((one) => one.name === 'A Cisco DB')?.state, 'STARTED');
});

test('one without a port in the settings is not activated, and is not started', async () => {
  const at = context({ https: part(false) });
  const listed = await serviceList.run(at, {});
  assert.equal(listed.find(({ name }) => name === 'Cisco Tomcat')?.reason, 'Service Not Activated');
  await assert.rejects(async () => serviceStart.run(at, { name: 'Cisco Tomcat' }), {
    message: /no port in the settings/,
  });
});

test('who is connected through a service does not stop it', async () => {
  const cases: [Face, string, string][] = [
    ['rest', 'https', 'Cisco Tomcat'],
    ['ad hoc', 'xmpp', 'Cisco XCP Connection Manager'],
  ];
  for (const [face, name, service] of cases) {
    const own = part();
    const at = context({ [name]: own }, face);
    await assert.rejects(async () => serviceStop.run(at, { name: service }), { message: /connected through/ });
    await assert.rejects(async () => serviceRestart.run(at, { name: service }), { message: /connected through/ });
    assert.deepEqual(own.told, []);
  }
});

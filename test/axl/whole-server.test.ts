/** That a whole server answers AXL on a port of its own, and says what to do where that port is taken. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { basic, envelope } from '../support/axl-server.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { until } from '../support/until.ts';

const CALLER = { name: 'sync', password: 'wherefore' };

function post(server: InProcess, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'text/xml', Authorization: basic(CALLER) };
    const port = server.running.ports.axl!;
    const options = {
      host: '127.0.0.1',
      port,
      path: '/axl/',
      method: 'POST',
      headers,
      rejectUnauthorized: false,
      agent: false,
    };
    const asked = request(options, async (response) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      resolve({ status: response.statusCode!, text });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

test('a user who is added and enabled by AXL may sign in with XMPP', async (t) => {
  const server = await startInProcess();
  t.after(() => server.stop());
  await server.running.node.directory.add('AppUser', {
    userid: CALLER.name,
    password: CALLER.password,
    presenceGroupName: 'Standard Presence group',
    associatedGroups: ['Standard CCM Super Users'],
  });
  const version = await post(server, envelope('getCCMVersion', ''));
  assert.deepEqual([version.status, /<version>\d+\.\d+\.\d+\.\d+\(\d+\)<\/version>/.test(version.text)], [200, true]);
  const user =
    '<user><lastName>Capulet</lastName><userid>juliet</userid><password>wherefore art thou</password>' +
    '<presenceGroupName>Standard Presence group</presenceGroupName><imAndPresenceEnable>true</imAndPresenceEnable></user>';
  const added = await post(server, envelope('addUser', user));
  assert.equal(added.status, 200, added.text);
  await until(
    'the account comes',
    async () => (await server.running.accounts.find('juliet@example.test')) !== undefined,
  );
  const client = await server.signIn('juliet');
  await client.close();
});

test('a port that is taken is told with its setting, and another one is opened when that is set', async (t) => {
  const other = createServer().listen(0, '0.0.0.0');
  await once(other, 'listening');
  t.after(() => other.close());
  const taken = (other.address() as { port: number }).port;
  const server = await startInProcess();
  t.after(() => server.stop());
  const offset = server.running.ports.axl! - 8443;
  server.configure({ 'unifiedCm.axl.port': taken - offset, 'unifiedCm.axl.host': '0.0.0.0' });
  await until('the log tells of it', () => server.errors.length > 0);
  assert.match(server.errors[0]!, /AXL: .*is taken.*the setting is unifiedCm\.axl\.port, and 0 closes it/);
  server.errors.length = 0;
  server.configure({ 'unifiedCm.axl.port': 8443 });
  await until('the port is open again', () => server.running.ports.axl === 8443 + offset);
  server.configure({ 'unifiedCm.axl.port': 0 });
  await until('the port is closed', () => server.running.ports.axl === undefined);
});

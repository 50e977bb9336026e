/** A disk without room, seen from outside: what was acknowledged is kept, what is not kept is said, and it passes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startRollcall } from './support/rollcall-server.ts';
import { errorOf, TestClient } from './support/test-client.ts';
import { until } from './support/until.ts';

const PASSWORD = 'wherefore art thou';
const SM = 'urn:xmpp:sm:3';
const HTTP = 5280;
const C2S = 5222;

/** No file of a process may grow beyond this (setrlimit(2), RLIMIT_FSIZE): to a program much like a full disk. */
const limitFiles = (pid: number, bytes: number | 'unlimited') =>
  promisify(execFile)('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`]);

test('a full disk: senders are told, /readyz says why, nothing acknowledged is lost, and it passes by itself', async () => {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-full-'));
  const users = ['romeo', 'juliet'].map((name) => ({ name, password: PASSWORD }));
  const server = await startRollcall({ domain: 'example.test', users, dataDir: data });
  const signIn = async (person: string) => {
    const { host, ports, domain } = server;
    const client = await TestClient.connect({ host, port: ports.c2sDirectTls, tls: 'direct', domain });
    await client.authenticate(person, PASSWORD);
    await client.bind('somewhere');
    return client;
  };
  const ready = async () => {
    const response = await fetch(`http://${server.host}:${server.ports.c2s - C2S + HTTP}/readyz`);
    return { status: response.status, body: await response.text() };
  };
  try {
    const romeo = await signIn('romeo');
    romeo.send(`<enable xmlns='${SM}'/>`);
    await romeo.expect(`<enabled xmlns='${SM}'/>`);
    let sent = 0;
    /** Sends some messages, each of 2 kB. @returns the errors that came back, once all that was sent is dealt with */
    const send = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const body = `${sent} ${'x'.repeat(2000)}`;
        romeo.send(`<message id='m${sent++}' type='chat' to='juliet@example.test'><body>${body}</body></message>`);
      }
      romeo.send(`<r xmlns='${SM}'/>`);
      // XEP-0198 §4: all of them are handled, which means kept or answered with an error.
      await romeo.expect((element) => element.is('a', SM) && Number(element.attributes.h) === sent);
      return romeo.expectAll((stanza) => stanza.name === 'message' && stanza.attributes.type === 'error');
    };
    assert.deepEqual(await send(20), []);
    assert.equal((await ready()).status, 200);

    const wal = statSync(join(data, 'rollcall.db-wal')).size;
    await limitFiles(server.pid, wal + 50_000);
    const refused = new Set<string>();
    for (let round = 0; round < 20 && refused.size === 0; round++) {
      for (const stanza of await send(10)) {
        assert.equal(errorOf(stanza), 'wait, resource-constraint');
        refused.add(stanza.attributes.id!);
      }
    }
    assert.ok(refused.size > 0, 'the disk was never full');
    const failing = await until('/readyz says so', async () => {
      const answer = await ready();
      return answer.status === 503 && answer.body;
    });
    assert.match(failing, /"what":"store","reason":"[^"]+"/);
    // While it lasts, every further message is refused, and who is signed in stays.
    const more = await send(5);
    assert.equal(more.length, 5);
    for (const stanza of more) refused.add(stanza.attributes.id!);

    await limitFiles(server.pid, 'unlimited');
    await until('it is ready again by itself', async () => (await ready()).status === 200);
    assert.deepEqual(await send(5), []);
    assert.ok(server.running);

    // Not from memory either: what is there after a kill is on disk.
    await server.kill9();
    await server.restart();
    const juliet = await signIn('juliet');
    await juliet.becomeAvailable();
    const expected = Array.from({ length: sent }, (_, i) => `m${i}`).filter((id) => !refused.has(id));
    const waiting = [];
    for (let i = 0; i < expected.length; i++) waiting.push((await juliet.expect('<message/>')).attributes.id);
    assert.deepEqual(waiting, expected);
    await juliet.expectNothingMore();
    await juliet.close();
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
});

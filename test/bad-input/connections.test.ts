/** Connections that cost something and bring nothing: slow, half-open, too many, too fast, too lazy to read. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { FakeClock } from '../support/fake-clock.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure, OPENING, RawConnection } from '../support/raw-connection.ts';
import { until } from '../support/until.ts';

let server: InProcess;
afterEach(() => server.stop());

const refused = (reason: string) => figure(server, `rollcall_xmpp_refused_total{reason="${reason}"}`);

describe('RFC 6120 §13.12: a client that does not sign in is cut off', () => {
  const stages: [title: string, begin: () => Promise<RawConnection>, said: string][] = [
    ['says nothing', () => RawConnection.plain(server), 'connection-timeout'],
    ['says nothing inside TLS', () => RawConnection.tls(server), 'connection-timeout'],
    [
      'sends its header one character at a time',
      async () => {
        const raw = await RawConnection.plain(server);
        for (const character of OPENING.slice(0, 40)) raw.write(character);
        return raw;
      },
      'connection-timeout',
    ],
    [
      'opens a stream and is content with that',
      async () => {
        const raw = await RawConnection.tls(server);
        raw.write(OPENING);
        await raw.until(/<\/stream:features>/);
        return raw;
      },
      'connection-timeout',
    ],
    [
      'starts TLS and does not shake hands',
      async () => {
        const raw = await RawConnection.plain(server);
        raw.write(`${OPENING}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
        await raw.until(/<proceed/);
        return raw;
      },
      '',
    ],
    [
      'stays in the middle of SASL',
      async () => {
        const raw = await RawConnection.tls(server);
        raw.write(`${OPENING}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'/>`);
        await raw.until(/<challenge/);
        return raw;
      },
      'connection-timeout',
    ],
  ];
  for (const [title, begin, said] of stages) {
    test(`one that ${title}`, async () => {
      const clock = new FakeClock();
      server = await startInProcess({ people: ['romeo'], clock });
      const raw = await begin();
      clock.advance(29_000);
      assert.equal(raw.socket.destroyed, false);
      clock.advance(2_000);
      const ended = raw.streamError();
      // It does not close in its turn, and is not waited for.
      await until('the server has closed', () => raw.socket.readableEnded || raw.socket.destroyed);
      clock.advance(2_000);
      assert.equal(await ended, said);
      assert.equal(await refused('sign-in-timeout'), 1);
      assert.equal(await figure(server, 'rollcall_xmpp_connections'), 0);
    });
  }

  test('one that has signed in in time is left alone', async () => {
    const clock = new FakeClock();
    server = await startInProcess({ people: ['romeo'], clock });
    const romeo = await RawConnection.signedIn(server, 'romeo');
    clock.advance(31_000);
    romeo.write("<iq type='get' id='still'><x xmlns='urn:example:x'/></iq>");
    await romeo.until(/id='still'/);
    romeo.destroy();
  });
});

describe('too many connections', () => {
  test('of one address before sign-in: more are refused, and those who are signed in do not count', async () => {
    server = await startInProcess({ people: ['romeo'], settings: { 'xmpp.limits.maxSigningInPerAddress': 5 } });
    const signedIn = await RawConnection.signedIn(server, 'romeo');
    const waiting = [];
    for (let i = 0; i < 5; i++) waiting.push(await RawConnection.plain(server));
    await until('all are seen', async () => (await figure(server, 'rollcall_xmpp_connections')) === 6);
    for (let i = 0; i < 20; i++) assert.equal(await (await RawConnection.plain(server)).closed, '');
    assert.equal(await refused('too-many-signing-in'), 20);
    waiting.pop()!.destroy();
    await until('there is room', async () => (await figure(server, 'rollcall_xmpp_connections')) === 5);
    const next = await RawConnection.plain(server);
    next.write(OPENING);
    await next.until(/<\/stream:features>/);
    for (const raw of [...waiting, next, signedIn]) raw.destroy();
  });

  test('in all', async () => {
    server = await startInProcess({ settings: { 'xmpp.limits.maxConnections': 3 } });
    const open = [];
    for (let i = 0; i < 3; i++) open.push(await RawConnection.plain(server));
    await until('all are seen', async () => (await figure(server, 'rollcall_xmpp_connections')) === 3);
    assert.equal(await (await RawConnection.plain(server)).closed, '');
    assert.equal(await refused('too-many-connections'), 1);
    for (const raw of open) raw.destroy();
  });

  test('a thousand that come and go leave nothing behind', async () => {
    server = await startInProcess({ people: ['romeo'] });
    for (let round = 0; round < 20; round++) {
      const sockets = Array.from({ length: 50 }, () => connect(server.running.ports.xmpp!, '127.0.0.1'));
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      for (const [i, socket] of sockets.entries()) {
        if (i % 2 === 0) socket.write(OPENING.slice(0, i));
        if (i % 3 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    }
    await until('all are gone', async () => (await figure(server, 'rollcall_xmpp_connections')) === 0);
    await (await server.signIn('romeo')).close();
  });
});

describe('too fast, too slow', () => {
  test('one that sends faster than it may is made to wait, and nothing is lost', async () => {
    server = await startInProcess({ people: ['romeo', 'juliet'], settings: { 'xmpp.limits.bytesPerSecond': 20_000 } });
    const juliet = await server.signIn('juliet');
    await juliet.becomeAvailable();
    const romeo = await RawConnection.signedIn(server, 'romeo');
    const body = 'a'.repeat(500);
    let sent = '';
    for (let i = 0; i < 80; i++) sent += `<message id='m${i}' to='juliet@example.test'><body>${body}</body></message>`;
    romeo.write(sent);
    const seen = [];
    for (let i = 0; i < 80; i++) seen.push((await juliet.expect('<message/>')).attributes.id);
    assert.deepEqual(
      seen,
      Array.from({ length: 80 }, (_, i) => `m${i}`),
    );
    assert.ok((await refused('too-fast')) > 0);
    romeo.destroy();
    await juliet.close();
  });

  test('one that does not read is cut off before it fills the memory, and what it was owed waits', async () => {
    server = await startInProcess({
      people: ['romeo', 'juliet'],
      settings: { 'xmpp.limits.maxUnsentBytes': 65_536, 'xmpp.limits.bytesPerSecond': 100_000_000 },
    });
    const juliet = await RawConnection.signedIn(server, 'juliet');
    juliet.write('<presence/>');
    await juliet.until(/<presence/);
    juliet.socket.pause();
    const romeo = await RawConnection.signedIn(server, 'romeo');
    const message = `<message to='juliet@example.test' type='chat'><body>${'a'.repeat(100_000)}</body></message>`;
    let sent = 0;
    await until(
      'she is cut off',
      async () => {
        for (let i = 0; i < 10; i++, sent++) romeo.write(message);
        return (await refused('slow-reader')) === 1;
      },
      { everyMs: 10 },
    );
    assert.ok(sent * message.length < 60e6);
    juliet.destroy();
    romeo.write("<iq type='get' id='still'><x xmlns='urn:example:x'/></iq>");
    await romeo.until(/id='still'/);
    romeo.destroy();
  });

  test('one that never reads what it asks for is cut off too', async () => {
    server = await startInProcess({
      people: ['romeo'],
      settings: { 'xmpp.limits.maxUnsentBytes': 65_536, 'xmpp.limits.bytesPerSecond': 100_000_000 },
    });
    const romeo = await RawConnection.signedIn(server, 'romeo');
    romeo.socket.pause();
    const request = `<iq type='get' id='${'x'.repeat(5_000)}'><x xmlns='urn:example:x'/></iq>`.repeat(20);
    await until(
      'he is cut off',
      async () => {
        if (!romeo.socket.writableNeedDrain) romeo.write(request);
        return (await refused('slow-reader')) === 1;
      },
      { everyMs: 2 },
    );
    romeo.destroy();
  });

  test('many small stanzas at once are all answered, in order', async () => {
    server = await startInProcess({ people: ['romeo'], settings: { 'xmpp.limits.bytesPerSecond': 100_000_000 } });
    const romeo = await server.signIn('romeo');
    for (let i = 0; i < 5_000; i++) romeo.send(`<iq type='get' id='${i}'><x xmlns='urn:example:x'/></iq>`);
    const ids = (await romeo.rest()).map(({ attributes }) => attributes.id);
    assert.deepEqual(
      ids,
      Array.from({ length: 5_000 }, (_, i) => `${i}`),
    );
    await romeo.close();
  });
});

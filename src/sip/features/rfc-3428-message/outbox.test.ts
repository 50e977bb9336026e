import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../../../test/support/fake-clock.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { Message, SipClient } from '../../../../test/support/sip-client.ts';
import { until } from '../../../../test/support/until.ts';

const ROMEO = 'sip:romeo@example.test';
const PLAIN = 'Content-Type: text/plain';

let server: InProcess;
let clock: FakeClock;
let nurse: SipClient;
let romeo: SipClient;
const opened: SipClient[] = [];

before(async () => {
  clock = new FakeClock();
  server = await startInProcess({ people: ['romeo', 'nurse'], clock });
});
after(() => server.stop());
beforeEach(async () => {
  nurse = await open('nurse');
});
afterEach(async () => {
  for (const client of opened.splice(0)) {
    await client.register(0).catch(() => undefined);
    client.close();
  }
  const own = await server.signIn('romeo', 'collects');
  await own.becomeAvailable();
  await own.rest();
  await own.close();
});

async function open(person: string, transport: 'udp' | 'tcp' = 'tcp'): Promise<SipClient> {
  const port = server.running.ports.sip!;
  const client = await SipClient.open({ port, transport, person, password: server.password });
  opened.push(client);
  return client;
}

/** Without saying so. */
function leave(client: SipClient): void {
  opened.splice(opened.indexOf(client), 1);
  client.close();
}

const said = (client: SipClient, body: string): Promise<Message> =>
  client.expect('MESSAGE', (message) => message.body === body);
const unreadMessages = (client: SipClient) => client.unread.filter(({ method }) => method === 'MESSAGE');
/** What these, and the nurse, have sent before has been dealt with. */
const settle = async (...clients: SipClient[]) => {
  for (const client of [...clients, nurse]) await client.request('OPTIONS', 'sip:example.test');
};

describe('a binding that takes nothing now', () => {
  beforeEach(async () => {
    romeo = await open('romeo');
    romeo.autoAnswer.delete('MESSAGE');
    await romeo.register();
  });

  const refuse = async (body: string, status: string, headers: readonly string[] = []) => {
    romeo.reply(await said(romeo, body), status, headers);
    await settle(romeo);
  };

  test('is tried again after half a minute, then after twice as long; 202 tells that it waits', async () => {
    await nurse.message(ROMEO, 'one');
    await refuse('one', '480 Temporarily Unavailable');
    assert.equal((await nurse.message(ROMEO, 'two')).status, 202);
    clock.advance(29_000);
    await settle();
    assert.deepEqual(unreadMessages(romeo), []);
    clock.advance(1000);
    await refuse('one', '503 Service Unavailable');
    clock.advance(59_000);
    await settle();
    assert.deepEqual(unreadMessages(romeo), []);
    romeo.autoAnswer.add('MESSAGE');
    clock.advance(1000);
    for (const body of ['one', 'two']) assert.equal((await romeo.expect('MESSAGE')).body, body);
  });

  test('RFC 3261 §20.33: or when it says', async () => {
    await nurse.message(ROMEO, 'one');
    await refuse('one', '503 Service Unavailable', ['Retry-After: 5 (soon)']);
    clock.advance(4000);
    await settle();
    assert.deepEqual(unreadMessages(romeo), []);
    clock.advance(1000);
    await said(romeo, 'one');
  });

  test('or when it says something itself', async () => {
    await nurse.message(ROMEO, 'one');
    await refuse('one', '486 Busy Here');
    await romeo.message('sip:nurse@example.test', 'I am here');
    await said(romeo, 'one');
  });

  test('RFC 3428 §4: what has expired meanwhile is not sent; the rest says how long it is of use', async () => {
    await nurse.message(ROMEO, 'brief', [PLAIN, 'Expires: 20']);
    const brief = await said(romeo, 'brief');
    assert.equal(brief.get('expires'), '20');
    await nurse.message(ROMEO, 'long', [PLAIN, 'Expires: 600']);
    romeo.reply(brief, '480 Temporarily Unavailable');
    await settle(romeo);
    romeo.autoAnswer.add('MESSAGE');
    clock.advance(31_000);
    const message = await romeo.expect('MESSAGE');
    assert.deepEqual([message.body, message.get('expires')], ['long', '569']);
    await settle();
    assert.deepEqual(unreadMessages(romeo), []);
  });

  test('RFC 3428 §4: what expires while another one is under way is not sent', async () => {
    await nurse.message(ROMEO, 'first');
    const first = await said(romeo, 'first');
    await nurse.message(ROMEO, 'brief', [PLAIN, 'Expires: 10']);
    await nurse.message(ROMEO, 'last');
    clock.advance(11_000);
    romeo.reply(first, '200 OK');
    romeo.reply(await romeo.expect('MESSAGE', ({ body }) => body !== 'first'), '200 OK');
    await settle(romeo);
    assert.deepEqual(unreadMessages(romeo), []);
  });

  test('more than may be on its way waits in the inbox, and comes in order, each once', async () => {
    const bodies = Array.from({ length: 230 }, (_, i) => `message ${i}`);
    const statuses = new Set<number>();
    for (const body of bodies) statuses.add((await nurse.message(ROMEO, body)).status);
    assert.deepEqual([...statuses], [200, 202]);
    const first = await said(romeo, bodies[0]!);
    romeo.autoAnswer.add('MESSAGE');
    romeo.reply(first, '200 OK');
    for (const body of bodies.slice(1)) assert.equal((await romeo.expect('MESSAGE')).body, body);
    await settle();
    assert.deepEqual(unreadMessages(romeo), []);
  });
});

describe('a binding that does not answer', () => {
  test('RFC 3261 §17.1.2: over UDP for 32 seconds; then what is for it waits, and it is tried again', async () => {
    romeo = await open('romeo', 'udp');
    romeo.autoAnswer.delete('MESSAGE');
    await romeo.register();
    await nurse.message(ROMEO, 'one');
    await said(romeo, 'one');
    assert.equal((await nurse.message(ROMEO, 'two')).status, 200);
    for (let i = 0; i < 33; i++) {
      clock.advance(1000);
      await settle();
    }
    assert.equal((await nurse.message(ROMEO, 'three')).status, 202);
    await until('everything has come', () => unreadMessages(romeo).length >= 10, { everyMs: 5 });
    for (const { body } of unreadMessages(romeo)) assert.equal(body, 'one');
    await drain(romeo);
    romeo.autoAnswer.add('MESSAGE');
    clock.advance(30_000);
    for (const body of ['one', 'two', 'three']) assert.equal((await romeo.expect('MESSAGE')).body, body);
  });

  test('and another device that comes meanwhile gets it', async () => {
    romeo = await open('romeo');
    romeo.autoAnswer.delete('MESSAGE');
    await romeo.register();
    await nurse.message(ROMEO, 'one');
    await said(romeo, 'one');
    clock.advance(33_000);
    const other = await open('romeo');
    await other.register();
    await said(other, 'one');
  });
});

async function drain(client: SipClient): Promise<void> {
  while (unreadMessages(client).length > 0) await client.expect('MESSAGE');
}

describe('RFC 3261 §18.1.1: a message of more than 1300 bytes to a client on UDP', () => {
  const large = 'x'.repeat(2000);
  let listener: Server | undefined;
  afterEach(() => listener?.close());

  /** Registers with a contact that leaves the transport open. */
  async function onUdp(): Promise<SipClient> {
    const client = await open('romeo', 'udp');
    const contact = `<sip:romeo@127.0.0.1:${client.localPort}>`;
    await client.request('REGISTER', 'sip:example.test', { headers: [`Contact: ${contact}`, 'Expires: 3600'] });
    return client;
  }

  test('goes over TCP where its contact takes it', async () => {
    romeo = await onUdp();
    listener = createServer();
    listener.listen(romeo.localPort, '127.0.0.1');
    await once(listener, 'listening');
    const connected = once(listener, 'connection') as Promise<[Socket]>;
    await nurse.message(ROMEO, large);
    const [socket] = await connected;
    let text = '';
    while (!text.endsWith(large)) text += ((await once(socket, 'data')) as [Buffer])[0].toString();
    const message = new Message(text);
    assert.match(message.get('via'), /^SIP\/2\.0\/TCP /);
    const echoed = ['via', 'from', 'to', 'call-id', 'cseq'].map((name) => `${name}: ${message.get(name)}`);
    socket.write(`${['SIP/2.0 200 OK', ...echoed, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`);
    await nurse.message(ROMEO, 'small');
    assert.match((await said(romeo, 'small')).get('via'), /^SIP\/2\.0\/UDP /);
    socket.destroy();
  });

  test('COMPAT(linphone): goes over UDP all the same where nobody listens there', async () => {
    romeo = await onUdp();
    await nurse.message(ROMEO, large);
    assert.match((await said(romeo, large)).get('via'), /^SIP\/2\.0\/UDP /);
  });

  test('goes over UDP again where TCP leads to somebody who does not answer', async () => {
    romeo = await onUdp();
    listener = createServer();
    listener.listen(romeo.localPort, '127.0.0.1');
    await once(listener, 'listening');
    const connected = once(listener, 'connection') as Promise<[Socket]>;
    await nurse.message(ROMEO, large);
    const [socket] = await connected;
    await once(socket, 'data');
    clock.advance(33_000);
    await said(romeo, large);
    socket.destroy();
  });

  test('§18.3: one that comes over UDP is taken, as far as it fits a datagram', async () => {
    romeo = await open('romeo', 'udp');
    await romeo.register();
    const other = await open('nurse', 'udp');
    assert.equal((await other.message(ROMEO, 'y'.repeat(20_000))).status, 200);
    await said(romeo, 'y'.repeat(20_000));
  });
});

test('whatever a binding answers, each message is taken once, and none is lost', async () => {
  const answers = fc.array(
    fc.constantFrom('200 OK', '480 Later', '503 Busy', '500 Broken', 'register', 'leave', 'cut', 'silence'),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(answers, fc.integer({ min: 1, max: 8 }), async (plan, count) => {
      const bodies = Array.from({ length: count }, (_, i) => `${i}`);
      const taken: string[] = [];
      let client = await open('romeo');
      const answer = (status: string, message: Message) => {
        if (status.startsWith('200')) taken.push(message.body);
        client.reply(message, status);
      };
      client.autoAnswer.delete('MESSAGE');
      await client.register();
      for (const body of bodies) await nurse.message(ROMEO, body);
      for (let idle = 0; taken.length < bodies.length; ) {
        const message = unreadMessages(client).length > 0 ? await client.expect('MESSAGE') : undefined;
        if (message === undefined) {
          assert.ok(idle++ < 500, `after ${plan} came only ${taken}`);
          // Half of a pause at a time at first; registered all the while.
          if (idle % 50 === 0) await client.register();
          clock.advance(15_000);
          await settle();
          continue;
        }
        const next = plan.shift() ?? '200 OK';
        if (next === 'register') await client.register();
        if (next === 'leave') {
          await client.register(0);
          await client.register();
        } else if (next === 'cut') {
          leave(client);
          client = await open('romeo');
          client.autoAnswer.delete('MESSAGE');
          await client.register();
        } else if (next === 'silence') clock.advance(33_000);
        else answer(next === 'register' ? '200 OK' : next, message);
        await settle(client);
      }
      await client.register();
      clock.advance(1_000_000);
      await settle();
      assert.deepEqual(unreadMessages(client), []);
      assert.deepEqual(taken, bodies);
      const all = ['Contact: *', 'Expires: 0'];
      assert.equal((await client.request('REGISTER', 'sip:example.test', { headers: all })).status, 200);
      leave(client);
    }),
    { numRuns: 20 },
  );
});

/** Two user agents call each other through a whole server, over sockets (RFC 3665 §3). */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { type Message, SipClient } from '../../../../test/support/sip-client.ts';

type Transport = 'udp' | 'tcp' | 'tls';

let server: InProcess;
let open: SipClient[] = [];

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet', 'tybalt'] });
});

after(() => server.stop());

afterEach(async () => {
  for (const client of open) {
    await client.register(0);
    client.close();
  }
  open = [];
});

async function agent(person: string, transport: Transport): Promise<SipClient> {
  const { ports } = server.running;
  const port = ports[transport === 'tls' ? 'sip-tls' : 'sip']!;
  const client = await SipClient.open({ port, transport, person, password: server.password });
  client.autoAnswer.clear();
  open.push(client);
  assert.equal((await client.register()).status, 200);
  return client;
}

const JULIET = 'sip:juliet@example.test';
const OFFER = 'v=0\r\ns=offer\r\n';
const contactOf = ({ contact }: SipClient) => `Contact: ${contact}`;
const target = (message: Message) => /<([^>]+)>/.exec(message.get('contact'))![1]!;

function call(from: SipClient): Promise<Message> {
  const headers = [contactOf(from), 'Content-Type: application/sdp'];
  return from.request('INVITE', JULIET, { headers, body: OFFER });
}

/** An ACK to a 2xx, and what it takes to make one. */
function acknowledge(from: SipClient, answer: Message): void {
  const lines = [
    `ACK ${target(answer)} SIP/2.0`,
    `Via: SIP/2.0/${from.options.transport.toUpperCase()} 127.0.0.1:${from.localPort};branch=z9hG4bKack${from.instance};rport`,
    'Max-Forwards: 70',
    ...answer
      .all('record-route')
      .toReversed()
      .map((value) => `Route: ${value}`),
    `From: ${answer.get('from')}`,
    `To: ${answer.get('to')}`,
    `Call-ID: ${answer.get('call-id')}`,
    `CSeq: ${answer.get('cseq').split(' ')[0]} ACK`,
    'Content-Length: 0',
  ];
  from.sendRaw(`${lines.join('\r\n')}\r\n\r\n`);
}

function hangUp(from: SipClient, invite: Message, answer: Message): Promise<Message> {
  const dialog = {
    callId: invite.get('call-id'),
    from: answer.get('to'),
    to: invite.get('from'),
    target: target(invite),
    cseq: 100,
  };
  const headers = invite.all('record-route').map((value) => `Route: ${value}`);
  return from.request('BYE', dialog.target, { dialog, headers, authenticate: false });
}

describe('calls', () => {
  const ways: [Transport, Transport][] = [
    ['udp', 'udp'],
    ['tcp', 'udp'],
    ['udp', 'tls'],
    ['tls', 'tcp'],
  ];
  for (const [of, to] of ways) {
    test(`RFC 3665 §3.2: from ${of} to ${to}, ended by who was called`, async () => {
      const romeo = await agent('romeo', of);
      const juliet = await agent('juliet', to);
      const answered = call(romeo);
      const invite = await juliet.expect('INVITE');
      assert.equal(invite.body, OFFER);
      juliet.reply(invite, '180 Ringing', [contactOf(juliet)]);
      await romeo.next(({ status }) => status === 180);
      juliet.reply(invite, '200 OK', [contactOf(juliet), 'Content-Type: application/sdp'], 'v=0\r\ns=answer\r\n');
      const answer = await answered;
      assert.deepEqual([answer.status, answer.body], [200, 'v=0\r\ns=answer\r\n']);
      acknowledge(romeo, answer);
      await juliet.expect('ACK');
      const ended = hangUp(juliet, invite, answer);
      const bye = await romeo.expect('BYE');
      romeo.reply(bye, '200 OK');
      assert.equal((await ended).status, 200);
    });
  }

  test('RFC 3665 §3.8: the caller takes it back while it rings', async () => {
    const romeo = await agent('romeo', 'tcp');
    const juliet = await agent('juliet', 'udp');
    const answered = call(romeo);
    const invite = await juliet.expect('INVITE');
    juliet.reply(invite, '180 Ringing', [contactOf(juliet)]);
    const ringing = await romeo.next(({ status }) => status === 180);
    const lines = [
      `CANCEL ${JULIET} SIP/2.0`,
      `Via: ${ringing.get('via')}`,
      'Max-Forwards: 70',
      `From: ${ringing.get('from')}`,
      `To: <${JULIET}>`,
      `Call-ID: ${ringing.get('call-id')}`,
      `CSeq: ${ringing.get('cseq').split(' ')[0]} CANCEL`,
      'Content-Length: 0',
    ];
    romeo.sendRaw(`${lines.join('\r\n')}\r\n\r\n`);
    const isOfCancel = (message: Message) => message.get('cseq').endsWith(' CANCEL');
    assert.equal((await romeo.next(isOfCancel)).status, 200);
    juliet.reply(await juliet.expect('CANCEL'), '200 OK');
    juliet.reply(invite, '487 Request Terminated');
    assert.equal((await answered).status, 487);
    await juliet.expect('ACK');
  });

  test('RFC 3261 §16.7: several devices ring, one answers, the other is told', async () => {
    const romeo = await agent('romeo', 'tcp');
    const [desk, mobile] = [await agent('juliet', 'udp'), await agent('juliet', 'tls')];
    const answered = call(romeo);
    const [atDesk, atMobile] = [await desk.expect('INVITE'), await mobile.expect('INVITE')];
    desk.reply(atDesk, '180 Ringing', [contactOf(desk)]);
    mobile.reply(atMobile, '180 Ringing', [contactOf(mobile)]);
    mobile.reply(atMobile, '200 OK', [contactOf(mobile)]);
    assert.equal((await answered).status, 200);
    desk.reply(await desk.expect('CANCEL'), '200 OK');
    desk.reply(atDesk, '487 Request Terminated');
    await desk.expect('ACK');
  });

  test('RFC 3665 §3.11: who is registered nowhere is not available, who does not exist is not found', async () => {
    const romeo = await agent('romeo', 'udp');
    assert.equal((await call(romeo)).status, 480);
    assert.equal((await romeo.request('INVITE', 'sip:nobody@example.test')).status, 404);
  });

  test('RFC 3261 §22.3: nobody calls without an account', async () => {
    const romeo = await agent('romeo', 'udp');
    await agent('juliet', 'udp');
    assert.equal((await romeo.request('INVITE', JULIET, { authenticate: false })).status, 407);
  });

  test('RFC 5626 §5.3: whose connection is gone, and cannot be reached at the Contact, is not available', async () => {
    const romeo = await agent('romeo', 'udp');
    const juliet = await agent('juliet', 'tcp');
    juliet.close();
    open = [romeo];
    assert.equal((await call(romeo)).status, 480);
  });
});

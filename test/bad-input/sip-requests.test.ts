/** RFC 3261 §8.2, §21.4 to §21.5: what is wrong with a request is what it is answered, with what helps the client. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure } from '../support/raw-connection.ts';
import { answersBefore, next, type RawSip, rawTcp, rawUdp, reasonOf, request, statusOf } from '../support/raw-sip.ts';
import { type Message, SipClient } from '../support/sip-client.ts';
import { until } from '../support/until.ts';

let server: InProcess;
let raw: RawSip;
let romeo: SipClient;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'], settings: { 'sip.limits.maxBodyBytes': 4096 } });
  raw = await rawUdp(server);
  romeo = await open('romeo');
  assert.equal((await romeo.register()).status, 200);
});

after(async () => {
  raw.close();
  romeo.close();
  await server.stop();
});

function open(person: string): Promise<SipClient> {
  const { running, password, domain } = server;
  return SipClient.open({ port: running.ports.sip!, transport: 'tcp', person, password, domain });
}

describe('RFC 3261 §21.4.1: 400 names the fault', () => {
  const faults: [fault: string, reason: string, change: (text: string) => string][] = [
    ['no From', 'Missing From', (text) => text.replace(/From: .*\r\n/, '')],
    ['no To', 'Missing To', (text) => text.replace(/To: .*\r\n/, '')],
    ['no Call-ID', 'Missing Call-ID', (text) => text.replace(/Call-ID: .*\r\n/, '')],
    ['no CSeq', 'Missing CSeq', (text) => text.replace(/CSeq: .*\r\n/, '')],
    ['two From', 'Several From', (text) => text.replace(/(From: .*\r\n)/, '$1$1')],
    ['two CSeq', 'Several CSeq', (text) => text.replace(/(CSeq: .*\r\n)/, '$1$1')],
    ['CSeq of another method', 'CSeq Method Does Not Match', (text) => text.replace(/CSeq: .*/, 'CSeq: 1 INVITE')],
    ['CSeq that is no number', 'Bad CSeq', (text) => text.replace(/CSeq: .*/, 'CSeq: one OPTIONS')],
    ['CSeq of 2**31', 'CSeq Number Too Large', (text) => text.replace(/CSeq: .*/, 'CSeq: 2147483648 OPTIONS')],
    ['Max-Forwards below nothing', 'Bad Max-Forwards', (text) => text.replace('Max-Forwards: 70', 'Max-Forwards: -1')],
    ['Max-Forwards of 256', 'Bad Max-Forwards', (text) => text.replace('Max-Forwards: 70', 'Max-Forwards: 256')],
    ['a quote that is not closed', 'Unclosed Quote In To', (text) => text.replace('To: <', 'To: "J <')],
    ['a To that is no address', 'Unclosed Bracket In To', (text) => text.replace(/To: .*/, 'To: <sip:a')],
    ['a space in the Request-URI', 'Bad Request-URI', (text) => text.replace('sip:example.test SIP', 'sip:a b SIP')],
    ['headers in the Request-URI', 'Headers In Request-URI', (text) => text.replace('.test SIP', '.test?a=b SIP')],
    ['a NUL in the Request-URI', 'Bad Request-URI', (text) => text.replace('.test SIP', '.te\0st SIP')],
    ['a line without a colon', 'Bad Header Line', (text) => text.replace('Max-', 'Nonsense\r\nMax-')],
    [
      'a line that ends in LF alone',
      'Bad Line End',
      (text) => text.replace('Max-Forwards: 70\r\n', 'Subject: a\nb\r\n'),
    ],
    ['Content-Length in words', 'Bad Content-Length', (text) => text.replace('Length: 0', 'Length: none')],
    ['Content-Length below nothing', 'Bad Content-Length', (text) => text.replace('Length: 0', 'Length: -1')],
    ['two Content-Length', 'Several Content-Length', (text) => text.replace(/(Content-Length: )0/, '$10\r\n$17')],
    [
      'Content-Length of more than there is',
      'Content-Length Larger Than Message',
      (text) => text.replace('Length: 0', 'Length: 10'),
    ],
    ['no empty line', 'Missing Empty Line', (text) => text.slice(0, -2)],
    ['a Call-ID with a space', 'Bad Call-ID', (text) => text.replace(/(Call-ID: .*)/, '$1 b')],
    ['an endless Call-ID', 'Bad Call-ID', (text) => text.replace(/(Call-ID: .*)/, `$1${'a'.repeat(2000)}`)],
    ['an endless tag', 'From Tag Too Long', (text) => text.replace(/(;tag=)/, `$1${'a'.repeat(300)}`)],
  ];
  for (const [fault, reason, change] of faults) {
    test(fault, async () => {
      raw.send(change(request('OPTIONS', { raw })));
      const answer = await next(raw);
      assert.deepEqual([statusOf(answer), reasonOf(answer)], [400, reason]);
    });
  }
});

describe('RFC 3261 §21.4, §21.5: before anybody has proved who it is', () => {
  const refusals: [title: string, status: number, head: RegExp, text: () => string][] = [
    ['§21.4.6: 405 for a method that we do not take, with Allow', 405, /^Allow: .*MESSAGE/m, () => ask('INVITE')],
    ['§21.5.2: 501 for a method that nobody knows, with Allow', 501, /^Allow: .*MESSAGE/m, () => ask('JUMP')],
    ['§12.2.2: 481 for a request of no dialog', 481, /./, () => ask('BYE', ['To: <sip:example.test>;tag=gone'])],
    ['§9.2: 481 for a CANCEL of nothing', 481, /./, () => ask('CANCEL')],
    ['§21.4.14: 416 for a scheme that nobody knows', 416, /./, () => ask('OPTIONS', [], 'urn:ietf:rfc:3261')],
    [
      '§21.4.15: 420 names what is not supported',
      420,
      /^Unsupported: future$/m,
      () => ask('OPTIONS', ['Require: path, future']),
    ],
    [
      '§16.3: 420 also for what proxies have to support',
      420,
      /^Unsupported: future$/m,
      () => ask('OPTIONS', ['Proxy-Require: future'], 'sip:juliet@example.test'),
    ],
    [
      '§16.3: 483 where Max-Forwards is used up',
      483,
      /./,
      () => ask('OPTIONS', ['Max-Forwards: 0'], 'sip:juliet@example.test'),
    ],
    ['§21.5.6: 505 for another version', 505, /./, () => ask('OPTIONS').replace('SIP/2.0\r\n', 'SIP/3.0\r\n')],
    [
      '§21.5.7: 513 for too many headers',
      513,
      /./,
      () =>
        ask(
          'OPTIONS',
          Array.from({ length: 300 }, (_, i) => `X-${i}: a`),
        ),
    ],
    [
      '§21.4.33: 493 for what is encrypted',
      493,
      /./,
      () => encrypted('application/pkcs7-mime;smime-type=enveloped-data'),
    ],
    [
      '§21.4.33: 493 also in the words of RFC 1847',
      493,
      /./,
      () => encrypted('multipart/encrypted;protocol="a/b";boundary=c'),
    ],
  ];
  for (const [title, status, head, text] of refusals) {
    test(title, async () => {
      raw.send(text());
      const answer = await next(raw);
      assert.equal(statusOf(answer), status, answer);
      assert.match(answer, head);
    });
  }

  function ask(method: string, headers: readonly string[] = [], uri = 'sip:example.test'): string {
    return request(method, { raw, headers, uri });
  }

  function encrypted(type: string): string {
    const headers = [`Content-Type: ${type}`];
    return request('MESSAGE', { raw, uri: 'sip:juliet@example.test', headers, body: 'MIIB' });
  }
});

describe('from a person with an account', () => {
  const PLAIN = 'Content-Type: text/plain';
  const JULIET = 'sip:juliet@example.test';
  const refusals: [title: string, status: number, head: RegExp, ask: () => Promise<Message>][] = [
    ['RFC 3261 §21.4.13: 415 tells what is taken', 415, /^Accept: .*text\/plain/m, () => message('image/png')],
    [
      'RFC 3261 §21.4.13: 415 for what is signed, which is a type like any other',
      415,
      /^Accept: /m,
      () => message('application/pkcs7-mime; smime-type=signed-data'),
    ],
    [
      'RFC 3261 §8.2.3: 415 for an encoding, with those that are taken',
      415,
      /^Accept-Encoding: identity/m,
      () => romeo.message(JULIET, 'a', [PLAIN, 'Content-Encoding: br']),
    ],
    [
      'RFC 3428 §7: 480 for nobody, whether there is such an account or not',
      480,
      /./,
      () => romeo.message('sip:nobody@example.test', 'a'),
    ],
    [
      'RFC 3903 §6: 415 for what is no presence document',
      415,
      /^Accept: application\/pidf\+xml/m,
      () => romeo.request('PUBLISH', romeo.address, { headers: ['Event: presence', PLAIN], body: 'a' }),
    ],
    ['RFC 3903 §6: 400 for what is none, and says that it is', 400, /./, () => romeo.publish('<presence')],
    ['RFC 3903 §6: 412 for a tag that is not known', 412, /./, () => romeo.publish('', { tag: 'gone' })],
    [
      'RFC 3903 §6: 423 for a moment, with how long it has to be',
      423,
      /^Min-Expires: 60$/m,
      () => romeo.publish('<a/>', { expires: 1 }),
    ],
    [
      'RFC 3903 §6: 489 for other events, with those that are',
      489,
      /^Allow-Events: presence/m,
      () => romeo.request('PUBLISH', romeo.address, { headers: ['Event: weather'] }),
    ],
    [
      'RFC 3261 §10.3: 423 for a moment, with how long it has to be',
      423,
      /^Min-Expires: 60$/m,
      () => romeo.register(1),
    ],
    [
      'RFC 3261 §10.3: 403 for somebody else',
      403,
      /./,
      () => romeo.request('REGISTER', 'sip:example.test', { headers: ['To: <sip:juliet@example.test>'] }),
    ],
    [
      'RFC 6665 §4.2.1.1: 423 for a moment, with how long it has to be',
      423,
      /^Min-Expires: 60$/m,
      () => subscribe({ expires: 1 }),
    ],
    [
      'RFC 6665 §8.3.2: 489 for other events, with those that are',
      489,
      /^Allow-Events: .*presence/m,
      () => subscribe({ event: 'weather' }),
    ],
    [
      'RFC 6665 §4.1.2.2: 481 for a dialog that is over',
      481,
      /./,
      () => subscribe({ headers: ['To: <sip:juliet@example.test>;tag=gone'] }),
    ],
    [
      'RFC 3261 §21.4.7: 406 where nothing is accepted that there is',
      406,
      /^Accept: .*application\/pidf\+xml/m,
      () => subscribe({ headers: ['Accept: image/png'] }),
    ],
    [
      'RFC 4662 §4.2: 421 for a list, to who does not know of lists',
      421,
      /^Require: eventlist$/m,
      () => subscribe({}, 'sip:romeo-list@example.test'),
    ],
  ];
  for (const [title, status, head, ask] of refusals) {
    test(title, async () => {
      const answer = await ask();
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, head);
    });
  }

  function message(type: string): Promise<Message> {
    return romeo.message(JULIET, 'a', [`Content-Type: ${type}`]);
  }

  test('RFC 3261 §12.1.1: 400 for a way back that is none', async () => {
    const answer = await subscribe({ headers: ['Record-Route: <sip:127.0.0.1;lr'] });
    assert.deepEqual([answer.status, answer.reason], [400, 'Unclosed Bracket In Record-Route']);
  });

  async function subscribe(what: Parameters<SipClient['subscribe']>[1], to = JULIET): Promise<Message> {
    return (await romeo.subscribe(to, what)).response;
  }
});

describe('what is not answered', () => {
  const silent: [title: string, reason: string, text: () => string][] = [
    ['RFC 3261 §18.1.2: a response to nothing', 'stray-response', () => response('z9hG4bKnever')],
    ['RFC 3261 §17.2.3: an ACK to nothing', '', () => request('ACK', { raw })],
    ['an ACK that is none', '', () => request('ACK', { raw, headers: ['To: "'] })],
    ['RFC 3261 §18.2.2: a request without a Via', 'unanswerable', () => request('OPTIONS', { raw, headers: ['Via'] })],
    ['what is no message at all', 'unanswerable', () => 'GET / HTTP/1.1\r\nHost: example.test\r\n\r\n'],
    ['zeros, as keep a NAT open', '', () => '\0'.repeat(100)],
    ['a response without a status', 'unanswerable', () => 'SIP/2.0 four hundred\r\n\r\n'],
    [
      'RFC 3261 §20.14: an answer that is cut short',
      'unanswerable',
      () => response('a').replace('Length: 0', 'Length: 9'),
    ],
  ];
  for (const [title, reason, text] of silent) {
    test(title, async () => {
      const series = `rollcall_sip_dropped_total{reason="${reason}"}`;
      const before = await figure(server, series);
      raw.send(text());
      assert.deepEqual(await answersBefore(raw), []);
      if (reason !== '') assert.equal(await figure(server, series), before + 1);
    });
  }

  test('a forged response to a request of ours, with its branch or without, is counted and changes nothing', async () => {
    const juliet = await open('juliet');
    await juliet.register();
    const { response: answer } = await juliet.subscribe('sip:juliet@example.test');
    assert.equal(answer.status, 200);
    const notify = await juliet.expect('NOTIFY');
    raw.send(response(/branch=([^;]+)/.exec(notify.get('via'))![1]!, 481, 'NOTIFY'));
    assert.deepEqual(await answersBefore(raw), []);
    assert.equal(await figure(server, 'rollcall_sip_subscriptions'), 1);
    juliet.close();
  });

  function response(branch: string, status = 200, method = 'OPTIONS'): string {
    return [
      `SIP/2.0 ${status} Forged`,
      `Via: SIP/2.0/UDP 127.0.0.1:5060;branch=${branch}`,
      'From: <sip:example.test>;tag=a',
      'To: <sip:romeo@example.test>;tag=b',
      'Call-ID: forged',
      `CSeq: 1 ${method}`,
      'Content-Length: 0\r\n\r\n',
    ].join('\r\n');
  }
});

test('RFC 3261 §8.2.2.2: 482 for a copy that came another way', async () => {
  server.configure({ 'sip.unified-cm-trunk.peers': ['127.0.0.1'], 'sip.unified-cm-trunk.allowUdp': true });
  const to = { raw, uri: 'sip:juliet@example.test', callId: 'merged' };
  const ask = (branch: string) =>
    request('SUBSCRIBE', {
      ...to,
      headers: ['Event: presence', `Via: SIP/2.0/UDP 127.0.0.1:${raw.localPort};branch=z9hG4bK${branch}`],
    });
  raw.send(ask('one'));
  raw.send(ask('other'));
  const statuses = [statusOf(await next(raw))];
  while (statuses.at(-1) !== 482) statuses.push(statusOf(await next(raw)));
  assert.ok(statuses.includes(200));
  raw.came.length = 0;
  server.configure({ 'sip.unified-cm-trunk.peers': [] });
});

test('RFC 3261 §21.4.11: 413 for a long body, whose end is not waited for', async () => {
  const tcp = await rawTcp(server);
  const body = 'a'.repeat(5000);
  tcp.send(request('MESSAGE', { raw: tcp, transport: 'TCP', uri: 'sip:juliet@example.test', body }).slice(0, 500));
  assert.equal(statusOf(await next(tcp)), 413);
  await until('it is closed', () => tcp.isClosed);
});

test('RFC 3261 §18.3: on a stream the same faults get the same answers, and it goes on where its end is known', async () => {
  const tcp = await rawTcp(server);
  tcp.send(request('OPTIONS', { raw: tcp, transport: 'TCP', headers: ['CSeq: x'] }));
  assert.equal(statusOf(await next(tcp)), 400);
  assert.deepEqual(await answersBefore(tcp, 'TCP'), []);
  tcp.close();
});

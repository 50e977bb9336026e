import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { MemoryFlow } from '../../../test/support/memory-flow.ts';
import type { Flow, Target } from '../transport/flow.ts';
import type { SipRequest, SipResponse } from '../wire/message.ts';
import { parseMessage } from '../wire/message-parser.ts';
import type { ServerTransaction } from './transaction.ts';
import { Transactions } from './transactions.ts';

let clock: FakeClock;
let metrics: Metrics;
let flow: MemoryFlow;
let transactions: Transactions;
let arrived: SipRequest[];
/** Where connections lead that are opened for responses. */
let elsewhere: PromiseWithResolvers<Flow>;
let targets: Target[];
let limits: { maxOngoing: number; rememberedTransactions: number };

function start(onRequest?: (request: SipRequest, flow: Flow) => void): void {
  clock = new FakeClock();
  metrics = new Metrics();
  flow = new MemoryFlow();
  arrived = [];
  elsewhere = Promise.withResolvers();
  targets = [];
  limits = { maxOngoing: 1000, rememberedTransactions: 1000 };
  transactions = new Transactions({
    clock,
    log: silentLog(),
    metrics,
    limits,
    onRequest(request, from) {
      arrived.push(request);
      onRequest?.(request, from);
    },
    flowTo(target) {
      targets.push(target);
      if (target.transport !== 'udp') return elsewhere.promise;
      return new MemoryFlow('udp', target.address, target.port, flow.sent);
    },
  });
}

/** Answers all that arrives, and keeps the transaction. */
function startAccepting(): ServerTransaction[] {
  const accepted: ServerTransaction[] = [];
  start((request, from) => {
    if (request.method !== 'ACK') accepted.push(transactions.accept(request, from));
  });
  return accepted;
}

interface Parts {
  method?: string;
  branch?: string;
  via?: string;
  to?: string;
  cseq?: string;
  callId?: string;
}

function requestText({
  method = 'MESSAGE',
  branch = 'z9hG4bKone',
  via,
  to = '',
  cseq,
  callId = 'c1',
}: Parts = {}): string {
  return [
    `${method} sip:juliet@example.test SIP/2.0`,
    via ?? `Via: SIP/2.0/UDP client.example.test:5070;branch=${branch};rport`,
    'Via: SIP/2.0/UDP further.example.test;branch=z9hG4bKfar;received=198.51.100.7',
    'From: Romeo <sip:romeo@example.test>;tag=r1',
    `To: <sip:juliet@example.test>${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq ?? `7 ${method}`}`,
    'Max-Forwards: 70',
    '',
    '',
  ].join('\r\n');
}

const request = (parts?: Parts) => parseMessage(requestText(parts)) as SipRequest;
const receive = (parts?: Parts, from = flow) => transactions.receive(request(parts), from);
const statuses = () => flow.take().map((text) => Number(/^SIP\/2\.0 (\d+)/.exec(text)?.[1] ?? 0));
const tagOf = (text: string) => /\r\nTo: [^\r]*;tag=([^\r;]+)/.exec(text)?.[1];

function responseTo(sent: string, status: number, { method, tag = 'j1' }: { method?: string; tag?: string } = {}) {
  const line = (name: string) => new RegExp(`\r\n(${name}: [^\r]*)`, 'i').exec(sent)?.[1];
  const cseq = method === undefined ? line('CSeq') : line('CSeq')?.replace(/[A-Z]+$/, method);
  const to = status === 100 ? line('To') : `${line('To')};tag=${tag}`;
  const lines = [
    `SIP/2.0 ${status} Some Reason`,
    line('Via'),
    line('From'),
    to,
    line('Call-ID'),
    cseq,
    'Content-Length: 0',
  ];
  return parseMessage(`${lines.join('\r\n')}\r\n\r\n`) as SipResponse;
}

async function count(name: string, label: string): Promise<number> {
  const line = (await metrics.text()).split('\n').find((each) => each.startsWith(name) && each.includes(`"${label}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('server transactions', () => {
  let accepted: ServerTransaction[];

  beforeEach(() => {
    accepted = startAccepting();
  });

  test('RFC 3261 §8.2.6.2: what is echoed is echoed, with where the request came from and a tag of ours', () => {
    receive();
    accepted[0]!.respond(200, { head: 'Expires: 60\r\n', body: 'hi' });
    assert.deepEqual(flow.take()[0]!.split('\r\n'), [
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP client.example.test:5070;branch=z9hG4bKone;received=192.0.2.1;rport=5070',
      'Via: SIP/2.0/UDP further.example.test;branch=z9hG4bKfar;received=198.51.100.7',
      'From: Romeo <sip:romeo@example.test>;tag=r1',
      `To: <sip:juliet@example.test>;tag=${accepted[0]!.toTag}`,
      'Call-ID: c1',
      'CSeq: 7 MESSAGE',
      'Expires: 60',
      'Content-Length: 2',
      '',
      'hi',
    ]);
  });

  const vias: [via: string, stamped: string][] = [
    ['SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa', 'SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa'],
    ['SIP/2.0/UDP h;branch=z9hG4bKa', 'SIP/2.0/UDP h;branch=z9hG4bKa;received=192.0.2.1'],
    [
      'SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKa',
      'SIP/2.0/UDP 192.0.2.1;received=192.0.2.1;rport=5070;branch=z9hG4bKa',
    ],
    ['SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKa', 'SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKa;received=192.0.2.1'],
    ['SIP/2.0/UDP h;received=6.6.6.6;branch=z9hG4bKa', 'SIP/2.0/UDP h;branch=z9hG4bKa;received=192.0.2.1'],
    [
      'SIP/2.0/UDP h;branch=z9hG4bKa;rport, SIP/2.0/TCP b;branch=z9hG4bKb',
      'SIP/2.0/UDP h;branch=z9hG4bKa;received=192.0.2.1;rport=5070, SIP/2.0/TCP b;branch=z9hG4bKb',
    ],
  ];
  for (const [via, stamped] of vias) {
    test(`RFC 3261 §18.2.1, RFC 3581 §4: a Via of ${via}`, () => {
      receive({ via: `Via: ${via}` });
      accepted[0]!.respond(200);
      assert.equal(/\r\nVia: ([^\r]*)/.exec(flow.take()[0]!)?.[1], stamped);
    });
  }

  test('RFC 3261 §17.2.2: a final response is sent again for each retransmitted request', () => {
    receive();
    receive();
    assert.deepEqual(statuses(), [], 'nothing is known yet');
    accepted[0]!.respond(202);
    receive();
    receive();
    const sent = flow.take();
    assert.equal(sent.length, 3);
    assert.equal(new Set(sent).size, 1);
    assert.equal(arrived.length, 1);
    assert.equal(transactions.ongoing, 0, 'nothing but the response is kept');
  });

  test('RFC 3261 §17.2.2: after timer J, 64*T1, a repeated request is a new one', () => {
    receive();
    accepted[0]!.respond(200);
    clock.advance(31_900);
    receive();
    assert.equal(arrived.length, 1);
    clock.advance(300);
    receive();
    assert.equal(arrived.length, 2);
  });

  test('RFC 3261 §17.2.2: over TCP nothing is kept', () => {
    const tcp = new MemoryFlow('tcp');
    receive({}, tcp);
    accepted[0]!.respond(200);
    receive({}, tcp);
    assert.equal(arrived.length, 2);
  });

  test('RFC 3261 §17.2.3: branch, sent-by and method together tell requests apart', () => {
    receive();
    receive({ branch: 'z9hG4bKtwo' });
    receive({ via: 'Via: SIP/2.0/UDP other.example.test:5070;branch=z9hG4bKone' });
    receive({ method: 'INFO' });
    assert.equal(arrived.length, 4);
  });

  test('RFC 3261 §17.2.3: without the cookie, requests are told apart as RFC 2543 did', () => {
    const via = 'Via: SIP/2.0/UDP old.example.test;branch=1';
    receive({ via });
    receive({ via });
    assert.equal(arrived.length, 1);
    receive({ via, cseq: '8 MESSAGE' });
    assert.equal(arrived.length, 2);
  });

  test('RFC 4475 §3.2.1 (badbranch): a branch of nothing but the cookie tells nothing', () => {
    receive({ branch: 'z9hG4bK' });
    receive({ branch: 'z9hG4bK', callId: 'c2' });
    assert.equal(arrived.length, 2);
  });

  test('RFC 4320 §4.1: a request that is no INVITE gets no provisional response but 100', () => {
    receive();
    accepted[0]!.respond(180);
    accepted[0]!.respond(100);
    receive();
    assert.deepEqual(statuses(), [100, 100]);
  });

  test('RFC 4320 §4.2: after 64*T1 nobody waits for a final response any more', () => {
    receive();
    let ended = 0;
    accepted[0]!.onEnd(() => ended++);
    clock.advance(32_200);
    assert.equal(ended, 1);
    accepted[0]!.respond(200);
    assert.deepEqual(statuses(), []);
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 3261 §8.2.2.2: the same request on a second way is merged, also after the first was answered', () => {
    receive();
    assert.equal(accepted[0]!.isMerged(), false);
    assert.equal(accepted[0]!.isMerged(), false);
    receive({ branch: 'z9hG4bKtwo' });
    assert.equal(accepted[1]!.isMerged(), true);
    accepted[0]!.respond(200);
    receive({ branch: 'z9hG4bKthree' });
    assert.equal(accepted[2]!.isMerged(), true);
    clock.advance(33_000);
    receive({ branch: 'z9hG4bKfour' });
    assert.equal(accepted[3]!.isMerged(), false);
  });

  test('RFC 3261 §8.2.2.2: requests of a dialog are never merged', () => {
    receive({ to: ';tag=j' });
    receive({ to: ';tag=j', branch: 'z9hG4bKtwo' });
    assert.deepEqual(
      accepted.map((each) => each.isMerged()),
      [false, false],
    );
  });

  test('what is remembered is bounded: the oldest goes first', () => {
    limits.rememberedTransactions = 2;
    for (const branch of ['z9hG4bKa', 'z9hG4bKb', 'z9hG4bKc']) receive({ branch });
    for (const each of accepted) each.respond(200);
    assert.equal(arrived.length, 3);
    receive({ branch: 'z9hG4bKb' });
    receive({ branch: 'z9hG4bKc' });
    assert.equal(arrived.length, 3);
    receive({ branch: 'z9hG4bKa' });
    assert.equal(arrived.length, 4);
  });

  test('more requests at once than there is room for get 503 and are not remembered', () => {
    limits.maxOngoing = 1;
    receive();
    receive({ branch: 'z9hG4bKtwo' });
    const [text] = flow.take();
    assert.match(text!, /^SIP\/2\.0 503 .*Retry-After: 10\r\n/s);
    assert.equal(arrived.length, 1);
    accepted[0]!.respond(200);
    receive({ branch: 'z9hG4bKtwo' });
    assert.equal(arrived.length, 2);
  });

  test('RFC 3261 §18.2.2: where the connection is gone, a response goes over a new one', async () => {
    const tcp = new MemoryFlow('tcp');
    const second = new MemoryFlow('tcp');
    receive({}, tcp);
    tcp.close();
    accepted[0]!.respond(200);
    elsewhere.resolve(second);
    await elsewhere.promise;
    assert.equal(tcp.sent.length, 0);
    assert.equal(second.sent.length, 1);
  });

  test('RFC 3261 §17.2.4: a response that cannot be sent ends the transaction', async () => {
    const tcp = new MemoryFlow('tcp');
    receive({ method: 'INVITE' }, tcp);
    let ended = 0;
    accepted[0]!.onEnd(() => ended++);
    tcp.close();
    accepted[0]!.respond(486);
    elsewhere.reject(new Error('nobody there'));
    await new Promise(setImmediate);
    assert.equal(ended, 1);
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 3261 §18.2.2: over UDP without rport, a response goes to the port of sent-by', () => {
    receive({ via: 'Via: SIP/2.0/UDP 192.0.2.1:5999;branch=z9hG4bKp' });
    accepted[0]!.respond(200);
    assert.deepEqual(
      targets.map(({ address, port }) => [address, port]),
      [['192.0.2.1', 5999]],
    );
  });

  test('a proxy passes a response on as it is', () => {
    receive();
    accepted[0]!.forward(200, 'Fine', 'Via: x\r\nTo: <sip:j@x>;tag=9\r\n', 'body');
    assert.equal(flow.take()[0], 'SIP/2.0 200 Fine\r\nVia: x\r\nTo: <sip:j@x>;tag=9\r\nContent-Length: 4\r\n\r\nbody');
    accepted[0]!.respond(500);
    assert.deepEqual(statuses(), []);
  });
});

describe('INVITE server transactions', () => {
  let accepted: ServerTransaction[];
  const ack = (parts: Parts = {}, from = flow) => receive({ ...parts, method: 'ACK', cseq: '7 ACK' }, from);

  beforeEach(() => {
    accepted = startAccepting();
    receive({ method: 'INVITE' });
  });

  test('RFC 3261 §17.2.1: 100 after 200 ms where nothing was said, without a tag', () => {
    clock.advance(150);
    assert.deepEqual(flow.sent, []);
    clock.advance(150);
    const [text] = flow.take();
    assert.match(text!, /^SIP\/2\.0 100 Trying\r\n/);
    assert.equal(tagOf(text!), undefined);
    clock.advance(1000);
    assert.deepEqual(flow.sent, []);
  });

  test('RFC 3261 §17.2.1: a retransmitted INVITE gets the provisional response that was given last', () => {
    accepted[0]!.respond(180);
    receive({ method: 'INVITE' });
    accepted[0]!.respond(183);
    receive({ method: 'INVITE' });
    clock.advance(400);
    assert.deepEqual(statuses(), [180, 180, 183, 183]);
  });

  test('RFC 3261 §12.1.1: a response that makes a dialog has the Record-Route of the request', () => {
    const text = requestText({ method: 'INVITE', branch: 'z9hG4bKrr' });
    const recorded = text.replace(
      'Max-Forwards',
      'Record-Route: <sip:a;lr>, <sip:b;lr>\r\nRecord-Route: <sip:c;lr>\r\nMax-Forwards',
    );
    transactions.receive(parseMessage(recorded) as SipRequest, flow);
    accepted[1]!.respond(200);
    assert.match(flow.take()[0]!, /\r\nRecord-Route: <sip:a;lr>, <sip:b;lr>\r\nRecord-Route: <sip:c;lr>\r\n/);
  });

  test('RFC 3261 §17.2.1: a refusal is sent at T1, 2*T1, 4*T1, T2, T2 ... until timer H', () => {
    accepted[0]!.respond(486);
    const at: number[] = [];
    flow.take();
    for (let ms = 50; ms <= 33_000; ms += 50) {
      clock.advance(50);
      if (flow.take().length > 0) at.push(ms);
    }
    assert.deepEqual(at, [550, 1600, 3650, 7700, 11_750, 15_800, 19_850, 23_900, 27_950, 32_000]);
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 3261 §17.2.1: an ACK ends that, and is not passed on; timer I takes what is late in silence', () => {
    accepted[0]!.respond(486);
    const tag = `;tag=${tagOf(flow.take()[0]!)}`;
    ack({ to: tag });
    ack({ to: tag });
    receive({ method: 'INVITE' });
    clock.advance(4900);
    assert.equal(transactions.ongoing, 1);
    clock.advance(300);
    assert.equal(transactions.ongoing, 0);
    assert.deepEqual(flow.sent, []);
    assert.equal(arrived.length, 1);
  });

  test('RFC 3261 §17.2.1: over TCP a refusal is sent once, and the ACK ends it at once', () => {
    const tcp = new MemoryFlow('tcp');
    receive({ method: 'INVITE', branch: 'z9hG4bKt' }, tcp);
    accepted[1]!.respond(603);
    clock.advance(10_000);
    assert.equal(tcp.sent.length, 1);
    ack({ branch: 'z9hG4bKt', to: `;tag=${accepted[1]!.toTag}` }, tcp);
    clock.advance(200);
    assert.equal(transactions.ongoing, 1, 'the other one of this test');
  });

  test('RFC 6026 §7.1: after a 2xx, retransmitted INVITEs are taken in silence and further 2xx are sent', () => {
    accepted[0]!.respond(200);
    receive({ method: 'INVITE' });
    accepted[0]!.respond(200);
    accepted[0]!.respond(486);
    clock.advance(31_900);
    assert.deepEqual(statuses(), [200, 200]);
    assert.equal(transactions.ongoing, 1);
    clock.advance(300);
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 6026 §7.1: an ACK to a 2xx is for the user, with the branch of the INVITE or with one of its own', () => {
    accepted[0]!.respond(200);
    const to = `;tag=${accepted[0]!.toTag}`;
    ack({ to });
    ack({ to, branch: 'z9hG4bKack' });
    assert.deepEqual(
      arrived.map(({ method }) => method),
      ['INVITE', 'ACK', 'ACK'],
    );
  });

  test('a forged ACK is dropped: too early, of another tag, from another address', async () => {
    ack();
    accepted[0]!.respond(486);
    ack({ to: ';tag=guess' });
    ack({ to: `;tag=${accepted[0]!.toTag}` }, new MemoryFlow('udp', '203.0.113.9'));
    flow.take();
    clock.advance(600);
    assert.deepEqual(statuses(), [486], 'it is still repeated');
    assert.equal(arrived.length, 1);
    assert.equal(await count('rollcall_sip_dropped_total', 'ack'), 3);
  });

  test('RFC 3261 §9.2: a CANCEL is answered 200 with the tag of the INVITE, whose user is told', () => {
    let told = 0;
    accepted[0]!.onCancel(() => {
      told++;
      accepted[0]!.respond(487);
    });
    receive({ method: 'CANCEL' });
    receive({ method: 'CANCEL' });
    const sent = flow.take();
    assert.deepEqual(
      sent.map((text) => text.slice(8, 11)),
      ['200', '487', '200'],
    );
    assert.equal(new Set(sent.map(tagOf)).size, 1);
    assert.equal(told, 1);
    assert.equal(arrived.length, 1);
  });

  test('RFC 3261 §22.1: a CANCEL from elsewhere, which knows the branch, is of nothing', () => {
    let told = 0;
    accepted[0]!.onCancel(() => told++);
    const other = new MemoryFlow('udp', '203.0.113.9');
    receive({ method: 'CANCEL' }, other);
    assert.match(other.sent[0]!, /^SIP\/2\.0 481 /);
    assert.equal(told, 0);
  });

  test('RFC 3261 §9.2: a CANCEL of nothing is answered 481', () => {
    receive({ method: 'CANCEL', branch: 'z9hG4bKother' });
    assert.deepEqual(statuses(), [481]);
  });
});

describe('answers that nothing is remembered of', () => {
  test('COMPAT(libpurple): a challenged request that comes again with the same branch is a new one', () => {
    start((each, from) => transactions.answer(each, from, 401, { head: 'WWW-Authenticate: Digest\r\n' }));
    receive();
    receive();
    assert.equal(arrived.length, 2);
    assert.deepEqual(statuses(), [401, 401]);
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 3261 §8.2.7: the tag is the same for the same request, and its ACK is taken in silence', () => {
    start((each, from) => transactions.answer(each, from, 407));
    receive({ method: 'INVITE' });
    receive({ method: 'INVITE' });
    const tags = flow.take().map(tagOf);
    assert.equal(tags[0], tags[1]);
    receive({ method: 'ACK', cseq: '7 ACK', to: `;tag=${tags[0]}` });
    assert.deepEqual(
      arrived.map(({ method }) => method),
      ['INVITE', 'INVITE'],
    );
    receive({ method: 'ACK', cseq: '7 ACK', to: ';tag=AAAAAAAAAAAA' });
    assert.equal(arrived.at(-1)!.method, 'ACK');
  });

  test('RFC 3261 §17: nothing is answered to an ACK', () => {
    start((each, from) => transactions.answer(each, from, 400));
    receive({ method: 'ACK' });
    assert.deepEqual(flow.sent, []);
  });

  test('RFC 3261 §8.2.6.1: a request whose Via cannot be read is answered where it came from', () => {
    start((each, from) => transactions.answer(each, from, 400));
    receive({ via: 'Via: SIP/2.0/UDP ;;;' });
    assert.deepEqual(statuses(), [400]);
  });
});

describe('client transactions', () => {
  const out = (method = 'NOTIFY') => ({
    method,
    uri: 'sip:juliet@192.0.2.1',
    head: `Max-Forwards: 70\r\nRoute: <sip:p;lr>\r\nFrom: <sip:r@x>;tag=1\r\nTo: <sip:j@x>\r\nCall-ID: c\r\nCSeq: 3 ${method}\r\n`,
    body: 'hello',
  });
  let outcome: (number | string)[];
  const handlers = {
    response: ({ status }: SipResponse) => void outcome.push(status),
    failed: (why: string) => void outcome.push(why),
  };
  const ask = (method?: string) => transactions.request(out(method), flow, handlers);
  const answer = (status: number, options?: { method?: string; tag?: string }) =>
    transactions.receive(responseTo(flow.sent[0]!, status, options), flow);

  beforeEach(() => {
    start();
    outcome = [];
  });

  test('RFC 3261 §18.1.1: a request begins with a Via of ours and says how long its body is', () => {
    const { branch } = ask();
    assert.match(branch, /^z9hG4bK[\w-]{12}$/);
    assert.deepEqual(flow.sent[0]!.split('\r\n').slice(0, 3), [
      'NOTIFY sip:juliet@192.0.2.1 SIP/2.0',
      `Via: SIP/2.0/UDP server.example.test:5060;rport;branch=${branch}`,
      'Max-Forwards: 70',
    ]);
    assert.match(flow.sent[0]!, /\r\nContent-Length: 5\r\n\r\nhello$/);
  });

  test('RFC 3261 §17.1.2: over UDP it is repeated after T1, 2*T1, 4*T1, then each T2, and given up after 64*T1', () => {
    ask();
    flow.take();
    const at: number[] = [];
    for (let ms = 50; ms <= 33_000; ms += 50) {
      clock.advance(50);
      if (flow.take().length > 0) at.push(ms);
    }
    assert.deepEqual(at, [550, 1600, 3650, 7700, 11_750, 15_800, 19_850, 23_900, 27_950, 32_000]);
    assert.deepEqual(outcome, ['timeout']);
    assert.equal(transactions.waiting, 0);
  });

  test('RFC 3261 §17.1.2: after a provisional response it is repeated each T2', () => {
    ask();
    answer(100);
    flow.sent.length = 1;
    clock.advance(550);
    flow.sent.length = 1;
    clock.advance(3900);
    assert.equal(flow.sent.length, 1);
    clock.advance(200);
    assert.equal(flow.sent.length, 2);
    assert.deepEqual(outcome, [100]);
  });

  test('RFC 3261 §17.1.2: one final response is passed, what comes again is taken in silence', async () => {
    ask();
    answer(200);
    answer(200);
    assert.deepEqual(outcome, [200]);
    assert.equal(transactions.waiting, 0);
    clock.advance(40_000);
    assert.equal(flow.sent.length, 1);
    assert.equal(await count('rollcall_sip_dropped_total', 'stray-response'), 1);
  });

  test('RFC 3261 §17.1.3: a response of another branch or another method is for nobody', () => {
    ask();
    answer(200, { method: 'MESSAGE' });
    const other = flow.sent[0]!.replace(/branch=z9hG4bK..../, 'branch=z9hG4bKxxxx');
    transactions.receive(responseTo(other, 200), flow);
    assert.deepEqual(outcome, []);
  });

  test('a Via with spaces around its branch is found too', () => {
    ask();
    const spaced = responseTo(flow.sent[0]!, 200);
    const headers = spaced.headers.map((text) => text.replace(';branch=', ' ; Branch = '));
    const Response = spaced.constructor as new (...parts: unknown[]) => SipResponse;
    transactions.receive(new Response(200, 'OK', headers, ''), flow);
    assert.deepEqual(outcome, [200]);
  });

  test('RFC 3261 §17.1.4: requests fail with the connection that they wait on', async () => {
    flow = new MemoryFlow('tcp');
    ask();
    ask('INVITE');
    flow.close();
    assert.deepEqual(outcome, ['transport', 'transport']);
    ask();
    assert.equal(outcome.length, 2, 'told later');
    await Promise.resolve();
    assert.equal(outcome.length, 3);
    assert.equal(transactions.waiting, 0);
  });

  test('RFC 3261 §17.1.1.2: an INVITE is repeated after T1, 2*T1, 4*T1 ... until timer B', () => {
    ask('INVITE');
    flow.take();
    const at: number[] = [];
    for (let ms = 50; ms <= 33_000; ms += 50) {
      clock.advance(50);
      if (flow.take().length > 0) at.push(ms);
    }
    assert.deepEqual(at, [550, 1600, 3650, 7700, 15_750, 31_800]);
    assert.deepEqual(outcome, ['timeout']);
  });

  test('RFC 3261 §17.1.1.2: once anything is heard, an INVITE waits as long as it takes', () => {
    ask('INVITE');
    answer(180);
    clock.advance(300_000);
    assert.equal(flow.sent.length, 1);
    assert.deepEqual(outcome, [180]);
  });

  test('RFC 3261 §17.1.1.3: a refusal is acknowledged with the Via of the INVITE, each time that it comes', () => {
    const { branch } = ask('INVITE');
    answer(486, { tag: 'busy' });
    answer(486, { tag: 'busy' });
    assert.deepEqual(outcome, [486]);
    assert.deepEqual(flow.sent[1]!.split('\r\n'), [
      'ACK sip:juliet@192.0.2.1 SIP/2.0',
      `Via: SIP/2.0/UDP server.example.test:5060;rport;branch=${branch}`,
      'Route: <sip:p;lr>',
      'From: <sip:r@x>;tag=1',
      'Call-ID: c',
      'Max-Forwards: 70',
      'CSeq: 3 ACK',
      'To: <sip:j@x>;tag=busy',
      'Content-Length: 0',
      '',
      '',
    ]);
    assert.equal(flow.sent[1], flow.sent[2]);
    clock.advance(32_200);
    assert.equal(transactions.waiting, 0);
  });

  test('RFC 6026 §7.2: each 2xx to an INVITE is passed, none is acknowledged here, until timer M', () => {
    ask('INVITE');
    answer(200, { tag: 'a' });
    answer(200, { tag: 'b' });
    assert.deepEqual(outcome, [200, 200]);
    assert.equal(flow.sent.length, 1);
    clock.advance(32_200);
    answer(200, { tag: 'a' });
    assert.deepEqual(outcome, [200, 200]);
  });

  test('RFC 3261 §9.1: CANCEL waits until something was heard, and has the branch of the INVITE', () => {
    const transaction = ask('INVITE');
    transaction.cancel();
    assert.equal(flow.sent.length, 1);
    answer(100);
    const cancel = flow.sent[1]!;
    assert.deepEqual(cancel.split('\r\n'), [
      'CANCEL sip:juliet@192.0.2.1 SIP/2.0',
      `Via: SIP/2.0/UDP server.example.test:5060;rport;branch=${transaction.branch}`,
      'Route: <sip:p;lr>',
      'From: <sip:r@x>;tag=1',
      'Call-ID: c',
      'Max-Forwards: 70',
      'CSeq: 3 CANCEL',
      'To: <sip:j@x>',
      'Content-Length: 0',
      '',
      '',
    ]);
    transactions.receive(responseTo(cancel, 200), flow);
    answer(487);
    assert.deepEqual(outcome, [100, 487]);
    assert.match(flow.sent[2]!, /^ACK /);
  });

  test('RFC 3261 §9.1: an INVITE that was taken back and is not answered within 64*T1 is given up', () => {
    const transaction = ask('INVITE');
    answer(180);
    transaction.cancel();
    transaction.cancel();
    clock.advance(32_300);
    assert.deepEqual(outcome, [180, 'timeout']);
    assert.equal(transactions.waiting, 0);
  });

  test('RFC 3261 §9.1: what was answered, or is no INVITE, is not taken back', () => {
    ask().cancel();
    answer(180);
    assert.equal(flow.sent.length, 1);
    flow.take();
    const invite = ask('INVITE');
    answer(200);
    invite.cancel();
    assert.equal(flow.sent.length, 1);
  });

  test('a handler that throws harms nobody', () => {
    const throwing = () => {
      throw new Error('of the test');
    };
    transactions.request(out(), flow, { response: throwing, failed: throwing });
    answer(200);
    flow.take();
    transactions.request(out(), flow, { response: throwing, failed: throwing });
    clock.advance(33_000);
    assert.equal(transactions.waiting, 0);
  });
});

describe('time', () => {
  test('nothing ticks while nothing waits', () => {
    let ticking = 0;
    const accepted = startAccepting();
    const every = clock.every.bind(clock);
    clock.every = (ms, run) => {
      ticking++;
      const end = every(ms, run);
      return () => {
        ticking--;
        end();
      };
    };
    assert.equal(ticking, 0);
    receive();
    accepted[0]!.respond(200);
    assert.equal(ticking, 1);
    clock.advance(33_000);
    assert.equal(ticking, 0);
    receive();
    assert.equal(ticking, 1);
    transactions.stop();
    assert.equal(ticking, 0);
  });
});

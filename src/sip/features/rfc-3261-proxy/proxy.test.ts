import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { blockListOf } from '#contacts/block-list.ts';
import { migrations } from '#store/migrations/all.ts';
import { makeWorld, type World } from '../../../../test/support/homes.ts';
import { MemoryFlow } from '../../../../test/support/memory-flow.ts';
import { type ProxyUnderTest, startProxy } from '../../../../test/support/proxy.ts';
import { Binding, bindingsPart, type Registration } from '../../bindings.ts';
import type { Flow, TransportName } from '../../transport/flow.ts';
import { SipRequest, SipResponse } from '../../wire/message.ts';
import { parseMessage } from '../../wire/message-parser.ts';
import { parseUri } from '../../wire/sip-uri.ts';

const ROMEO = 'romeo@example.test';
const JULIET = 'juliet@example.test';

let world: World;
let { transactions, settings, flows, reachable } = {} as ProxyUnderTest;

beforeEach(async () => {
  world = await makeWorld({ people: [ROMEO, JULIET], migrations });
  // The name alone proves everything here.
  ({ transactions, settings, flows, reachable } = startProxy(world, (request) => {
    const name = request.header('proxy-authorization')?.match(/username="(\w+)"/)?.[1];
    return name && `${name}@example.test`;
  }));
  await world.home(JULIET);
  await world.home(ROMEO);
});

afterEach(() => world.close());

/** A program at the other end of a flow. */
class Agent {
  readonly flow: MemoryFlow;
  readonly contact: string;
  readonly tag: string;

  constructor(name: string, transport: TransportName = 'udp') {
    const port = 5070 + flows.size;
    this.flow = new MemoryFlow(transport, '192.0.2.1', port);
    this.tag = `${name}${port}`;
    this.contact = `sip:${name}@192.0.2.1:${port}`;
    flows.set(this.flow.id, this.flow);
  }

  async register(address: string, more: Partial<Registration> & { flow?: Flow } = {}): Promise<this> {
    const home = await world.home(address);
    const said = { id: this.tag, device: this.tag, uri: this.contact, parsed: parseUri(this.contact), q: 1000 };
    const rest = { path: '', instance: '', regId: 0, registeredAt: 0, methods: '', ...more };
    const binding = new Binding(home, { ...said, ...rest } as Registration);
    binding.flow = 'flow' in more ? more.flow : this.flow;
    bindingsPart.of(home).all.set(binding.id, binding);
    return this;
  }

  send(method: string, uri: string, lines: readonly string[] = []): string {
    const given = new Set(lines.map((line) => line.slice(0, line.indexOf(':'))));
    const own = [
      `Via: SIP/2.0/${this.flow.transport.toUpperCase()} 192.0.2.1:${this.flow.remotePort};branch=z9hG4bK${method}${this.tag};rport`,
      'Max-Forwards: 70',
      `From: <sip:${ROMEO}>;tag=${this.tag}`,
      `To: <sip:${JULIET}>`,
      'Call-ID: call',
      `CSeq: 1 ${method}`,
      `Contact: <${this.contact}>`,
    ].filter((line) => !given.has(line.slice(0, line.indexOf(':'))));
    const text = `${[`${method} ${uri} SIP/2.0`, ...own, ...lines].join('\r\n')}\r\n\r\n`;
    transactions.receive(parseMessage(text), this.flow);
    return text;
  }

  reply(request: SipRequest, status: number, lines: readonly string[] = []): void {
    const echoed = ['via', 'from', 'call-id', 'cseq', 'record-route'].flatMap((name) =>
      request.lines(name).map((value) => `${name}: ${value}`),
    );
    const to = request.to.tag === '' ? `${request.header('to')};tag=${this.tag}` : request.header('to');
    const text = [
      `SIP/2.0 ${status} Of The Test`,
      ...echoed,
      `To: ${to}`,
      ...lines,
      `Contact: <${this.contact}>`,
      '',
      '',
    ];
    transactions.receive(parseMessage(text.join('\r\n')), this.flow);
  }

  /** All that has come. */
  take(): (SipRequest | SipResponse)[] {
    return this.flow.take().map((text) => parseMessage(text));
  }

  /** What has come, in short: methods and statuses. */
  seen(): (string | number)[] {
    return this.take().map((message) => (message instanceof SipRequest ? message.method : message.status));
  }

  request(): SipRequest {
    const all = this.take();
    assert.equal(all.length, 1, `one request, of ${all.length} messages`);
    assert.ok(all[0] instanceof SipRequest);
    return all[0];
  }

  response(): SipResponse {
    const all = this.take();
    assert.equal(all.length, 1, `one response, of ${all.length} messages`);
    assert.ok(all[0] instanceof SipResponse);
    return all[0];
  }
}

const PROOF = 'Proxy-Authorization: Digest username="romeo", realm="example.test", nonce="", uri="", response=""';
const invite = (romeo: Agent, lines: readonly string[] = []) =>
  romeo.send('INVITE', `sip:${JULIET}`, [PROOF, ...lines]);
const toTag = (message: SipResponse) => `To: ${message.header('to')}`;
const reversed = (routes: readonly string[]) => routes.toReversed().map((value) => `Route: ${value}`);
const turn = () => new Promise(setImmediate);

describe('a call', () => {
  test('RFC 3665 §3.2: from INVITE to BYE, each over the flow of its receiver', async () => {
    const romeo = new Agent('romeo', 'tcp');
    const juliet = await new Agent('juliet', 'tls').register(JULIET);
    invite(romeo);
    const arrived = juliet.request();
    assert.equal(arrived.uri, juliet.contact);
    assert.equal(arrived.header('max-forwards'), '69');
    assert.equal(arrived.header('proxy-authorization'), undefined);
    assert.equal(arrived.header('max-breadth'), '60');
    assert.equal(arrived.values('via').length, 2);
    const routes = arrived.values('record-route');
    assert.match(routes[0]!, /^<sip:[\w-]+@server\.example\.test:5060;transport=tls;lr>$/);
    assert.match(routes[1]!, /^<sip:[\w-]+@server\.example\.test:5060;transport=tcp;lr>$/);
    juliet.reply(arrived, 180);
    const ringing = romeo.response();
    assert.equal(ringing.status, 180);
    assert.equal(ringing.values('via').length, 1);
    juliet.reply(arrived, 200);
    const answered = romeo.response();
    assert.deepEqual([answered.status, answered.values('record-route')], [200, routes]);
    // RFC 3261 §12.1.2: the caller's route set is the other way round.
    romeo.send('ACK', juliet.contact, [...reversed(routes), toTag(answered)]);
    const ack = juliet.request();
    assert.deepEqual([ack.method, ack.uri, ack.header('route')], ['ACK', juliet.contact, undefined]);
    juliet.send('BYE', romeo.contact, [
      `To: <sip:${ROMEO}>;tag=${romeo.tag}`,
      ...routes.map((value) => `Route: ${value}`),
    ]);
    const bye = romeo.request();
    assert.deepEqual([bye.method, bye.uri], ['BYE', romeo.contact]);
    romeo.reply(bye, 200);
    assert.deepEqual(juliet.seen(), [200]);
    assert.equal(transactions.waiting, 1, 'the INVITE, for further 2xx');
  });

  test('RFC 3261 §22.3: one who does not prove an account is challenged, and nobody hears of it', async () => {
    const romeo = new Agent('romeo');
    const juliet = await new Agent('juliet').register(JULIET);
    romeo.send('INVITE', `sip:${JULIET}`);
    const challenge = romeo.response();
    assert.equal(challenge.status, 407);
    romeo.send('ACK', `sip:${JULIET}`, [toTag(challenge)]);
    assert.deepEqual([...romeo.seen(), ...juliet.seen()], []);
  });

  test('RFC 3261 §17.2.1: a repeated INVITE is not passed on again', async () => {
    const romeo = new Agent('romeo');
    const juliet = await new Agent('juliet').register(JULIET);
    invite(romeo);
    invite(romeo);
    assert.deepEqual(juliet.seen(), ['INVITE']);
    assert.deepEqual(romeo.seen(), [100]);
  });

  test('RFC 3261 §17.1.4: a caller whose connection is lost does not let the phone ring on', async () => {
    const romeo = new Agent('romeo', 'tcp');
    const juliet = await new Agent('juliet').register(JULIET);
    invite(romeo);
    const arrived = juliet.request();
    juliet.reply(arrived, 180);
    romeo.flow.close();
    assert.deepEqual(juliet.seen(), ['CANCEL']);
    juliet.reply(arrived, 487);
    await turn();
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 6026 §7.1: a repeated 200 is passed on each time', async () => {
    const romeo = new Agent('romeo');
    const juliet = await new Agent('juliet').register(JULIET);
    invite(romeo);
    const arrived = juliet.request();
    juliet.reply(arrived, 200);
    juliet.reply(arrived, 200);
    assert.deepEqual(romeo.seen(), [200, 200]);
  });

  test('RFC 5626 §5.2: a request with a forged token has to prove an account', async () => {
    const romeo = new Agent('romeo');
    const juliet = await new Agent('juliet').register(JULIET);
    invite(romeo);
    const routes = juliet.request().values('record-route');
    const other = new Agent('mallory');
    const forged = routes.map((value) => `Route: ${value.replace(/sip:.../, 'sip:abc')}`);
    other.send('BYE', romeo.contact, forged);
    assert.deepEqual(other.seen(), [407]);
    other.send('BYE', romeo.contact, ['Call-ID: another', 'CSeq: 2 BYE', ...routes.map((value) => `Route: ${value}`)]);
    assert.deepEqual(other.seen(), [407], 'a token is good for its own call');
    assert.deepEqual(romeo.seen(), []);
  });

  test('who is in a call begins no other one by its token, in whatever name', async () => {
    const romeo = new Agent('romeo');
    const juliet = await new Agent('juliet').register(JULIET);
    invite(romeo);
    const routes = juliet.request().values('record-route');
    const lines = routes.map((value) => `Route: ${value}`);
    juliet.send('INVITE', `sip:${ROMEO}`, ['From: <sip:boss@example.test>;tag=1', `To: <sip:${ROMEO}>`, ...lines]);
    assert.deepEqual(juliet.seen(), [407]);
    juliet.send('MESSAGE', 'sip:somebody@elsewhere.test', ['CSeq: 2 MESSAGE', ...lines]);
    assert.deepEqual(juliet.seen(), [407]);
  });

  test('an ACK that is of no call is dropped', async () => {
    const mallory = new Agent('mallory');
    const juliet = await new Agent('juliet').register(JULIET);
    mallory.send('ACK', `sip:${JULIET}`, ['To: <sip:juliet@example.test>;tag=x']);
    mallory.send('ACK', juliet.contact, ['Route: <sip:abc@server.example.test:5060;lr>', 'To: <sip:j@x>;tag=x']);
    await turn();
    assert.deepEqual([...mallory.seen(), ...juliet.seen()], []);
  });
});

describe('several devices', () => {
  let romeo: Agent;
  let desk: Agent;
  let mobile: Agent;

  beforeEach(async () => {
    romeo = new Agent('romeo');
    desk = await new Agent('desk').register(JULIET);
    mobile = await new Agent('mobile').register(JULIET);
  });

  test('RFC 3261 §16.7 step 10: all ring, one answers, the others are told', () => {
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    assert.deepEqual([atDesk.header('max-breadth'), atMobile.header('max-breadth')], ['30', '30']);
    desk.reply(atDesk, 180);
    mobile.reply(atMobile, 180);
    assert.deepEqual(romeo.seen(), [180, 180]);
    desk.reply(atDesk, 200);
    assert.deepEqual(romeo.seen(), [200]);
    const cancel = mobile.request();
    assert.equal(cancel.method, 'CANCEL');
    assert.equal(cancel.header('via'), atMobile.header('via'));
    mobile.reply(cancel, 200);
    mobile.reply(atMobile, 487);
    assert.deepEqual(mobile.seen(), ['ACK']);
    assert.deepEqual(romeo.seen(), []);
  });

  test('RFC 3261 §16.7 step 5: two answer at the same time, and the caller hears of both', () => {
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    desk.reply(atDesk, 200);
    mobile.reply(atMobile, 200);
    assert.deepEqual(romeo.seen(), [200, 200]);
  });

  test('RFC 3261 §16.7 step 6: the best of all refusals is passed on, when the last has come', () => {
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    desk.reply(atDesk, 408);
    assert.deepEqual(romeo.seen(), []);
    mobile.reply(atMobile, 486);
    assert.deepEqual(romeo.seen(), [486]);
  });

  test('RFC 3261 §16.7: a 6xx ends it for all, once they have let go', () => {
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    mobile.reply(atMobile, 180);
    desk.reply(atDesk, 603);
    assert.deepEqual(romeo.seen(), [180]);
    assert.deepEqual(mobile.seen(), ['CANCEL']);
    mobile.reply(atMobile, 487);
    assert.deepEqual(romeo.seen(), [603]);
  });

  test('RFC 3261 §16.10: the caller takes it back, from all', () => {
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    desk.reply(atDesk, 180);
    mobile.reply(atMobile, 180);
    romeo.take();
    romeo.send('CANCEL', `sip:${JULIET}`, [`Via: ${romeoVia()}`]);
    assert.deepEqual(romeo.seen(), [200]);
    assert.deepEqual([...desk.seen(), ...mobile.seen()], ['CANCEL', 'CANCEL']);
    desk.reply(atDesk, 487);
    mobile.reply(atMobile, 487);
    assert.deepEqual(romeo.seen(), [487]);
  });

  const romeoVia = () => `SIP/2.0/UDP 192.0.2.1:${romeo.flow.remotePort};branch=z9hG4bKINVITE${romeo.tag};rport`;

  test('RFC 3261 §16.6: those of a lower q are asked when the others have refused', async () => {
    const third = await new Agent('third').register(JULIET, { q: 200 });
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    desk.reply(atDesk, 480);
    assert.deepEqual(third.seen(), []);
    mobile.reply(atMobile, 486);
    const atThird = third.request();
    third.reply(atThird, 200);
    assert.deepEqual(romeo.seen(), [200]);
  });

  test('RFC 3261 §16.8, timer C: who only rings is given up', () => {
    invite(romeo);
    const [atDesk, atMobile] = [desk.request(), mobile.request()];
    desk.reply(atDesk, 180);
    mobile.reply(atMobile, 180);
    world.clock.advance(100_000);
    mobile.reply(atMobile, 180);
    world.clock.advance(90_200);
    assert.deepEqual([...desk.seen(), ...mobile.seen()], ['CANCEL']);
    world.clock.advance(100_000);
    assert.ok(mobile.seen().includes('CANCEL'));
    world.clock.advance(33_000);
    assert.equal(romeo.seen().at(-1), 408);
    assert.equal(transactions.waiting, 0);
  });

  test('RFC 3261 §16.9: nobody answers at all', () => {
    invite(romeo);
    world.clock.advance(33_000);
    assert.equal(romeo.seen().at(-1), 408);
  });

  test('RFC 4320 §4.2: to anything but an INVITE, a 408 is never sent', () => {
    romeo.send('INFO', `sip:${JULIET}`, [PROOF]);
    world.clock.advance(40_000);
    assert.deepEqual(romeo.seen(), []);
    assert.equal(transactions.ongoing, 0);
  });

  test('RFC 5393 §5.3.3: more devices than the request may have branches', () => {
    invite(romeo, ['Max-Breadth: 1']);
    assert.deepEqual(romeo.seen(), [440]);
    assert.deepEqual([...desk.seen(), ...mobile.seen()], []);
  });
});

describe('what is not passed on', () => {
  const rows: [what: string, lines: string[], status: number, head?: RegExp][] = [
    ['RFC 3261 §16.3 step 3: it has come too far', ['Max-Forwards: 0'], 483],
    [
      'RFC 3261 §16.3 step 5: it asks for what we do not know',
      ['Proxy-Require: foo, bar'],
      420,
      /\r\nUnsupported: foo, bar\r\n/,
    ],
  ];
  for (const [what, lines, status, head = /./] of rows) {
    test(what, async () => {
      const romeo = new Agent('romeo');
      const juliet = await new Agent('juliet').register(JULIET);
      invite(romeo, lines);
      const [text] = romeo.flow.sent;
      assert.match(text!, new RegExp(`^SIP/2.0 ${status} `));
      assert.match(text!, head);
      assert.deepEqual(juliet.seen(), []);
    });
  }

  test('RFC 3261 §16.3 step 4: it was here before, and went the same way', async () => {
    const romeo = new Agent('romeo');
    const next = new Agent('next');
    reachable.set('next.example.org', [next.flow]);
    romeo.send('INFO', 'sip:x@next.example.org', [PROOF]);
    await turn();
    const passed = next.request();
    const again = ['INFO sip:x@next.example.org SIP/2.0', `Via: SIP/2.0/UDP next;branch=z9hG4bKn`].join('\r\n');
    const rest = passed.headers.reduce((text, part, i) => text + (i % 2 === 0 ? `\r\n${part}: ` : part), '');
    transactions.receive(parseMessage(`${again}${rest}\r\n\r\n`), next.flow);
    assert.deepEqual(next.seen(), [482]);
  });

  test('RFC 3261 §16.5: nobody is called so, or nobody is there', async () => {
    const romeo = new Agent('romeo');
    invite(romeo);
    assert.deepEqual(romeo.seen(), [480]);
    romeo.send('INFO', 'sip:nobody@example.test', [PROOF]);
    await turn();
    assert.deepEqual(romeo.seen(), [404]);
  });

  test('RFC 3261 §21.4.4: one who is blocked does not get through', async () => {
    const romeo = new Agent('romeo');
    const juliet = await new Agent('juliet').register(JULIET);
    await blockListOf(await world.home(JULIET)).block([ROMEO]);
    invite(romeo);
    assert.deepEqual([...romeo.seen(), ...juliet.seen()], [403]);
  });
});

describe('ways', () => {
  let romeo: Agent;

  beforeEach(() => {
    romeo = new Agent('romeo');
  });

  test('COMPAT(sipp, TCP): whose connection is gone is reached at the Contact', async () => {
    const old = await new Agent('juliet', 'tcp').register(JULIET);
    const fresh = new Agent('fresh', 'tcp');
    old.flow.close();
    reachable.set('192.0.2.1', [fresh.flow]);
    invite(romeo);
    await turn();
    assert.deepEqual(fresh.seen(), ['INVITE']);
  });

  test('COMPAT(sipp, TCP): the connection is lost with the INVITE on it', async () => {
    const old = await new Agent('juliet', 'tcp').register(JULIET);
    const fresh = new Agent('fresh', 'tcp');
    reachable.set('192.0.2.1', [fresh.flow]);
    invite(romeo);
    old.flow.close();
    await turn();
    assert.deepEqual([...old.seen(), ...fresh.seen()], ['INVITE', 'INVITE']);
  });

  test('RFC 5626 §5.3: who registered a flow is reached on it alone; then on the next of its flows', async () => {
    const first = await new Agent('juliet', 'tcp').register(JULIET, { instance: 'i', regId: 1 });
    const second = await new Agent('second', 'tcp').register(JULIET, { instance: 'i', regId: 2 });
    invite(romeo);
    assert.deepEqual([...first.seen(), ...second.seen()], ['INVITE'], 'on one of both');
    const [used, other] = [first, second];
    used.flow.close();
    assert.deepEqual(other.seen(), ['INVITE']);
    other.flow.close();
    assert.deepEqual(romeo.seen(), [480]);
  });

  test('RFC 3263 §4.3: where one server fails, the next is asked', async () => {
    const busy = new Agent('busy');
    const good = new Agent('good');
    reachable.set('example.org', ['nobody', busy.flow, good.flow]);
    romeo.send('INVITE', 'sip:x@example.org', [PROOF]);
    await turn();
    busy.reply(busy.request(), 503);
    await turn();
    assert.deepEqual(busy.seen(), ['ACK']);
    good.reply(good.request(), 404);
    assert.deepEqual(romeo.seen(), [404]);
  });

  test('RFC 3261 §16.9: no way leads there', async () => {
    romeo.send('INVITE', 'sip:x@nowhere.example.org', [PROOF]);
    await turn();
    assert.deepEqual(romeo.seen(), [503]);
  });

  test('RFC 3261 §16.10: it is taken back while the way is looked for', async () => {
    const late = new Agent('late');
    reachable.set('example.org', [late.flow]);
    romeo.send('INVITE', 'sip:x@example.org', [PROOF]);
    const via = `SIP/2.0/UDP 192.0.2.1:${romeo.flow.remotePort};branch=z9hG4bKINVITE${romeo.tag};rport`;
    romeo.send('CANCEL', 'sip:x@example.org', [`Via: ${via}`]);
    assert.deepEqual(romeo.seen(), [200, 487]);
    await turn();
    assert.deepEqual(late.seen(), []);
  });

  test('other domains are reached by people of ours, where that is allowed', async () => {
    const next = new Agent('next');
    reachable.set('example.org', [next.flow]);
    const stranger = new Agent('stranger');
    stranger.send('INFO', 'sip:x@example.org');
    assert.deepEqual(stranger.seen(), [407]);
    settings.toOtherDomains = false;
    romeo.send('INFO', 'sip:x@example.org', [PROOF]);
    assert.deepEqual(romeo.seen(), [403]);
    assert.deepEqual(next.seen(), []);
  });

  test('RFC 3261 §16.12: along a Route that the sender has chosen', async () => {
    const next = new Agent('next');
    reachable.set('hop.example.org', [next.flow]);
    const routes = ['Route: <sip:server.example.test;lr>, <sip:hop.example.org;lr>', 'Route: <sip:further;lr>'];
    romeo.send('INFO', 'sip:x@example.org', [PROOF, ...routes]);
    await turn();
    const passed = next.request();
    assert.equal(passed.uri, 'sip:x@example.org');
    assert.deepEqual(passed.values('route'), ['<sip:hop.example.org;lr>', '<sip:further;lr>']);
  });

  test('RFC 5627 §5.1: a GRUU leads to one device', async () => {
    const desk = await new Agent('desk').register(JULIET);
    romeo.send('INFO', `sip:${JULIET};gr=nothing`, [PROOF]);
    assert.deepEqual([...romeo.seen(), ...desk.seen()], [480]);
  });
});

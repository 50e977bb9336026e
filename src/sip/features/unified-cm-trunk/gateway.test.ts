import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, test } from 'node:test';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import { Message, SipClient } from '../../../../test/support/sip-client.ts';

/** A call manager, as far as it is watched. */
class CallManager {
  readonly #socket: Socket = createSocket('udp4');
  #queue: { message: Message; port: number }[] = [];
  #waiting: ((of: { message: Message; port: number }) => void) | undefined;
  #cseq = 0;

  async open(): Promise<number> {
    this.#socket.on('message', (bytes, { port }) => {
      const of = { message: new Message(bytes.toString()), port };
      if (this.#waiting === undefined) this.#queue.push(of);
      else this.#waiting(of);
      this.#waiting = undefined;
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return this.#socket.address().port;
  }

  async next(): Promise<{ message: Message; port: number }> {
    return this.#queue.shift() ?? new Promise((resolve) => (this.#waiting = resolve));
  }

  answer({ message, port }: { message: Message; port: number }, status: string, headers: readonly string[] = []): void {
    const echoed = ['via', 'from', 'call-id', 'cseq'].map((name) => `${name}: ${message.get(name)}`);
    const to = /;tag=/.test(message.get('to')) ? message.get('to') : `${message.get('to')};tag=cm`;
    this.#say([`SIP/2.0 ${status}`, ...echoed, `To: ${to}`, ...headers, 'Content-Length: 0'].join('\r\n'), '', port);
  }

  /** A NOTIFY in the dialog of a SUBSCRIBE. */
  notify({ message, port }: { message: Message; port: number }, state: string, body: string): void {
    const lines = [
      `NOTIFY ${/<([^>]+)>/.exec(message.get('contact'))![1]} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#socket.address().port};branch=z9hG4bKcm${++this.#cseq}`,
      'Max-Forwards: 70',
      `From: ${message.get('to').replace(/;tag=.*/, '')};tag=cm`,
      `To: ${message.get('from')}`,
      `Call-ID: ${message.get('call-id')}`,
      `CSeq: ${this.#cseq} NOTIFY`,
      'Contact: <sip:127.0.0.1>',
      'Event: presence',
      `Subscription-State: ${state}`,
      'Content-Type: application/pidf+xml',
      `Content-Length: ${body.length}`,
    ];
    this.#say(lines.join('\r\n'), body, port);
  }

  close(): void {
    this.#socket.close();
  }

  #say(head: string, body: string, port: number): void {
    this.#socket.send(`${head}\r\n\r\n${body}`, port, '127.0.0.1');
  }
}

const BUSY =
  '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:e="urn:ietf:params:xml:ns:pidf:status:rpid" entity="sip:4711@10.0.0.1"><dm:person><e:activities><e:on-the-phone/></e:activities></dm:person><tuple id="4711"><status><basic>open</basic></status></tuple></presence>';

let callManager: CallManager;
let server: InProcess;

beforeEach(async () => {
  callManager = new CallManager();
  const port = await callManager.open();
  server = await startInProcess({
    people: ['romeo', 'juliet'],
    settings: { 'sip.unified-cm-trunk.gateway': `sip:127.0.0.1:${port};transport=udp` },
  });
});
afterEach(async () => {
  await server.stop();
  callManager.close();
});

test('a line that is listed is subscribed to, and its owner is on a call when it is', async () => {
  await server.befriend('romeo', 'juliet');
  const juliet = await server.signIn('juliet');
  await juliet.send('<presence/>');
  await juliet.expect('<presence from="juliet@example.test/balcony">{any}</presence>');
  server.configure({ 'sip.unified-cm-trunk.lines': ['4711=romeo@example.test'] });
  const subscribe = await callManager.next();
  assert.match(subscribe.message.start, /^SUBSCRIBE sip:4711@127\.0\.0\.1:\d+ SIP\/2\.0$/);
  assert.equal(subscribe.message.get('event'), 'presence');
  callManager.answer(subscribe, '200 OK', ['Expires: 3600', 'Contact: <sip:127.0.0.1>']);
  callManager.notify(subscribe, 'active;expires=3600', BUSY);
  await juliet.expect('<presence from="romeo@example.test/phone">{any}<status>On a call</status>{any}</presence>');
  assert.equal((await callManager.next()).message.status, 200);
  callManager.notify(subscribe, 'terminated;reason=noresource', '');
  await juliet.expect('<presence from="romeo@example.test/phone" type="unavailable"/>');
  juliet.drop();
});

test('a number without an account is watched at the call manager, and what it says goes on to who watches', async () => {
  const romeo = await SipClient.open({ port: server.running.ports.sip!, person: 'romeo', password: server.password });
  const { response } = await romeo.subscribe('sip:4712@example.test');
  assert.equal(response.status, 200);
  const subscribe = await callManager.next();
  callManager.answer(subscribe, '200 OK', ['Expires: 3600', 'Contact: <sip:127.0.0.1>']);
  assert.equal((await romeo.expect('NOTIFY')).body, '');
  callManager.notify(subscribe, 'active;expires=3600', BUSY);
  const told = await romeo.expect('NOTIFY');
  assert.match(told.body, /entity="sip:4712@example\.test"/);
  assert.match(told.body, /on-the-phone/);
  romeo.close();
});

test('RFC 6665 §4.1.3: a number that the call manager does not show is given up', async () => {
  const romeo = await SipClient.open({ port: server.running.ports.sip!, person: 'romeo', password: server.password });
  await romeo.subscribe('sip:4713@example.test');
  await romeo.expect('NOTIFY');
  callManager.answer(await callManager.next(), '403 Forbidden');
  assert.equal((await romeo.expect('NOTIFY')).get('subscription-state'), 'terminated;reason=noresource');
  romeo.close();
});

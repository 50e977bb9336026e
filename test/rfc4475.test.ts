/** Every torture message of RFC 4475 and RFC 5118, over the network, against a whole server. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { FakeClock } from './support/fake-clock.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';
import { answersBefore, headerOf, headersOf, next, type RawSip, rawTcp, rawUdp, statusOf } from './support/raw-sip.ts';
import { SipClient } from './support/sip-client.ts';
import { until } from './support/until.ts';
import { readTorture, rfc4475, type TortureMessage } from './vectors/sip/rfc4475.ts';
import { rfc5118 } from './vectors/sip/rfc5118.ts';

const MESSAGES = Object.entries({ 'RFC 4475': rfc4475, 'RFC 5118': rfc5118 }).flatMap(([rfc, messages]) =>
  messages.map((message) => ({ ...message, rfc, folder: rfc.replace(' ', '').toLowerCase() })),
);
type Message = (typeof MESSAGES)[number];

/** Besides example.com: domains that some of them are for, and the server of RFC 5118. */
const DOMAINS = [
  'example.net',
  'example.org',
  'host.example.net',
  'registrar.example.com',
  'services.example.com',
  'chair-dnrc.example.com',
  '[2001:db8::10]',
];
const ACCOUNTS = [...new Set(MESSAGES.flatMap(({ account }) => account ?? []))];

/** Where a stream has no end of a message as a datagram has, it comes to something else. */
const OVER_TCP: Readonly<Record<string, { expect: number | 'waits'; second?: number; closes?: true; why: string }>> = {
  clerr: { expect: 'waits', why: 'the rest of the body may still come' },
  baddn: { expect: 'waits', why: 'without an empty line more headers may still come' },
  dblreq: {
    expect: 401,
    second: 407,
    closes: true,
    why: 'what follows is a request of its own, and then nothing is left that is one',
  },
  ncl: { expect: 400, closes: true, why: 'Content-Length is negative, so nobody knows where the next message begins' },
  mcl01: { expect: 400, closes: true, why: 'of two Content-Length nobody knows which is right' },
  inv2543: { expect: 400, closes: true, why: 'RFC 3261 §18.3: on a stream there has to be a Content-Length' },
};

/** What was answered and registered is forgotten then: some of the messages have branch and Call-ID of another. */
const FORGOTTEN_MS = 7_300_000;

let server: InProcess;
const clock = new FakeClock();

before(async () => {
  server = await startInProcess({
    clock,
    domain: 'example.com',
    people: ACCOUNTS,
    settings: {
      'server.domains': DOMAINS,
      'sip.unified-cm-trunk.allowUdp': true,
      // There is nobody outside.
      'sip.rfc-3261-16.toOtherDomains': false,
    },
  });
  // There are no certificates for the other domains, which the server says at its start.
  const others = server.errors.splice(0).filter((line) => !line.includes('the certificate could not be read'));
  server.errors.push(...others);
});

after(() => server.stop());

afterEach(() => clock.advance(FORGOTTEN_MS));

/** What the table says, in words. */
function said({ expect, leaves }: TortureMessage): string {
  if (expect === 'dropped') return 'is dropped';
  if (expect !== 'proxied') return `is answered ${expect}`;
  return leaves ? 'would leave the server, and may not: 403' : 'goes on to who is called';
}

describe('from a stranger over UDP', () => {
  for (const message of MESSAGES) {
    const { rfc, section, file, challenge, expect, why } = message;
    const outcome = challenge === undefined ? said(message) : `is answered ${challenge}, for a stranger sends it`;
    test(`${rfc} §${section} ${file} ${outcome}: ${why}`, async () => {
      const raw = await rawUdp(server);
      const bytes = withRport(read(message));
      raw.send(bytes);
      const answers = await answersBefore(raw);
      raw.close();
      assertAnswer(bytes, answers, challenge ?? expect);
    });
  }
});

describe('from who is known, over UDP', () => {
  for (const message of MESSAGES) {
    const { rfc, section, file, challenge, expect, why, account = '', leaves } = message;
    if (challenge === undefined) continue;
    test(`${rfc} §${section} ${file} ${said(message)}: ${why}`, async () => {
      const device = expect === 'proxied' && !leaves ? await deviceOf(account) : undefined;
      trustEverybody(challenge === 407);
      const raw = await rawUdp(server);
      const bytes = withRport(read(message));
      raw.send(bytes);
      let answer = await final(raw);
      if (challenge === 401 && statusOf(answer) === 401) {
        raw.send(withCredentials(bytes, answer, account));
        answer = await final(raw);
      }
      raw.close();
      if (device === undefined) {
        assertAnswer(bytes, [answer], leaves ? 403 : expect);
        return;
      }
      assertAnswer(bytes, [answer], 200);
      const came = await device.next(({ method }) => method !== '', 'the request');
      device.close();
      assert.equal(came.method, bytes.slice(0, bytes.indexOf(' ')));
      assert.equal(came.get('call-id'), headerLines(bytes).find(([name]) => name === 'call-id')![1]);
      assert.equal(Buffer.from(came.body).toString('latin1'), bytes.slice(bytes.indexOf('\r\n\r\n') + 4));
    });
  }
});

describe('from a stranger over TCP', () => {
  before(() => trustEverybody(false));

  for (const message of MESSAGES) {
    const { rfc, section, file, challenge, expect, why } = message;
    const other = OVER_TCP[file];
    const expected = other?.expect ?? challenge ?? expect;
    const outcome = expected === 'dropped' ? 'is dropped' : `comes to ${expected}`;
    test(`${rfc} §${section} ${file} ${outcome}: ${other?.why ?? why}`, async () => {
      const raw = await rawTcp(server);
      const bytes = read(message);
      raw.send(bytes);
      // Where the end of a message is not found, all that comes later is part of it.
      if (expected === 'waits') await nothingComes(raw);
      else if (expected === 'dropped') assert.deepEqual(await answersBefore(raw, 'TCP'), []);
      else assertAnswer(bytes, [await next(raw)], expected);
      if (other?.second !== undefined) assert.equal(statusOf(await next(raw)), other.second);
      if (other?.closes) await until('it is closed', () => raw.isClosed);
      raw.close();
    });
  }
});

/** Asked on another connection, after which what was sent here has been looked at. */
async function nothingComes(raw: RawSip): Promise<void> {
  const other = await rawTcp(server);
  await answersBefore(other, 'TCP');
  other.close();
  assert.deepEqual([raw.came, raw.isClosed], [[], false]);
}

function read({ file, folder }: Message): string {
  return readTorture(file, folder).toString('latin1');
}

/** Answers to be sent to where it came from, not to the port in its Via (RFC 3581). */
function withRport(bytes: string): string {
  return bytes.replace(/^(?:via|v)[ \t]*:(?:[^;,\r]|\r\n[ \t])*/im, (sentBy) => `${sentBy};rport`);
}

/** The next answer that is not provisional. */
async function final(raw: RawSip): Promise<string> {
  for (;;) {
    const answer = await next(raw);
    if (statusOf(answer) >= 200) return answer;
  }
}

/** As call managers are: many of the messages come from people of other domains, who have no password here. */
function trustEverybody(trusted: boolean): void {
  server.configure({ 'sip.unified-cm-trunk.peers': trusted ? ['127.0.0.1'] : [] });
}

/** A device of an account, that takes everything. */
async function deviceOf(address: string): Promise<SipClient> {
  const [person = '', domain = ''] = address.split('@');
  const { running, password } = server;
  const port = running.ports.sip!;
  trustEverybody(false);
  const device = await SipClient.open({ port, transport: 'tcp', person, password, domain });
  assert.equal((await device.register()).status, 200);
  for (const method of ['INVITE', 'BYE']) device.autoAnswer.add(method);
  return device;
}

/** MD5 without qop (RFC 3261 §22.4), for the account, in a header of its own at the end. */
function withCredentials(bytes: string, challenge: string, account: string): string {
  const asked = headersOf(challenge, 'www-authenticate').find((line) => line.includes('algorithm=MD5'))!;
  const [realm, nonce] = ['realm', 'nonce'].map((name) => new RegExp(`${name}="([^"]*)"`).exec(asked)![1]!);
  const [, method, uri] = /^(\S+) (\S+)/.exec(bytes)!;
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const [username] = account.split('@');
  const response = md5(`${md5(`${username}:${realm}:${server.password}`)}:${nonce}:${md5(`${method}:${uri}`)}`);
  const line = `Authorization: Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`;
  const end = bytes.indexOf('\r\n\r\n');
  return `${bytes.slice(0, end)}\r\n${line}${bytes.slice(end)}`;
}

function assertAnswer(bytes: string, answers: readonly string[], expected: TortureMessage['expect']): void {
  if (expected === 'dropped') {
    assert.deepEqual(answers, []);
    return;
  }
  const [answer] = answers;
  assert.ok(answer !== undefined, 'it was not answered');
  assert.equal(statusOf(answer), expected, answer);
  assertEcho(bytes, answer);
}

/** What has to be echoed is, byte for byte, but for where it came from in the topmost Via, and the tag in To. */
function assertEcho(bytes: string, answer: string): void {
  const lines = headerLines(bytes);
  const came = (wanted: string) => lines.filter(([name]) => name === wanted).map(([, value]) => value);
  for (const name of ['from', 'call-id', 'cseq']) assert.deepEqual(headersOf(answer, name), came(name), name);
  const withoutSource = (via: string) => via.replace(/\s*;\s*(received|rport)(=[^;,]*)?/g, '').trim();
  assert.deepEqual(headersOf(answer, 'via').map(withoutSource), came('via').map(withoutSource));
  const [to = '', more] = came('to');
  if (to !== '' && more === undefined) assert.ok(headerOf(answer, 'to')?.startsWith(to), 'to');
}

const COMPACT: Readonly<Record<string, string>> = { v: 'via', f: 'from', t: 'to', i: 'call-id' };

/** Name in lower case and value unfolded, as this test reads them. */
function headerLines(bytes: string): [name: string, value: string][] {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.slice(0, end < 0 ? undefined : end).replace(/[ \t]*\r\n[ \t]+/g, ' ');
  return head
    .split('\r\n')
    .slice(1)
    .filter((line) => line.includes(':'))
    .map((line) => {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).trim().toLowerCase();
      return [COMPACT[name] ?? name, line.slice(colon + 1).trim()];
    });
}

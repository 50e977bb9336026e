/** What costs a server more than whoever sends it: floods, invented senders, answers that are longer than the question. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure } from '../support/raw-connection.ts';
import { answersBefore, headersOf, next, type RawSip, rawUdp, request } from '../support/raw-sip.ts';
import { SipClient } from '../support/sip-client.ts';
import { readTorture, rfc4475 } from '../vectors/sip/rfc4475.ts';
import { rfc5118 } from '../vectors/sip/rfc5118.ts';

/** RFC 3261 §26.1.5: whoever writes another's address into a datagram gains no more than this. */
const MAX_AMPLIFICATION = 2;

const SOURCES = 20_000;
/** What 200,000 requests may leave: less than 40 bytes of each. */
const MAX_GROWN_BYTES = 8 << 20;

let server: InProcess;
let raw: RawSip;
beforeEach(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  raw = await rawUdp(server);
});
afterEach(async () => {
  raw.close();
  await server.stop();
});

describe('RFC 3261 §26.1.5: nothing that a stranger sends over UDP is answered by more than twice as much', () => {
  const METHODS = [
    'REGISTER',
    'OPTIONS',
    'INVITE',
    'MESSAGE',
    'SUBSCRIBE',
    'PUBLISH',
    'NOTIFY',
    'CANCEL',
    'BYE',
    'JUMP',
  ];
  const URIS = [
    'sip:example.test',
    'sip:juliet@example.test',
    'sip:nobody@example.test',
    'sip:a@b',
    'tel:1',
    'x:y',
    'sip:',
  ];
  const EXTRAS = [
    '',
    'Require: a, b, c\r\n',
    'Max-Forwards: 0\r\n',
    'Event: weather\r\n',
    'User-Agent: x\r\n',
    'Nonsense\r\n',
  ];

  /** As short as a request can be. */
  function* shortest(): Generator<string> {
    for (const method of METHODS) {
      for (const uri of URIS) {
        for (const extra of EXTRAS) {
          const head = `${method} ${uri} SIP/2.0\r\nv:SIP/2.0/UDP a;rport;branch=z9hG4bK\r\n`;
          yield `${head}f:<sip:a@b>;tag=1\r\nt:<${uri}>\r\ni:1\r\nCSeq:1 ${method}\r\n${extra}\r\n`;
        }
      }
    }
  }

  /** Of each of those that are usual, all beginnings. */
  function* cut(): Generator<string> {
    for (const method of ['REGISTER', 'OPTIONS', 'SUBSCRIBE', 'INVITE']) {
      const whole = request(method, { raw, uri: 'sip:juliet@example.test', headers: ['Event: presence'] });
      for (let length = 1; length <= whole.length; length += 3) yield whole.slice(0, length);
      for (let length = 1; length <= whole.length; length += 7) yield `${whole.slice(0, length)}\r\n\r\n`;
    }
  }

  function* torture(): Generator<string> {
    for (const [folder, messages] of Object.entries({ rfc4475, rfc5118 })) {
      for (const { file } of messages) {
        yield readTorture(file, folder)
          .toString('latin1')
          .replace(/^(?:via|v)[ \t]*:(?:[^;,\r]|\r\n[ \t])*/im, '$&;rport');
      }
    }
  }

  function* stun(): Generator<string> {
    const head = '\0\x01\0\0\x21\x12\xa4\x42abcdefghijkl';
    yield head;
    yield `${head.slice(0, 3)}\x04${head.slice(4)}\x7f\xff\0\0`;
    yield `\0\x01\0\x20${head.slice(4)}${'\x7f\xff\0\0'.repeat(8)}`;
  }

  for (const [what, texts] of Object.entries({
    'short requests': shortest,
    'half requests': cut,
    'torture messages': torture,
    STUN: stun,
  })) {
    test(what, async () => {
      let worst = 0;
      for (const text of texts()) {
        raw.send(text);
        const answers = await answersBefore(raw);
        const bytes = answers.reduce((sum, answer) => sum + answer.length, 0);
        assert.ok(
          bytes <= MAX_AMPLIFICATION * text.length,
          `${text}\nis answered by ${bytes} bytes: ${answers.join('')}`,
        );
        worst = Math.max(worst, bytes / text.length);
      }
      assert.ok(worst > 0, 'something was answered');
    });
  }

  test('a request of usual length is asked for a password by all algorithms', async () => {
    const agent = 'User-Agent: Linphone Desktop/5.0 (Debian) LinphoneCore/5.2';
    raw.send(
      request('REGISTER', {
        raw,
        headers: [
          agent,
          'Supported: replaces, outbound, gruu, path',
          'Expires: 3600',
          'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, PRACK, UPDATE',
        ],
      }),
    );
    const answer = await next(raw);
    assert.equal(headersOf(answer, 'www-authenticate').length, 2, answer);
  });

  test('one that is too short for a challenge is counted', async () => {
    raw.send([...shortest()][0]!);
    assert.deepEqual(await answersBefore(raw), []);
    assert.equal(await figure(server, 'rollcall_sip_dropped_total{reason="too-short-a-request"}'), 1);
  });
});

describe('floods', () => {
  test('more at once than may be answered at once are told when to come again, by 503', async () => {
    server.configure({ 'sip.transactions.maxOngoing': 100 });
    const [romeo, juliet] = await Promise.all(['romeo', 'juliet'].map(open));
    await juliet!.register();
    // She lets it ring.
    juliet!.autoAnswer.clear();
    const calls = Array.from({ length: 120 }, () =>
      romeo!.request('INVITE', 'sip:juliet@example.test', { headers: [`Contact: ${romeo!.contact}`] }),
    );
    void Promise.allSettled(calls);
    const shed = await Promise.race(calls);
    assert.equal(shed.status, 503);
    assert.match(shed.get('retry-after'), /^\d+$/);
    assert.ok((await figure(server, 'rollcall_sip_dropped_total{reason="overload"}')) > 0);
    romeo!.close();
    juliet!.close();
  });

  test('RFC 3261 §26.3.2.4: requests of thousands of invented senders leave nothing behind', async () => {
    const METHODS = ['REGISTER', 'SUBSCRIBE', 'OPTIONS', 'MESSAGE'];
    await flood(2_000, METHODS);
    const before = heapBytes();
    await flood(SOURCES, METHODS);
    const grown = heapBytes() - before;
    assert.deepEqual(await answersBefore(raw), []);
    for (const what of ['answering', 'waiting']) assert.equal(await figure(server, `rollcall_sip_requests_${what}`), 0);
    assert.equal(await figure(server, 'rollcall_sip_responses_remembered'), 0);
    assert.ok(grown < MAX_GROWN_BYTES, `${grown >> 10} KiB`);
  });

  /** Each of so many senders, on an address of its own, asks ten times, and looks at no answer. */
  async function flood(sources: number, methods: readonly string[]): Promise<void> {
    const port = server.running.ports.sip!;
    for (let i = 0; i < sources; i++) {
      const socket = createSocket('udp4');
      const address = `127.${1 + (i >> 16)}.${(i >> 8) & 255}.${1 + (i & 127)}`;
      await new Promise<void>((resolve) => socket.bind(0, address, resolve));
      for (let sent = 0; sent < 10; sent++) {
        const person = `p${i}-${sent}`;
        const text = request(methods[sent % methods.length]!, { raw, uri: 'sip:juliet@example.test', person });
        socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1');
      }
      await turn();
      socket.close();
    }
  }
});

function open(person: string): Promise<SipClient> {
  const { running, password, domain } = server;
  return SipClient.open({ port: running.ports.sip!, transport: 'tcp', person, password, domain });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

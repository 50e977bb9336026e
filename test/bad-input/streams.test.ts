/** RFC 6120 §4 to §8: a client that says the right things in the wrong order, or half of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { figure, OPENING, RawConnection } from '../support/raw-connection.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const STARTTLS = `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
const BIND = `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
});
after(() => server.stop());

async function open(secure = true): Promise<RawConnection> {
  const raw = secure ? await RawConnection.tls(server) : await RawConnection.plain(server);
  raw.write(OPENING);
  await raw.until(/<\/stream:features>/);
  raw.received = '';
  return raw;
}

const plain = (text: string) =>
  `<auth xmlns='${SASL}' mechanism='PLAIN'>${Buffer.from(text).toString('base64')}</auth>`;
const right = () => plain(`\0romeo\0${server.password}`);

async function failureOf(raw: RawConnection): Promise<string> {
  const [, condition = ''] = await raw.until(/<failure xmlns='[^']*'><([a-z-]+)\/>.*<\/failure>/s);
  raw.received = '';
  return condition;
}

describe('RFC 6120 §8: stanzas before their time', () => {
  for (const stanza of ["<message to='juliet@example.test'/>", '<presence/>', BIND, '<anything/>']) {
    test(`§4.9.3.12: not-authorized for ${stanza.slice(0, 20)} before sign-in, in the clear and inside TLS`, async () => {
      for (const secure of [false, true]) {
        const raw = await open(secure);
        raw.write(stanza);
        assert.equal(await raw.streamError(), 'not-authorized');
      }
    });
  }

  test('§7.1: not-authorized for a stanza before a resource is bound', async () => {
    for (const stanza of ["<message to='juliet@example.test'/>", '<presence/>', "<iq type='get' id='x'><y/></iq>"]) {
      const raw = await open();
      raw.write(right());
      await raw.until(/<success/);
      raw.write(OPENING);
      await raw.until(/<\/stream:features>/);
      raw.write(stanza);
      assert.equal(await raw.streamError(), 'not-authorized');
    }
  });

  test('§4.9.3.24: unsupported-stanza-type for an element that is none', async () => {
    for (const element of [
      '<anything/>',
      "<message xmlns='urn:example:x'/>",
      STARTTLS,
      right(),
      `${OPENING.slice(21, -1)}/>`,
    ]) {
      const raw = await RawConnection.signedIn(server, 'romeo');
      raw.write(element);
      assert.equal(await raw.streamError(), 'unsupported-stanza-type');
    }
  });
});

describe('RFC 6120 §5: TLS', () => {
  test('§5.4.2.1: a second starttls is an error', async () => {
    const raw = await open();
    raw.write(STARTTLS);
    assert.equal(await raw.streamError(), 'policy-violation');
  });

  test('§5.3.1: what is sent in the clear after starttls is never acted on', async () => {
    const injections = [right(), `${OPENING}${right()}`, BIND, OPENING, '<message/>', 'x', '<unfinished'];
    for (const injected of injections) {
      const raw = await open(false);
      raw.write(`${STARTTLS}${injected}`);
      await raw.until(/<proceed/);
      raw.socket.removeAllListeners('data');
      const secure = connectTls({ socket: raw.socket, servername: 'example.test', rejectUnauthorized: false });
      let heard = '';
      secure.on('data', (bytes: Buffer) => {
        heard += bytes.toString();
      });
      await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
      secure.write(OPENING);
      while (!heard.includes('</stream:features>')) await new Promise((resolve) => secure.once('data', resolve));
      assert.match(heard, /^<\?xml version='1.0'\?><stream:stream [^>]*><stream:features>.*<mechanism>/, injected);
      secure.destroy();
    }
  });

  test('§5.4.2.2: a client that fails to do TLS is closed without a word in the clear', async () => {
    const before = await figure(server, 'rollcall_xmpp_refused_total{reason="tls-handshake"}');
    const raw = await open(false);
    raw.write(STARTTLS);
    await raw.until(/<proceed/);
    raw.received = '';
    raw.write('<message/>'.repeat(10));
    assert.doesNotMatch(await raw.closed, /</);
    assert.equal(await figure(server, 'rollcall_xmpp_refused_total{reason="tls-handshake"}'), before + 1);
  });
});

describe('RFC 6120 §6.5: SASL failures', () => {
  const rows: [title: string, said: string, condition: string][] = [
    ['base64 with a bad character', `<auth xmlns='${SASL}' mechanism='PLAIN'>AGE*</auth>`, 'incorrect-encoding'],
    ['base64 with white space in it', `<auth xmlns='${SASL}' mechanism='PLAIN'>AG E=</auth>`, 'incorrect-encoding'],
    [
      'base64 with its padding in the middle',
      `<auth xmlns='${SASL}' mechanism='PLAIN'>A===AAAA</auth>`,
      'incorrect-encoding',
    ],
    ['base64 without its padding', `<auth xmlns='${SASL}' mechanism='PLAIN'>AGE</auth>`, 'incorrect-encoding'],
    ['a message of no length', `<auth xmlns='${SASL}' mechanism='PLAIN'>=</auth>`, 'malformed-request'],
    ['an element in place of base64', `<auth xmlns='${SASL}' mechanism='PLAIN'><x/></auth>`, 'malformed-request'],
    ['PLAIN with too few parts', plain('romeo'), 'malformed-request'],
    ['PLAIN with too many parts', plain('a\0b\0c\0d'), 'malformed-request'],
    ['PLAIN without a user', plain('\0\0password'), 'malformed-request'],
    ['PLAIN that is not UTF-8', `<auth xmlns='${SASL}' mechanism='PLAIN'>AP//AP//</auth>`, 'malformed-request'],
    ['somebody else to act as', plain(`juliet@example.test\0romeo\0x`), 'invalid-authzid'],
    ['a wrong password', plain('\0romeo\0x'), 'not-authorized'],
    ['somebody who is not there', plain('\0nobody\0x'), 'not-authorized'],
    ['a mechanism that is none', `<auth xmlns='${SASL}' mechanism='X'/>`, 'invalid-mechanism'],
    ['no mechanism', `<auth xmlns='${SASL}'/>`, 'invalid-mechanism'],
    ['EXTERNAL without a certificate', `<auth xmlns='${SASL}' mechanism='EXTERNAL'>=</auth>`, 'invalid-mechanism'],
    ['a response that nobody asked for', `<response xmlns='${SASL}'>AAAA</response>`, 'malformed-request'],
    ['an element that only servers send', `<success xmlns='${SASL}'/>`, 'malformed-request'],
    ['SCRAM that is none', `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>AAAA</auth>`, 'malformed-request'],
  ];
  for (const [title, said, condition] of rows) {
    test(`${title}: ${condition}, and another try`, async () => {
      const raw = await open();
      raw.write(said);
      assert.equal(await failureOf(raw), condition);
      raw.write(right());
      await raw.until(/<success/);
      raw.destroy();
    });
  }

  test('§6.5.4: encryption-required for a password in the clear', async () => {
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256']) {
      const raw = await open(false);
      raw.write(`<auth xmlns='${SASL}' mechanism='${mechanism}'>AAAA</auth>`);
      assert.equal(await failureOf(raw), 'encryption-required');
      raw.destroy();
    }
  });

  test('§6.5.1: aborted, with an exchange and without one', async () => {
    const raw = await open();
    raw.write(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'/>`);
    await raw.until(/<challenge/);
    raw.write(`<abort xmlns='${SASL}'/>`);
    assert.equal(await failureOf(raw), 'aborted');
    raw.write(right());
    await raw.until(/<success/);
    raw.destroy();
  });

  test('§6.4.5: after five wrong passwords the stream is closed, or ten failures that name nobody', async () => {
    const guesses = [
      [5, plain('\0nobody\0x')],
      [10, `<auth xmlns='${SASL}' mechanism='X'/>`],
    ] as const;
    for (const [count, guess] of guesses) {
      const raw = await open();
      raw.write(guess.repeat(count + 1));
      assert.equal(await raw.streamError(), 'policy-violation');
      assert.equal(raw.received.split('</failure>').length - 1, count);
    }
  });

  test('§6.4.6: a client that does not wait for success has to begin anew', async () => {
    for (const early of [BIND, OPENING, right(), '<message', "<presence to='x'/>"]) {
      const raw = await open();
      raw.write(`${right()}${early}`);
      assert.equal(await raw.streamError(), 'policy-violation', early);
    }
  });

  test('§6.4.6: white space after auth is none of that', async () => {
    const raw = await open();
    raw.write(`${right()}\n \n`);
    await raw.until(/<success/);
    raw.write(OPENING);
    await raw.until(/<bind/);
    raw.destroy();
  });

  test('§6.3.4, §4.3.3: a new stream for another domain is improper', async () => {
    const raw = await open();
    raw.write(right());
    await raw.until(/<success/);
    raw.write(OPENING.replace('example.test', 'example.org'));
    assert.equal(await raw.streamError(), 'host-unknown');
  });
});

describe('RFC 6120 §7: binding', () => {
  async function authenticated(): Promise<RawConnection> {
    const raw = await open();
    raw.write(right());
    await raw.until(/<success/);
    raw.write(OPENING);
    await raw.until(/<\/stream:features>/);
    raw.received = '';
    return raw;
  }

  test('§7.7.2.1: bad-request for a resource that is no resourcepart, and another try', async () => {
    const raw = await authenticated();
    for (const resource of ['\u0007'.replace('\u0007', '&#9;'), '\u202e'.repeat(400), 'x'.repeat(1024)]) {
      raw.write(BIND.replace('/></iq>', `><resource>${resource}</resource></bind></iq>`));
      await raw.until(/<error type='modify'><bad-request/);
      raw.received = '';
    }
    raw.write(BIND);
    await raw.until(/<jid>romeo@example.test\/[^<]+<\/jid>/);
    raw.destroy();
  });

  test('§7.7.2.2: a client that takes the resource of another ends that one with conflict', async () => {
    const first = await RawConnection.signedIn(server, 'romeo', 'orchard');
    const second = await RawConnection.signedIn(server, 'romeo', 'orchard');
    assert.equal(await first.streamError(), 'conflict');
    second.destroy();
  });

  test('a second resource on one stream: not-allowed', async () => {
    const raw = await RawConnection.signedIn(server, 'romeo');
    raw.write(BIND);
    await raw.until(/<error type='cancel'><not-allowed/);
    raw.destroy();
  });
});

describe('RFC 6120 §8: stanzas that are none', () => {
  const rows: [title: string, stanza: string, error: RegExp][] = [
    [
      '§8.1.1: an address that is none',
      "<message id='e' to='@example.test'/>",
      /<message type='error'[^>]*id='e'.*modify'><jid-malformed/,
    ],
    [
      '§8.1.1: an address with an empty resource',
      "<iq type='get' id='e' to='a@example.test/'><x/></iq>",
      /modify'><jid-malformed/,
    ],
    ['§8.1.1: an address too long', `<presence to='${'a'.repeat(1100)}@example.test'/>`, /modify'><jid-malformed/],
    ['§8.1.1: an address with what PRECIS forbids', "<message to='a&quot;b@example.test'/>", /modify'><jid-malformed/],
    ['§8.1.1: an address of nothing', "<message to=''/>", /modify'><jid-malformed/],
    [
      '§8.2.3: an IQ without an id',
      "<iq type='get'><x xmlns='urn:x'/></iq>",
      /<iq type='error'[^>]*>.*modify'><bad-request/,
    ],
    ['§8.2.3: an IQ without a type', "<iq id='e'><x xmlns='urn:x'/></iq>", /modify'><bad-request/],
    ['§8.2.3: an IQ of a type that is none', "<iq id='e' type='put'><x xmlns='urn:x'/></iq>", /modify'><bad-request/],
    ['§8.2.3: a request without a child', "<iq id='e' type='get'/>", /modify'><bad-request/],
    [
      '§8.2.3: a request with two children',
      "<iq id='e' type='set'><x xmlns='urn:x'/><y xmlns='urn:x'/></iq>",
      /modify'><bad-request/,
    ],
    [
      '§8.4: a request that nobody knows',
      "<iq id='e' type='set'><x xmlns='urn:x'/></iq>",
      /cancel'><service-unavailable/,
    ],
    ['RFC 6121 §4.7.1: a type of presence that is none', "<presence type='away'/>", /modify'><bad-request/],
    ['RFC 6121 §4.7.2.1: a show that is none', '<presence><show>busy</show></presence>', /modify'><bad-request/],
    [
      'RFC 6121 §4.7.2.3: a priority that is none',
      '<presence><priority>128</priority></presence>',
      /modify'><bad-request/,
    ],
  ];
  for (const [title, stanza, error] of rows) {
    test(title, async () => {
      const raw = await RawConnection.signedIn(server, 'romeo');
      raw.write(stanza);
      await raw.until(error);
      raw.destroy();
    });
  }

  test('§8.3.3.8: an address that is none does no harm where others of the account get copies (XEP-0280 §6.1)', async () => {
    const other = await server.signIn('romeo', 'other');
    const raw = await RawConnection.signedIn(server, 'romeo');
    await other.ask('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);
    raw.write("<message id='e' type='chat' to='a@b@c'><body>?</body></message><iq type='get' id='last'><x/></iq>");
    await raw.until(/<jid-malformed.*id='last'/s);
    await other.expectNothingMore();
    raw.destroy();
    await other.close();
  });

  test('§8.3.1: no error is answered with an error', async () => {
    const raw = await RawConnection.signedIn(server, 'romeo');
    raw.write("<message type='error' to='@'/><presence type='error' to='@'/><iq type='error' id='1' to='@'/>");
    raw.write(
      "<iq type='result' id='2' to='@'/><iq type='result' id='3'><a/><b/></iq><iq type='get' id='last'><x/></iq>",
    );
    await raw.until(/id='last'/);
    assert.equal(raw.received.split('<error').length - 1, 1);
    raw.destroy();
  });

  for (const from of [
    'juliet@example.test',
    'juliet@example.test/raw',
    'romeo@example.test/other',
    'example.test',
    '',
    '@',
  ]) {
    test(`§8.1.2.1: a message from "${from}" by romeo ends with invalid-from`, async () => {
      const juliet = await server.signIn('juliet');
      await juliet.becomeAvailable();
      const raw = await RawConnection.signedIn(server, 'romeo');
      raw.write(`<message from='${from}' to='juliet@example.test'><body>I am another</body></message>`);
      assert.equal(await raw.streamError(), 'invalid-from');
      await juliet.expectNothingMore();
      await juliet.close();
    });
  }

  for (const from of ['romeo@example.test', 'romeo@example.test/raw', 'ROMEO@EXAMPLE.TEST/raw']) {
    test(`§8.1.2.1: a message from ${from} is from romeo@example.test/raw`, async () => {
      const juliet = await server.signIn('juliet');
      await juliet.becomeAvailable();
      const raw = await RawConnection.signedIn(server, 'romeo');
      raw.write(`<message from='${from}' to='juliet@example.test'><body>I am who I am</body></message>`);
      await juliet.expect(`<message from='romeo@example.test/raw'/>`);
      raw.destroy();
      await juliet.close();
    });
  }
});

describe('RFC 6120 §4.4: the end', () => {
  test('a stream that is closed is closed in return, wherever it stands', async () => {
    const signedIn = await RawConnection.signedIn(server, 'romeo');
    for (const raw of [await open(false), await open(), signedIn]) {
      raw.write('</stream:stream>');
      assert.match(await raw.closed, /<\/stream:stream>$/);
    }
  });

  test('what comes after the end is not heard', async () => {
    const juliet = await server.signIn('juliet');
    await juliet.becomeAvailable();
    const raw = await RawConnection.signedIn(server, 'romeo');
    raw.write("</stream:stream><message to='juliet@example.test'><body>ghost</body></message>");
    await raw.closed;
    await juliet.expectNothingMore();
    await juliet.close();
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { readCpim, writeCpim } from './cpim.ts';
import {
  dateTimeHeader,
  IMDN_PREFIXES,
  type ImdnKind,
  imdnHeaders,
  imdnMessageId,
  readImdn,
  requestedDispositions,
  writeImdn,
} from './imdn.ts';

test('RFC 5438 §11.1.9: the example', () => {
  const imdn = readImdn(`<?xml version="1.0" encoding="UTF-8"?>
    <imdn xmlns="urn:ietf:params:xml:ns:imdn">
      <message-id>34jk324j</message-id>
      <datetime>2008-04-04T12:16:49-05:00</datetime>
      <display-notification><status><displayed/></status></display-notification>
    </imdn>`);
  const expected = {
    messageId: '34jk324j',
    dateTime: '2008-04-04T12:16:49-05:00',
    kind: 'display',
    status: 'displayed',
  };
  assert.deepEqual(imdn, expected);
  assert.deepEqual(readImdn(writeImdn(imdn)), imdn);
});

const document = (inside: string) => `<imdn xmlns="urn:ietf:params:xml:ns:imdn">${inside}</imdn>`;
const status = (kind: ImdnKind, name: string) =>
  document(`<message-id>1</message-id><${kind}-notification><status><${name}/></status></${kind}-notification>`);

const STATUSES: [kind: ImdnKind, name: string, isTaken: boolean][] = [
  ['delivery', 'delivered', true],
  ['delivery', 'failed', true],
  ['delivery', 'forbidden', true],
  ['processing', 'stored', true],
  ['processing', 'error', true],
  ['display', 'displayed', true],
  ['display', 'delivered', false],
  ['delivery', 'constructor', false],
];

describe('RFC 5438 §7.2.1: a status belongs to its notification', () => {
  for (const [kind, name, isTaken] of STATUSES) {
    test(`${kind} ${name}`, () => {
      if (isTaken) assert.equal(readImdn(status(kind, name)).status, name);
      else assert.throws(() => readImdn(status(kind, name)), SipError);
    });
  }
});

test('a document without message or notification is refused', () => {
  for (const body of [
    document(''),
    document('<message-id>1</message-id>'),
    status('display', 'displayed').replace('>1<', '><'),
  ]) {
    assert.throws(
      () => readImdn(body),
      (error) => error instanceof SipError && error.status === 400,
    );
  }
});

test('RFC 5438 §6: a message asks for notifications with headers of its own namespace', () => {
  const headers = [dateTimeHeader(Date.UTC(2008, 3, 4)), ...imdnHeaders('34jk324j', ['display', 'positive-delivery'])];
  const written = writeCpim(headers, { type: 'text/plain', body: 'hi' }, IMDN_PREFIXES);
  assert.ok(
    written.startsWith(
      'DateTime: 2008-04-04T00:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n' +
        'imdn.Disposition-Notification: positive-delivery, display\r\n\r\nContent-Type: text/plain\r\n\r\nhi',
    ),
  );
  const cpim = readCpim(written);
  assert.equal(imdnMessageId(cpim), '34jk324j');
  assert.deepEqual(requestedDispositions(cpim), new Set(['positive-delivery', 'display']));
});

test('RFC 5438 §6.4: words that do not exist are passed over', () => {
  const cpim = readCpim(
    'NS: i <urn:ietf:params:imdn>\r\ni.Disposition-Notification: Display;a=b, tea\r\n\r\nContent-type: text/plain\r\n\r\n',
  );
  assert.deepEqual(requestedDispositions(cpim), new Set(['display']));
});

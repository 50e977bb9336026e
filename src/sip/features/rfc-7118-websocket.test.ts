import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startInProcess } from '../../../test/support/in-process.ts';

const REQUEST =
  'OPTIONS sip:example.test SIP/2.0\r\n' +
  'Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKnashds8;rport\r\n' +
  'Max-Forwards: 70\r\n' +
  'From: <sip:juliet@example.test>;tag=1928301774\r\n' +
  'To: <sip:example.test>\r\n' +
  'Call-ID: a84b4c76e66710\r\n' +
  'CSeq: 1 OPTIONS\r\n\r\n';

test('RFC 7118 §4 and §5: a browser speaks SIP at /sip on the HTTPS port, and is answered as text', async (t) => {
  const server = await startInProcess();
  t.after(() => server.stop());
  const url = `wss://127.0.0.1:${server.running.ports.https}/sip`;
  const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false });
  await once(socket, 'open');
  socket.send(REQUEST);
  const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
  assert.match(
    data.toString(),
    /^SIP\/2\.0 200 OK\r\nVia: SIP\/2\.0\/WSS df7jal23ls0d\.invalid;.*received=127\.0\.0\.1/,
  );
  assert.equal(isBinary, false);
  const closed = once(socket, 'close');
  socket.close();
  await closed;
});

test('RFC 7118 §4: one that does not offer the subprotocol is refused', async (t) => {
  const server = await startInProcess();
  t.after(() => server.stop());
  const socket = new WebSocket(`wss://127.0.0.1:${server.running.ports.https}/sip`, 'xmpp', {
    rejectUnauthorized: false,
  });
  const [error] = (await once(socket, 'error')) as [Error];
  assert.match(error.message, /Unexpected server response: 4\d\d/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { NS_SASL } from '../wire/namespaces.ts';
import { readSasl, saslAnswer, saslFeatures } from './sasl-elements.ts';

test('XEP-0440 §2: mechanisms and types of channel binding stand side by side', () => {
  const features = saslFeatures(['SCRAM-SHA-1-PLUS', 'PLAIN'], ['tls-exporter']);
  assert.deepEqual(
    features.map((feature) => serialize(feature)),
    [
      "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>PLAIN</mechanism></mechanisms>",
      "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>",
    ],
  );
  assert.equal(saslFeatures(['PLAIN'], []).length, 1);
  assert.deepEqual(saslFeatures([], []), []);
});

test('RFC 6120 §6.4: what a client sends', () => {
  assert.deepEqual(readSasl(element('auth', NS_SASL, { mechanism: 'PLAIN' }, 'AGEAYg==')), {
    input: { on: 'auth', text: 'AGEAYg==' },
    mechanism: 'PLAIN',
  });
  assert.deepEqual(readSasl(element('auth', NS_SASL)), { input: { on: 'auth', text: '' }, mechanism: '' });
  assert.deepEqual(readSasl(element('response', NS_SASL, {}, '=')), { input: { on: 'response', text: '=' } });
  assert.deepEqual(readSasl(element('abort', NS_SASL)), { input: { on: 'abort' } });
  assert.equal(readSasl(element('success', NS_SASL)), undefined);
  assert.throws(() => readSasl(element('auth', NS_SASL, {}, element('x', NS_SASL))), {
    condition: 'malformed-request',
  });
});

test('RFC 6120 §6.4: what is answered', () => {
  const sent = (step: Parameters<typeof saslAnswer>[0]) => serialize(saslAnswer(step), NS_SASL);
  assert.equal(sent({ challenge: new Uint8Array() }), '<challenge/>');
  assert.equal(sent({ challenge: Buffer.from('r=a') }), '<challenge>cj1h</challenge>');
  assert.equal(sent({ success: { address: 'a@b' } }), '<success/>');
  assert.equal(sent({ success: { address: 'a@b' }, additional: Buffer.from('v=a') }), '<success>dj1h</success>');
  assert.equal(sent({ success: { address: 'a@b' }, additional: new Uint8Array() }), '<success>=</success>');
  assert.equal(sent({ failure: 'aborted' }), '<failure><aborted/></failure>');
  assert.equal(
    sent({ failure: 'temporary-auth-failure', text: 'Later.' }),
    "<failure><temporary-auth-failure/><text xml:lang='en'>Later.</text></failure>",
  );
});

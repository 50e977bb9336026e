/** That envelopes are read as SOAP 1.1 and AXL's clients have them, and that what is written is read back the same. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { element } from '#xml/element.ts';
import { anyText } from '../../../test/support/any-text.ts';
import { EnvelopeError, readEnvelope, SOAP_NS, writeEnvelope, writeFault } from './envelope.ts';

const wrap = (inside: string, ns = SOAP_NS) =>
  `<s:Envelope xmlns:s="${ns}"><s:Header/><s:Body>${inside}</s:Body></s:Envelope>`;
const GET = '<a:getUser xmlns:a="http://www.cisco.com/AXL/API/9.0" sequence="7"><userid>ana</userid></a:getUser>';

test('the operation, its schema version and its sequence are those of the first element in the body', () => {
  const { operation, version, sequence, element } = taken(`<?xml version="1.0"?>\n${wrap(`\n<!-- ? -->${GET}\n`)}`);
  assert.deepEqual([operation, version, sequence, element.childText('userid', '')], ['getUser', '9.0', '7', 'ana']);
});

test('old namespaces and those of nobody are told apart', () => {
  assert.equal(taken(wrap('<getUser xmlns="http://www.cisco.com/AXL/1.0"/>')).version, '1.0');
  assert.equal(taken(wrap('<getUser xmlns="http://www.cisco.com/AXL/API/9"/>')).version, undefined);
  assert.equal(taken(wrap('<getUser/>')).version, undefined);
});

test('SQL in a CDATA section is text, whatever it looks like', () => {
  const sql = "select '<?x?>' from <!-- -->";
  const { element } = taken(wrap(`<executeSQLQuery><sql><![CDATA[${sql}]]></sql></executeSQLQuery>`));
  assert.equal(element.childText('sql', ''), sql);
});

const refused: [title: string, text: string, faultCode: string, message: RegExp][] = [
  ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${wrap(GET)}`, 'Client', /Unable to parse.*document types/],
  ['an entity of nobody', wrap('<a>&b;</a>'), 'Client', /Unable to parse/],
  ['SOAP 1.1 §3: a processing instruction', wrap('<?php x?><a/>'), 'Client', /processing instructions/],
  ['a processing instruction before the envelope', `<?x y?>${wrap(GET)}`, 'Client', /processing instructions/],
  ['SOAP 1.1 §4.4.1: an envelope of SOAP 1.2', wrap(GET, 'http://www.w3.org/2003/05/soap-envelope'), 'VersionMismatch', /namespace/],
  ['SOAP 1.1 §4.2.3: a header that must be understood', `<s:Envelope xmlns:s="${SOAP_NS}"><s:Header><a s:mustUnderstand="1"/></s:Header><s:Body/></s:Envelope>`, 'MustUnderstand', /header a/],
  ['an empty body', wrap(''), 'Client', /no operation/],
  ['no body', `<s:Envelope xmlns:s="${SOAP_NS}"/>`, 'Client', /no body/],
  ['another document', '<html/>', 'Client', /no SOAP envelope/],
  ['nothing', '', 'Client', /Unable to parse/],
  ['what is nested deeper than anybody writes', wrap(`${'<a>'.repeat(40)}${'</a>'.repeat(40)}`), 'Client', /too deep/],
  ['more elements than anybody writes', wrap(`<a>${'<b/>'.repeat(20_001)}</a>`), 'Client', /too many elements/],
  ['comments that do not end', `<a>${'<!--'.repeat(200_000)}`, 'Client', /Unable to parse/],
]; // biome-ignore format: a table

describe('envelopes that are refused', () => {
  for (const [title, text, faultCode, message] of refused) {
    test(title, () => {
      assert.throws(
        () => readEnvelope(text),
        (error) => error instanceof EnvelopeError && error.faultCode === faultCode && message.test(error.message),
      );
    });
  }
});

test('what is written is read back the same', () => {
  const character = /[\r\n\t -\ud7ff\ue000-\ufffd]/;
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (text) => {
      const value = [...text].filter((one) => character.test(one)).join('') || 'x';
      const written = writeEnvelope('14.0', 'getUser', [element('userid', '', { uuid: value }, value)], '3');
      const { operation, version, sequence, element: read } = taken(written);
      const userid = read.child('userid', '')!;
      assert.deepEqual([operation, version, sequence], ['getUser', '14.0', '3']);
      assert.deepEqual([userid.text(), userid.attribute('uuid')], [value, value]);
    }),
  );
});

test('a fault is written as clients look for it, and read back', () => {
  const text = 'Item not valid: The specified User was not found';
  const fault = { faultCode: 'Server', text, axlCode: 5007, request: 'getUser' };
  const written = writeFault(fault);
  assert.match(written, /<soapenv:Fault><faultcode>soapenv:Server<\/faultcode><faultstring>Item/);
  assert.match(written, /<detail><axlError><axlcode>5007<\/axlcode><axlmessage>[^<]*<\/axlmessage><request>getUser</);
  assert.deepEqual(readEnvelope(written).fault, fault);
  const plain = { faultCode: 'axis2ns1:Client', text: 'a < b', axlCode: undefined, request: undefined };
  assert.deepEqual(readEnvelope(writeFault(plain)).fault, { ...plain, faultCode: 'Client' });
});

test('any text gives an operation, a fault, or a refusal', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        readEnvelope(text);
      } catch (error) {
        assert.ok(error instanceof EnvelopeError);
      }
    }),
  );
});

function taken(text: string) {
  const read = readEnvelope(text);
  assert.ok(read.fault === undefined);
  return read;
}

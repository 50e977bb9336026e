import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseElement } from '#xml/parse-element.ts';
import { verificationString } from './caps.ts';

const ver = (inside: string) =>
  verificationString(parseElement(`<query xmlns='http://jabber.org/protocol/disco#info'>${inside}</query>`).elements());

const FEATURES = ['caps', 'disco#info', 'disco#items', 'muc']
  .map((name) => `<feature var='http://jabber.org/protocol/${name}'/>`)
  .reverse()
  .join('');

test('XEP-0115 §5.2: the simple example', () => {
  assert.equal(
    ver(`<identity category='client' name='Exodus 0.9.1' type='pc'/>${FEATURES}`),
    'QgayPKawpkPSDYmwT/WM94uAlu0=',
  );
});

test('XEP-0115 §5.3: the complex example, with identities in two languages and a form', () => {
  const field = (name: string, ...values: string[]) =>
    `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`;
  const form = [
    field('software_version', '0.11'),
    field('os', 'Mac'),
    field('FORM_TYPE', 'urn:xmpp:dataforms:softwareinfo'),
    field('software', 'Psi'),
    field('ip_version', 'ipv6', 'ipv4'),
    field('os_version', '10.5.1'),
  ].join('');
  const identities =
    "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>" +
    "<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>";
  const all = `${identities}${FEATURES}<x xmlns='jabber:x:data' type='result'>${form}</x>`;
  assert.equal(ver(all), 'q07IKJEyjvHSyhy//CH0CxmKi8w=');
});

test('XEP-0115 §5.1: nothing depends on the order in which things are said', () => {
  const one = ver(`<feature var='a'/><feature var='b'/><identity category='server' type='im'/>`);
  assert.equal(ver(`<identity category='server' type='im'/><feature var='b'/><feature var='a'/>`), one);
  assert.notEqual(ver(`<identity category='server' type='im'/><feature var='a'/>`), one);
});

test('RFC 4790 §9.3: sorted is by octets, which beyond the first plane is not by UTF-16 units', () => {
  // U+FF5E is EF BD 9E, U+1F600 is F0 9F 98 80; in UTF-16 the second begins with D83D.
  const expected = ver(`<feature var='\uff5e&lt;\u{1f600}'/>`);
  assert.equal(ver(`<feature var='\u{1f600}'/><feature var='\uff5e'/>`), expected);
});

test('XEP-0115 §5.4: a form that does not say whose names it has is left out', () => {
  const identity = `<identity category='server' type='im'/>`;
  const form = `<x xmlns='jabber:x:data' type='result'><field var='os'><value>Mac</value></field></x>`;
  assert.equal(ver(identity + form), ver(identity));
});

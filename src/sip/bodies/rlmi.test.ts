import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { readRlmi, writeRlmi } from './rlmi.ts';

const EXAMPLE = `<?xml version="1.0" encoding="UTF-8"?>
  <list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:adam-friends@pres.vancouver.example.com" version="1" fullState="true">
    <name xml:lang="en">Buddy List at COM</name>
    <name xml:lang="de">Liste der Freunde an COM</name>
    <resource uri="sip:bob@vancouver.example.com">
      <name>Bob Smith</name>
      <instance id="juwigmtboe" state="active" cid="bUZBsM@pres.vancouver.example.com"/>
    </resource>
    <resource uri="sip:dave@vancouver.example.com">
      <name>Dave Jones</name>
      <instance id="hqzsuxtfyq" state="pending"/>
    </resource>
    <resource uri="sip:ed@dallas.example.net"><instance id="x" state="terminated" reason="noresource"/></resource>
    <resource uri="sip:jim@vancouver.example.com"/>
  </list>`;

test('RFC 4662 §6: the example', () => {
  const list = readRlmi(EXAMPLE);
  assert.deepEqual(list.names, { en: 'Buddy List at COM', de: 'Liste der Freunde an COM' });
  assert.deepEqual(list.resources[0], {
    uri: 'sip:bob@vancouver.example.com',
    names: { '': 'Bob Smith' },
    instances: [{ id: 'juwigmtboe', state: 'active', cid: 'bUZBsM@pres.vancouver.example.com' }],
  });
  assert.deepEqual(list.resources[2]!.instances, [{ id: 'x', state: 'terminated', reason: 'noresource' }]);
  assert.deepEqual(list.resources[3]!.instances, []);
  assert.deepEqual(readRlmi(writeRlmi(list)), list);
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['no version', EXAMPLE.replace(' version="1"', ''), 'Bad RLMI: a list has no uri, version or fullState'],
  ['neither true nor false', EXAMPLE.replace('"true"', '"yes"'), 'Bad RLMI: a list has no uri, version or fullState'],
  ['a resource without uri', EXAMPLE.replace('resource uri', 'resource url'), 'Bad RLMI: a resource has no uri'],
  ['another state', EXAMPLE.replace('"active"', '"waiting"'), 'Bad RLMI: an instance has no id or no state'],
];

describe('documents that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readRlmi(body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});

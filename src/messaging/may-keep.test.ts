import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseElement } from '#xml/parse-element.ts';
import { Delivery, type Keep, type MessageType } from './delivery.ts';
import { mayKeep } from './may-keep.ts';

const BODY = '<body>Hello</body>';
const THREAD = '<thread>t</thread>';
const CHAT_STATE = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
const ORIGIN_ID = `<origin-id xmlns='urn:xmpp:sid:0' id='1'/>`;
const hint = (name: string) => `<${name} xmlns='urn:xmpp:hints'/>`;

const RULES: [source: string, what: string, type: MessageType, content: string, keep: Keep][] = [
  ['XEP-0313 §6.1.1', 'a chat with a body', 'chat', BODY, 'archive'],
  ['XEP-0313 §6.1.1', 'a normal message with a body', 'normal', BODY, 'archive'],
  ['XEP-0313 §6.1.1', 'a headline', 'headline', BODY, 'no'],
  ['XEP-0313 §6.1.1', 'a message of a room', 'groupchat', BODY, 'no'],
  ['XEP-0160 §3', 'an error', 'error', BODY, 'no'],
  ['XEP-0313 §3', 'a passing state of a chat', 'chat', CHAT_STATE, 'no'],
  ['XEP-0313 §3', 'a passing state of a chat with its thread and id', 'chat', CHAT_STATE + THREAD + ORIGIN_ID, 'no'],
  ['XEP-0313 §3', 'a body with a chat state', 'chat', BODY + CHAT_STATE, 'archive'],
  ['XEP-0313 §3', 'nothing at all', 'chat', '', 'no'],
  ['XEP-0184', 'a receipt', 'normal', `<received xmlns='urn:xmpp:receipts' id='1'/>`, 'archive'],
  ['XEP-0384', 'what is encrypted end to end', 'chat', `<encrypted xmlns='urn:xmpp:omemo:2'/>`, 'archive'],
  ['XEP-0334 §4.1', 'no-permanent-store', 'chat', BODY + hint('no-permanent-store'), 'until-delivered'],
  ['XEP-0334 §4.2', 'no-store', 'chat', BODY + hint('no-store'), 'no'],
  ['XEP-0334 §4.4', 'store with nothing else', 'chat', hint('store'), 'archive'],
  ['XEP-0334 §4.4', 'store in a headline', 'headline', BODY + hint('store'), 'archive'],
  ['XEP-0334 §4.4', 'store in an error', 'error', BODY + hint('store'), 'no'],
  ['XEP-0334 §4', 'store and no-store', 'chat', BODY + hint('store') + hint('no-store'), 'no'],
  ['XEP-0334 §4', 'no-copy', 'chat', BODY + hint('no-copy'), 'archive'],
];

for (const [source, what, type, content, keep] of RULES) {
  test(`${source}: of ${what} may be kept: ${keep}`, () => {
    const element = parseElement(`<message>${content}</message>`, 'jabber:client');
    const end = { address: 'a@example.test', device: '' };
    const init = { element, type, from: end, to: end, at: 0, sender: undefined, promised: false };
    assert.equal(mayKeep(new Delivery(init)), keep);
  });
}

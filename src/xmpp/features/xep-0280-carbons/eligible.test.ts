import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageType } from '#messaging/delivery.ts';
import { parseElement } from '#xml/parse-element.ts';
import { isEligible } from './eligible.ts';

const BODY = '<body>Hello</body>';
const PRIVATE = `<private xmlns='urn:xmpp:carbons:2'/>`;
const RECEIPT = `<received xmlns='urn:xmpp:receipts' id='1'/>`;
const CHAT_STATE = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
const MARKER = `<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>`;
const DIRECT_INVITATION = `<x xmlns='jabber:x:conference' jid='room@muc.example.test'/>`;
const MEDIATED_INVITATION = `<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>`;
const ROOM = `<x xmlns='http://jabber.org/protocol/muc#user'/>`;

/** XEP-0280 §6.1, a rule each: type, content, and whether sent and received ones are copied. */
const RULES: [string, MessageType, string, boolean, boolean][] = [
  ['a chat', 'chat', BODY, true, true],
  ['a chat without a body', 'chat', '', true, true],
  ['a private chat', 'chat', BODY + PRIVATE, false, false],
  ['a normal message with a body', 'normal', BODY, true, true],
  ['a normal message without a body', 'normal', '<subject>Hello</subject>', false, false],
  ['a private normal message', 'normal', BODY + PRIVATE, false, false],
  ['a body of another namespace', 'normal', `<body xmlns='http://www.w3.org/1999/xhtml'/>`, false, false],
  ['a receipt (XEP-0184)', 'normal', RECEIPT, true, true],
  ['a chat state (XEP-0085)', 'normal', CHAT_STATE, true, true],
  ['a chat marker (XEP-0333)', 'normal', MARKER, true, true],
  ['a private receipt', 'normal', RECEIPT + PRIVATE, false, false],
  ['a headline', 'headline', BODY, false, false],
  ['a message of a room', 'groupchat', BODY, false, false],
  ['a receipt in a room', 'groupchat', BODY + RECEIPT, false, false],
  ['a direct invitation (XEP-0249)', 'normal', DIRECT_INVITATION, true, true],
  ['a mediated invitation', 'normal', MEDIATED_INVITATION, true, true],
  ['a private message to somebody in a room, or from them', 'chat', BODY + ROOM, true, false],
  ['an error, by itself', 'error', BODY, false, false],
];

for (const [what, type, content, sent, received] of RULES) {
  test(`XEP-0280 §6.1: ${what} is ${sent ? '' : 'not '}copied when sent, ${received ? '' : 'not '}when received`, () => {
    const message = parseElement(`<message>${content}</message>`, 'jabber:client');
    assert.equal(isEligible(message, type, 'sent'), sent);
    assert.equal(isEligible(message, type, 'received'), received);
  });
}

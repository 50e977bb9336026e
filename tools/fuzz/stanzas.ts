import fc from 'fast-check';
import { type Element, element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import type { Random } from '../torture/random.ts';
import { anyElement } from './codecs-xml.ts';

const NS = 'jabber:client';
const ADDRESSES = [
  'romeo@example.test',
  'juliet@example.test',
  'nurse@example.test',
  'nobody@example.test',
  'example.test',
  'romeo@example.test/fuzz',
  'juliet@example.test/fuzz',
  'juliet@example.test/gone',
  'nurse@example.test/gone',
  'a@elsewhere.test',
  'conference.example.test',
  '@',
  'a@b@c',
  '',
];
const IDS = ['1', 'x', '', '&', 'ü', 'a'.repeat(200)];

/** What features take, and what looks like it. */
const PAYLOADS: readonly [name: string, ns: string, inside?: string][] = [
  ['query', 'jabber:iq:roster'],
  ['query', 'jabber:iq:roster', 'item'],
  ['query', 'http://jabber.org/protocol/disco#info'],
  ['query', 'http://jabber.org/protocol/disco#items'],
  ['query', 'jabber:iq:version'],
  ['query', 'jabber:iq:last'],
  ['query', 'jabber:iq:private', 'storage'],
  ['query', 'jabber:iq:register'],
  ['query', 'urn:xmpp:mam:2', 'set'],
  ['prefs', 'urn:xmpp:mam:2', 'always'],
  ['metadata', 'urn:xmpp:mam:2'],
  ['vCard', 'vcard-temp', 'FN'],
  ['ping', 'urn:xmpp:ping'],
  ['time', 'urn:xmpp:time'],
  ['enable', 'urn:xmpp:carbons:2'],
  ['disable', 'urn:xmpp:carbons:2'],
  ['block', 'urn:xmpp:blocking', 'item'],
  ['unblock', 'urn:xmpp:blocking', 'item'],
  ['blocklist', 'urn:xmpp:blocking'],
  ['bind', 'urn:ietf:params:xml:ns:xmpp-bind', 'resource'],
  ['session', 'urn:ietf:params:xml:ns:xmpp-session'],
  ['x', 'jabber:x:data', 'field'],
];
/** Signing the account out, or taking what the ledger goes through, would be right, and end the run. */
const NOT_SENT = /jabber:iq:register|urn:xmpp:blocking/;

/** What stands beside the body of a message. */
const BESIDE: readonly [name: string, ns: string][] = [
  ['active', 'http://jabber.org/protocol/chatstates'],
  ['request', 'urn:xmpp:receipts'],
  ['received', 'urn:xmpp:receipts'],
  ['store', 'urn:xmpp:hints'],
  ['no-store', 'urn:xmpp:hints'],
  ['no-copy', 'urn:xmpp:hints'],
  ['private', 'urn:xmpp:carbons:2'],
  ['stanza-id', 'urn:xmpp:sid:0'],
  ['origin-id', 'urn:xmpp:sid:0'],
  ['delay', 'urn:xmpp:delay'],
  ['x', 'jabber:x:delay'],
  ['sent', 'urn:xmpp:carbons:2'],
  ['forwarded', 'urn:xmpp:forward:0'],
];

/** Makes stanzas that are mostly right, and sometimes nearly so. The same random numbers make the same ones. */
export class StanzaMaker {
  #random: Random;
  #senders: readonly string[];
  #elements: Element[] = [];

  /** @param senders full JIDs of those who send them */
  constructor(random: Random, senders: readonly string[]) {
    this.#random = random;
    this.#senders = senders;
  }

  /** A stanza as text; well-formed, and no end of its stream. */
  next(): string {
    const made = [() => this.#iq(), () => this.#iq(), () => this.#message(), () => this.#presence()];
    return serialize(this.#random.pick(made)(), NS);
  }

  #maybe<T>(odds: number, make: () => T): T | undefined {
    return this.#random.between(1, odds) === 1 ? make() : undefined;
  }

  #address(): string {
    return this.#random.pick(this.#random.between(0, 2) === 0 ? this.#senders : ADDRESSES);
  }

  #any(): Element {
    if (this.#elements.length === 0) {
      this.#elements = fc.sample(anyElement, { seed: this.#random.between(1, 2 ** 31 - 1), numRuns: 50 });
    }
    return this.#elements.pop()!;
  }

  #iq(): Element {
    const type = this.#random.pick(['get', 'set', 'get', 'set', 'result', 'error', 'put']);
    let payload = this.#payload();
    while (NOT_SENT.test(payload.ns) && type === 'set') payload = this.#payload();
    return element(
      'iq',
      NS,
      {
        type: this.#maybe(50, () => '') ?? type,
        id: this.#maybe(30, () => '') ?? this.#random.pick(IDS),
        to: this.#maybe(2, () => this.#address()),
      },
      payload,
      this.#maybe(20, () => this.#any()),
    );
  }

  #payload(): Element {
    const [name, ns, inside] = this.#random.pick(PAYLOADS);
    const attributes: Record<string, string | undefined> = {
      node: this.#maybe(8, () => 'x'),
      ver: this.#maybe(8, () => ''),
      queryid: this.#maybe(8, () => 'q'),
    };
    const child = () => {
      const address = this.#address();
      return element(
        inside!,
        ns,
        { jid: address, var: 'a', subscription: this.#maybe(4, () => 'remove') },
        this.#maybe(3, () => address),
      );
    };
    return element(
      name,
      ns,
      attributes,
      inside && this.#maybe(2, () => child()),
      this.#maybe(6, () => this.#any()),
    );
  }

  #message(): Element {
    const [name, ns] = this.#random.pick(BESIDE);
    return element(
      'message',
      NS,
      {
        type: this.#random.pick(['chat', 'normal', 'headline', 'groupchat', 'error', undefined, 'x']),
        id: this.#maybe(2, () => this.#random.pick(IDS)),
        to: this.#maybe(10, () => undefined) ?? this.#address(),
      },
      this.#maybe(2, () => element('body', NS, {}, this.#random.pick(['', 'hi', '\u{1F600}', 'a'.repeat(2000)]))),
      this.#maybe(2, () =>
        element(
          name,
          ns,
          { id: '1', by: this.#address(), stamp: 'x' },
          this.#maybe(4, () => this.#any()),
        ),
      ),
      this.#maybe(4, () => this.#any()),
    );
  }

  #presence(): Element {
    const type = this.#random.pick([
      undefined,
      undefined,
      'unavailable',
      'subscribe',
      'subscribed',
      'unsubscribe',
      'unsubscribed',
      'probe',
      'error',
      'x',
    ]);
    return element(
      'presence',
      NS,
      { type, to: this.#maybe(2, () => this.#address()), id: this.#maybe(3, () => this.#random.pick(IDS)) },
      this.#maybe(3, () => element('show', NS, {}, this.#random.pick(['away', 'dnd', 'xa', 'chat', '', 'busy']))),
      this.#maybe(3, () => element('priority', NS, {}, this.#random.pick(['0', '-1', '127', '128', 'x', '']))),
      this.#maybe(3, () => element('status', NS, { 'xml:lang': this.#maybe(2, () => 'en') }, 'here')),
      this.#maybe(6, () => this.#any()),
    );
  }
}

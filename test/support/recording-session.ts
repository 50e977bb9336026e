import { type PresenceNotice, type Publication, wantsMessages } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { renderPresence } from '#xmpp/presence.ts';
import type { Session } from '#xmpp/session.ts';
import { Jid } from '#xmpp/wire/jid.ts';
import { NS_CLIENT } from '#xmpp/wire/namespaces.ts';

/** An XMPP session without a stream: it writes down what its client would be sent. */
export class RecordingSession {
  readonly edge = 'xmpp';
  readonly jid: Jid;
  readonly home: Home;
  readonly xmpp = { isLocal: (domain: string) => domain === 'example.test' };
  publication: Publication | undefined;
  wantsContacts = false;
  #sent: string[] = [];

  constructor(home: Home, resource: string) {
    this.home = home;
    this.jid = Jid.parse(`${home.address}/${resource}`);
    home.addDevice(this as unknown as Session);
  }

  get takesMessages(): boolean {
    return wantsMessages(this.publication);
  }

  get id(): string {
    return this.jid.resource;
  }

  /** For functions that want the real one. */
  get session(): Session {
    return this as unknown as Session;
  }

  send(stanza: Element): void {
    this.sendText(serialize(stanza, NS_CLIENT));
  }

  sendText(text: string): void {
    this.#sent.push(text);
  }

  takePresence(notice: PresenceNotice): void {
    this.sendText(renderPresence(notice, this.jid.full));
  }

  takeNative(text: string): boolean {
    this.sendText(text);
    return true;
  }

  /** What the client was sent since it was asked last. */
  received(): string[] {
    return this.#sent.splice(0);
  }
}

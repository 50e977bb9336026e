import { setTimeout as pause } from 'node:timers/promises';
import { type Element, element } from '#xml/element.ts';
import type { ServerUnderTest } from '../../test/support/server-under-test.ts';
import type { StreamManagement } from '../../test/support/stream-management.ts';
import { XmppClient } from '../../test/support/xmpp-client.ts';
import { ProtocolError } from '../../test/support/xmpp-connection.ts';
import type { Ledger, Seen } from './ledger.ts';
import type { Random } from './random.ts';

const CLIENT_NS = 'jabber:client';
const STANZA_ID_NS = 'urn:xmpp:sid:0';
/** How many messages may be under way; a sender that hears no acknowledgement falls silent. */
const WINDOW = 200;
const RECONNECT_MS = [20, 250] as const;
/** What messages are filled with: what must be escaped, more than one byte a character, line ends. */
const FILLING = ['wherefore', '<art/>', 'thou & I', '“Romeo”', '\n', '😀', ']]>', "it's", 'ñandú', '\t'];

export interface TalkerOptions {
  server: ServerUnderTest;
  user: { name: string; password: string };
  tls: 'starttls' | 'direct';
  ledger: Ledger;
  random: Random;
}

/** A user whose client never gives up: it signs in, resumes when it can, and keeps the books of what it sees. */
export class Talker {
  readonly address: string;
  #options: TalkerOptions;
  #client: XmppClient | undefined;
  #management: StreamManagement | undefined;
  #sessions = 0;
  #resumptions = 0;
  #sequences = new Map<string, number>();
  #trouble = '';
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(options: TalkerOptions) {
    this.#options = options;
    this.address = `${options.user.name}@${options.server.domain}`;
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  get sessions(): number {
    return this.#sessions;
  }

  get resumptions(): number {
    return this.#resumptions;
  }

  /** Why the last attempt to sign in failed. */
  get trouble(): string {
    return this.#trouble;
  }

  /** How many stanzas of this session the server has not acknowledged. */
  get underWay(): number {
    return this.#management?.unacknowledged.length ?? 0;
  }

  start(): void {
    this.#stopping = false;
    this.#running ??= this.#run();
  }

  /** Ends the session properly. The next `start` begins a fresh one. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#client?.close();
    await this.#running;
    this.#running = undefined;
    this.#management = undefined;
  }

  /** Loses the connection, as in a tunnel. */
  drop(): void {
    this.#client?.drop();
  }

  /** Says up to `count` things to one of the others, and asks for an acknowledgement. */
  say(count: number, others: readonly string[]): void {
    const client = this.#client;
    if (!client) return;
    for (let i = 0; i < count && this.underWay < WINDOW; i++) client.send(this.#message(others));
    client.requestAcknowledgement();
  }

  /** The client while it is connected, for requests. */
  get client(): XmppClient | undefined {
    return this.#client;
  }

  #message(others: readonly string[]): Element {
    const { ledger, random } = this.#options;
    const to = random.pick(others);
    const sequence = (this.#sequences.get(to) ?? 0) + 1;
    this.#sequences.set(to, sequence);
    const id = `${this.address}>${to}#${sequence}`;
    const filling = Array.from({ length: random.between(1, 40) }, () => random.pick(FILLING)).join(' ');
    const body = `${id} ${filling}.`;
    ledger.said({ id, from: this.address, to, sequence, body });
    return element('message', CLIENT_NS, { type: 'chat', to, id }, element('body', CLIENT_NS, {}, body));
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const closed = Promise.withResolvers<ProtocolError | undefined>();
      try {
        await this.#connect(closed.resolve);
        const fault = await closed.promise;
        if (fault) throw fault;
      } catch (error) {
        this.#trouble = (error as Error).message;
        // The server is away: that is what this is about. What it says while it is there must be right, though.
        if (error instanceof ProtocolError) this.#options.ledger.violation(`${this.address}: ${error.message}`);
      }
      this.#client = undefined;
      if (!this.#stopping) await pause(this.#options.random.between(...RECONNECT_MS));
    }
  }

  async #connect(closed: (fault: ProtocolError | undefined) => void): Promise<void> {
    const { server, user, tls, ledger } = this.#options;
    const previous = this.#management;
    const client = await XmppClient.signIn({
      host: server.host,
      port: tls === 'direct' ? server.ports.c2sDirectTls : server.ports.c2s,
      tls,
      domain: server.domain,
      user: user.name,
      password: user.password,
      handlers: {
        stanza: (stanza) => this.#received(stanza),
        acknowledged: (stanzas) => {
          for (const stanza of stanzas) ledger.acknowledged(stanza.attribute('id') ?? '');
        },
        closed,
      },
    });
    try {
      if (previous && (await client.resume(previous))) {
        this.#resumptions++;
      } else {
        this.#management = undefined;
        this.#sessions++;
        await client.bind('torture');
        this.#management = await client.enable();
        client.send(element('presence', CLIENT_NS));
      }
    } catch (error) {
      client.drop();
      throw error;
    }
    if (client.closed) return;
    this.#client = client;
    if (this.#stopping) await client.close();
  }

  #received(stanza: Element): void {
    if (stanza.name !== 'message') return;
    const session = `${this.address} ${this.#sessions}`;
    if (stanza.attribute('type') === 'error') {
      const error = stanza.child('error')?.firstChild()?.name;
      this.#options.ledger.violation(`${stanza.attribute('id')} was refused: ${error}`);
    } else {
      this.#options.ledger.received(this.address, session, seenMessage(stanza, stanzaIdBy(stanza, this.address)));
    }
  }
}

/** A message of the server as the ledger takes it. */
export function seenMessage(message: Element, stanzaId: string | undefined): Seen {
  const bare = (name: string) => message.attribute(name)?.split('/')[0] ?? '';
  return {
    id: message.attribute('id') ?? '',
    from: bare('from'),
    to: bare('to'),
    body: message.childText('body') ?? '',
    stanzaId,
  };
}

function stanzaIdBy(message: Element, by: string): string | undefined {
  const ids = message.elements().filter((child) => child.is('stanza-id', STANZA_ID_NS));
  return ids.find((id) => id.attribute('by') === by)?.attribute('id');
}

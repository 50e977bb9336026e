import { setTimeout as pause } from 'node:timers/promises';
import { type Element, element } from '#xml/element.ts';
import { queryArchive } from '../../test/support/archive-query.ts';
import type { ServerUnderTest } from '../../test/support/server-under-test.ts';
import type { StreamManagement } from '../../test/support/stream-management.ts';
import { XmppClient } from '../../test/support/xmpp-client.ts';
import { ProtocolError } from '../../test/support/xmpp-connection.ts';
import type { Ledger, Said, Seen } from './ledger.ts';
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

/** A user whose client never gives up, whatever protocol it speaks. */
export interface Talking {
  readonly address: string;
  readonly connected: boolean;
  readonly sessions: number;
  readonly resumptions: number;
  /** Why the last attempt to sign in failed. */
  readonly trouble: string;
  /** How much the server has not acknowledged. */
  readonly underWay: number;
  start(): void;
  /** Signs out properly. The next `start` begins afresh. */
  stop(): Promise<void>;
  /** Loses the connection, as in a tunnel. */
  drop(): void;
  /** Says up to `count` things to some of the others. */
  say(count: number, others: readonly string[]): void;
  /** Whoever asks early may hear of less than what is under way. */
  askAgain(): void;
  /** All that the server has kept. */
  archive(): Promise<Seen[]>;
}

/** Messages from one user, each of which can be told from all others. */
export class Sayings {
  readonly #from: string;
  readonly #options: Pick<TalkerOptions, 'ledger' | 'random'>;
  readonly #sequences = new Map<string, number>();

  constructor(from: string, options: Pick<TalkerOptions, 'ledger' | 'random'>) {
    this.#from = from;
    this.#options = options;
  }

  /** Makes one, and puts it into the ledger. */
  next(others: readonly string[]): Said {
    const { ledger, random } = this.#options;
    const to = random.pick(others);
    const sequence = (this.#sequences.get(to) ?? 0) + 1;
    this.#sequences.set(to, sequence);
    const id = `${this.#from}>${to}#${sequence}`;
    const filling = Array.from({ length: random.between(1, 40) }, () => random.pick(FILLING)).join(' ');
    const said = { id, from: this.#from, to, sequence, body: `${id} ${filling}.` };
    ledger.said(said);
    return said;
  }
}

/** A user of XMPP whose client never gives up: it signs in, resumes when it can, and keeps the books of what it sees. */
export class Talker implements Talking {
  readonly address: string;
  #options: TalkerOptions;
  #client: XmppClient | undefined;
  #management: StreamManagement | undefined;
  #sessions = 0;
  #resumptions = 0;
  #sayings: Sayings;
  #trouble = '';
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(options: TalkerOptions) {
    this.#options = options;
    this.address = `${options.user.name}@${options.server.domain}`;
    this.#sayings = new Sayings(this.address, options);
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

  askAgain(): void {
    if (this.underWay > 0) this.#client?.requestAcknowledgement();
  }

  async archive(): Promise<Seen[]> {
    if (this.#client === undefined) throw new Error('the session was lost');
    return seenIn(this.#client);
  }

  #message(others: readonly string[]): Element {
    const { id, to, body } = this.#sayings.next(others);
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

/** The whole archive of who is signed in. */
export async function seenIn(client: XmppClient): Promise<Seen[]> {
  const archive = await queryArchive(client);
  return archive.map(({ message, archiveId }) => seenMessage(message, archiveId));
}

/** A message of the server as the ledger takes it. */
function seenMessage(message: Element, stanzaId: string | undefined): Seen {
  const bare = (name: string) => message.attribute(name)?.split('/')[0] ?? '';
  const body = message.childText('body') ?? '';
  const id = message.attribute('id') ?? '';
  // What was said by SIP has an id of its own.
  return { id: id.includes('>') ? id : idIn(body), from: bare('from'), to: bare('to'), body, stanzaId };
}

/** Each body begins with it. */
export function idIn(body: string): string {
  return body.split(' ', 1)[0]!;
}

function stanzaIdBy(message: Element, by: string): string | undefined {
  const ids = message.elements().filter((child) => child.is('stanza-id', STANZA_ID_NS));
  return ids.find((id) => id.attribute('by') === by)?.attribute('id');
}

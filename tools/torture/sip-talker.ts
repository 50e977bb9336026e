import { setTimeout as pause } from 'node:timers/promises';
import { type Message, SipClient } from '../../test/support/sip-client.ts';
import { XmppClient } from '../../test/support/xmpp-client.ts';
import type { Seen } from './ledger.ts';
import { idIn, Sayings, seenIn, type TalkerOptions, type Talking } from './talker.ts';

/** How many messages may wait for their turn. */
const WINDOW = 200;
const RECONNECT_MS = [20, 250] as const;

export interface SipTalkerOptions extends Omit<TalkerOptions, 'tls'> {
  transport: 'tcp' | 'udp';
}

/**
 * A user of SIP whose client never gives up: it registers, says one thing at a time (RFC 3428 §8), and keeps the books.
 * What is answered 2xx was acknowledged.
 */
export class SipTalker implements Talking {
  readonly address: string;
  readonly resumptions = 0;
  readonly #options: SipTalkerOptions;
  readonly #sayings: Sayings;
  /** To whom something is still to be said. */
  #waiting: string[][] = [];
  #client: SipClient | undefined;
  #isSpeaking = false;
  #sessions = 0;
  #trouble = '';
  #stopping = false;
  #running: Promise<void> | undefined;
  #lost = Promise.withResolvers<void>();

  constructor(options: SipTalkerOptions) {
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

  get trouble(): string {
    return this.#trouble;
  }

  get underWay(): number {
    return this.#waiting.length + (this.#isSpeaking ? 1 : 0);
  }

  start(): void {
    this.#stopping = false;
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#waiting = [];
    if (this.#client !== undefined) await this.#register(this.#client, 0).catch(() => {});
    this.drop();
    await this.#running;
    this.#running = undefined;
  }

  drop(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#lost.resolve();
  }

  say(count: number, others: readonly string[]): void {
    for (let i = 0; i < count && this.#waiting.length < WINDOW; i++) this.#waiting.push([...others]);
    void this.#speak();
  }

  /** Every message is answered by itself. */
  askAgain(): void {}

  /** By XMPP: the archive is the account's. */
  async archive(): Promise<Seen[]> {
    const { server, user } = this.#options;
    const { host, ports, domain } = server;
    const client = await XmppClient.signIn({
      ...{ host, domain, port: ports.c2sDirectTls, tls: 'direct', user: user.name, password: user.password },
    });
    try {
      await client.bind('archive');
      return await seenIn(client);
    } finally {
      await client.close();
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#lost = Promise.withResolvers();
      try {
        await this.#connect();
        void this.#speak();
        await this.#lost.promise;
      } catch (error) {
        this.#trouble = (error as Error).message;
      }
      if (!this.#stopping) await pause(this.#options.random.between(...RECONNECT_MS));
    }
  }

  async #connect(): Promise<void> {
    const { server, user, transport } = this.#options;
    const client = await SipClient.open({
      ...{ port: server.ports.sip, transport, person: user.name, password: user.password, domain: server.domain },
      lost: () => {
        if (this.#client === client) this.drop();
      },
      arrived: (message) => this.#received(message),
    });
    const session = ++this.#sessions;
    try {
      const answer = await this.#register(client, 3600);
      if (answer.status !== 200) throw new Error(answer.start);
    } catch (error) {
      client.close();
      throw error;
    }
    if (session === this.#sessions) this.#client = client;
    if (this.#stopping) this.drop();
  }

  /** The same client each time, on another way (RFC 5626 §4.2): what went the way before does not have to wait. */
  #register(client: SipClient, expires: number): Promise<Message> {
    const instance = `+sip.instance="<urn:uuid:00000000-0000-4000-8000-00000000000${this.#options.user.name.at(-1)}>"`;
    return client.request('REGISTER', `sip:${this.#options.server.domain}`, {
      headers: [`Contact: ${client.contact};${instance};reg-id=1`, `Expires: ${expires}`, 'Supported: path, outbound'],
    });
  }

  async #speak(): Promise<void> {
    if (this.#isSpeaking) return;
    this.#isSpeaking = true;
    while (this.#waiting.length > 0 && this.#client !== undefined)
      await this.#sayOne(this.#client, this.#waiting.shift()!);
    this.#isSpeaking = false;
  }

  async #sayOne(client: SipClient, others: readonly string[]): Promise<void> {
    const { ledger } = this.#options;
    const { id, to, body } = this.#sayings.next(others);
    try {
      const answer = await client.message(`sip:${to}`, body);
      if (answer.status >= 200 && answer.status < 300) ledger.acknowledged(id);
      else if (answer.status !== 503) ledger.violation(`${id} was refused: ${answer.start}`);
    } catch {
      // The server is away. Over UDP that shows by this alone, and who is back has to register again.
      if (this.#client === client) this.drop();
    }
  }

  #received(message: Message): void {
    if (message.method !== 'MESSAGE') return;
    const body = message.body.replaceAll('\r\n', '\n');
    const from = /<?sips?:([^>;]+)/.exec(message.get('from'))?.[1] ?? '';
    const { ledger, server } = this.#options;
    // Over UDP nobody notices that the server was killed: to the next process nothing has been sent yet.
    const session = `${this.address} ${this.#sessions} with ${server.pid}`;
    ledger.received(this.address, session, {
      id: idIn(body),
      from,
      to: this.address,
      body,
      stanzaId: null,
    });
  }
}

import assert from 'node:assert/strict';
import { parseElement } from '#xml/parse-element.ts';
import { type Dialog, type Message, SipClient, type SipClientOptions } from './sip-client.ts';
import { contains } from './test-client.ts';

/** Somebody of a transcript who speaks SIP. */
export class SipActor {
  readonly #client: SipClient;
  /** Of what is watched, by URI. */
  readonly #dialogs = new Map<string, Dialog>();
  /** What the last request was answered, or will be. */
  #answer: Promise<Message> | undefined;
  /** The last answer that was looked at: `{SIP-ETag}` stands for what its header says. */
  #last: Message | undefined;

  /** @param before  the same before it lost its connection */
  static async open(options: SipClientOptions, before: SipActor | undefined): Promise<SipActor> {
    return new SipActor(await SipClient.open(options), before);
  }

  private constructor(client: SipClient, before: SipActor | undefined) {
    this.#client = client;
    if (before !== undefined) this.#last = before.#last;
  }

  async register(expires: number): Promise<void> {
    succeeded(await this.#client.register(expires));
  }

  /** Again, where that is watched already. @param expires 0: not any more */
  async subscribe(uri: string, event: string, expires: number): Promise<void> {
    const dialog = this.#dialogs.get(uri);
    const subscribed = await this.#client.subscribe(uri, { event, expires, dialog });
    succeeded(subscribed.response);
    if (expires === 0) this.#dialogs.delete(uri);
    else this.#dialogs.set(uri, subscribed.dialog!);
  }

  /** Start line, header lines, an empty line, a body. Those that every request has, and credentials, are added. */
  send(text: string): void {
    const filled = text.replace(/\{([A-Za-z-]+)\}/g, (_, name: string) => this.#last?.get(name.toLowerCase()) ?? '');
    const { start, headers, body } = read(filled);
    const [method = '', uri = ''] = start.split(' ');
    this.#answer = this.#client.request(method, uri, { headers, body });
    // Nobody may ask for it.
    this.#answer.catch(() => {});
  }

  /** Takes what was answered, or the next request that has all that a pattern says; `{any}` is anything. */
  async expect(text: string): Promise<void> {
    const pattern = read(text);
    if (!pattern.start.startsWith('SIP/2.0 ')) {
      await this.#client.next((message) => matches(message, pattern), this.#explain(text));
      return;
    }
    if (this.#answer === undefined) throw new Error('nothing was asked');
    this.#last = await this.#answer;
    this.#answer = undefined;
    assert.ok(matches(this.#last, pattern), `it came to this:\n${this.#last.text}`);
  }

  /** Once the server has dealt with all that was sent before. */
  async expectNothingMore(): Promise<void> {
    succeeded(await this.#client.request('OPTIONS', `sip:${this.#client.options.domain}`));
    assert.deepEqual(
      this.#client.unread.map(({ text }) => text),
      [],
    );
  }

  async signOut(): Promise<void> {
    await this.register(0);
    this.drop();
  }

  drop(): void {
    this.#client.close();
  }

  #explain(text: string): string {
    const others = this.#client.unread.map((message) => `\n${message.text}`).join('');
    return `\n${text}\nThere has come${others || ' nothing'}`;
  }
}

interface Pattern {
  readonly start: string;
  readonly headers: readonly string[];
  readonly body: string;
}

function read(text: string): Pattern {
  const end = text.indexOf('\n\n');
  const [start = '', ...headers] = (end < 0 ? text : text.slice(0, end)).split('\n');
  return { start, headers, body: end < 0 ? '' : text.slice(end).trim() };
}

function matches(message: Message, { start, headers, body }: Pattern): boolean {
  return isLike(message.start, start) && headers.every((line) => hasHeader(message, line)) && hasBody(message, body);
}

function hasHeader(message: Message, line: string): boolean {
  const colon = line.indexOf(':');
  const values = message.all(line.slice(0, colon).trim().toLowerCase());
  return values.some((value) => isLike(value, line.slice(colon + 1).trim()));
}

function hasBody(message: Message, body: string): boolean {
  if (body === '') return true;
  if (!body.startsWith('<')) return isLike(message.body, body);
  const document = message.body.replace(/^<\?xml[^>]*>\s*/, '');
  return document.startsWith('<') && contains(parseElement(document, ''), parseElement(body, ''));
}

function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('{any}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

function succeeded(answer: Message): void {
  assert.ok(answer.status >= 200 && answer.status < 300, `it was refused: ${answer.start}`);
}

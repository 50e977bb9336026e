/**
 * Watchers of presentities (RFC 6665, RFC 3856), who check all they are notified of: that it is in the dialog, in order
 * (CSeq), of their presentity, and what was last published.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from './endpoint.ts';
import { contactOf, header, type Message, tagOf } from './message.ts';
import type { Options } from './options.ts';
import { UserAgent } from './user-agent.ts';
import { userName } from './users-file.ts';

interface Subscription {
  agent: UserAgent;
  presentity: string;
  callId: string;
  fromTag: string;
  toTag: string;
  /** Where requests in the dialog go: the server's Contact. */
  target: string;
  routes: readonly string[];
  lastCseq: number;
  /** Of the last published state that came. */
  token: string;
  notified: boolean;
  ended: boolean;
}

/** One published change, on its way to those who watch. */
export interface Change {
  missing: number;
  lastAt: number;
  all: Promise<void>;
}

/** Put into what is published, found again in what comes. */
const TOKEN = /tok-[0-9a-f]+-\d+/;
/** That many SUBSCRIBE requests may wait for an answer when a server does not keep up. */
const MOST_PENDING = 500;

export class Watchers {
  readonly endpoints: Endpoint[] = [];
  readonly subscribeMs: number[] = [];
  /** Notifications that carried a state, each sent again counted once. */
  notified = 0;
  /** Those that came again, or told what its watcher had been told before. */
  doubled = 0;
  resent = 0;
  #options: Options;
  #problem: (problem: string) => void;
  #subscriptions: Subscription[] = [];
  #byCallId = new Map<string, Subscription>();
  #changes = new Map<string, { change: Change; done: () => void }>();
  #ending = false;

  private constructor(options: Options, problem: (problem: string) => void) {
    this.#options = options;
    this.#problem = problem;
  }

  static async open(options: Options, sockets: number, problem: (problem: string) => void): Promise<Watchers> {
    const watchers = new Watchers(options, problem);
    for (let i = 0; i < sockets; i++) {
      const endpoint = await Endpoint.open(options.host, options.port, (request, answer) => {
        watchers.#take(request, answer);
      });
      watchers.endpoints.push(endpoint);
    }
    return watchers;
  }

  get count(): number {
    return this.#subscriptions.length;
  }

  /** Those who have had their first notification. */
  get notifiedOnce(): number {
    return this.#subscriptions.filter(({ notified }) => notified).length;
  }

  /** Those who know a published state. */
  get informed(): number {
    return this.#subscriptions.filter(({ token }) => token !== '').length;
  }

  get ended(): number {
    return this.#subscriptions.filter(({ ended }) => ended).length;
  }

  /** Requests of ours that were sent again. */
  get requestsResent(): number {
    return this.endpoints.reduce((sum, { resent }) => sum + resent, 0);
  }

  /** Subscribes users `first`, `first` + 1, ... to all presentities, at the rate of the options. */
  async subscribe(first: number, users: number, presentities: readonly string[]): Promise<void> {
    const { rate, password } = this.#options;
    const startedAt = performance.now();
    const pending = new Set<Promise<void>>();
    let sent = 0;
    for (let i = 0; i < users; i++) {
      const endpoint = this.endpoints[i % this.endpoints.length] as Endpoint;
      const agent = new UserAgent(endpoint, userName(first + i), password);
      for (const presentity of presentities) {
        const aheadMs = startedAt + (sent++ * 1000) / rate - performance.now();
        if (aheadMs > 1) await sleep(aheadMs);
        while (pending.size >= MOST_PENDING) await Promise.race(pending);
        const work = this.#subscribeOne(agent, presentity).finally(() => pending.delete(work));
        pending.add(work);
      }
    }
    await Promise.all(pending);
  }

  /** A change is about to be published. @returns when all who watch have it */
  expect(token: string, watchers: number): Change {
    let done = (): void => {};
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const change: Change = { missing: watchers, lastAt: Number.NaN, all };
    this.#changes.set(token, { change, done });
    return change;
  }

  /** Ends all subscriptions (RFC 6665 §4.1.2.3). */
  async unsubscribe(): Promise<void> {
    this.#ending = true;
    const at = 50;
    for (let i = 0; i < this.#subscriptions.length; i += at)
      await Promise.all(this.#subscriptions.slice(i, i + at).map((one) => this.#unsubscribeOne(one)));
  }

  close(): void {
    for (const endpoint of this.endpoints) endpoint.close();
  }

  async #subscribeOne(agent: UserAgent, presentity: string): Promise<void> {
    const subscription: Subscription = {
      agent,
      presentity,
      callId: `${randomBytes(8).toString('hex')}@127.0.0.1`,
      fromTag: randomBytes(4).toString('hex'),
      toTag: '',
      target: presentity,
      routes: [],
      lastCseq: 0,
      token: '',
      notified: false,
      ended: false,
    };
    this.#subscriptions.push(subscription);
    this.#byCallId.set(subscription.callId, subscription);
    const startedAt = performance.now();
    try {
      const lines = `${this.#dialogLines(subscription)}Accept: application/pidf+xml\r\nExpires: 3600\r\n`;
      const response = await agent.send('SUBSCRIBE', presentity, lines);
      this.#accepted(subscription, response);
      this.subscribeMs.push(performance.now() - startedAt);
    } catch (error) {
      this.#problem((error as Error).message);
    }
  }

  #accepted(subscription: Subscription, response: Message): void {
    if (response.status !== 200 && response.status !== 202) throw new Error(`SUBSCRIBE: ${response.startLine}`);
    const tag = tagOf(header(response, 'to'));
    if (subscription.toTag !== '' && subscription.toTag !== tag)
      throw new Error('the answer has not the tag of NOTIFY');
    subscription.toTag = tag;
    subscription.target = contactOf(response) ?? subscription.target;
    subscription.routes = [...(response.headers.get('record-route') ?? [])].reverse();
    if (!/^\d+$/.test(header(response, 'expires'))) throw new Error('the answer to SUBSCRIBE has no Expires');
  }

  async #unsubscribeOne(subscription: Subscription): Promise<void> {
    const routes = subscription.routes.map((route) => `Route: ${route}\r\n`).join('');
    const lines = `${routes}${this.#dialogLines(subscription)}Expires: 0\r\n`;
    try {
      const response = await subscription.agent.send('SUBSCRIBE', subscription.target, lines);
      if (response.status !== 200 && response.status !== 202) this.#problem(`last SUBSCRIBE: ${response.startLine}`);
    } catch (error) {
      this.#problem((error as Error).message);
    }
  }

  #dialogLines({ agent, presentity, callId, fromTag, toTag }: Subscription): string {
    const { user, endpoint } = agent;
    const tag = toTag === '' ? '' : `;tag=${toTag}`;
    return (
      `From: <sip:${user}@${this.#options.domain}>;tag=${fromTag}\r\nTo: <${presentity}>${tag}\r\nCall-ID: ${callId}\r\n` +
      `Contact: <sip:${user}@127.0.0.1:${endpoint.port}>\r\nEvent: presence\r\n`
    );
  }

  #take(request: Message, answer: (status: string) => void): void {
    const subscription = this.#byCallId.get(header(request, 'call-id'));
    if (
      request.method !== 'NOTIFY' ||
      subscription === undefined ||
      tagOf(header(request, 'to')) !== subscription.fromTag
    ) {
      answer('481 Subscription Does Not Exist');
      this.#problem(`not asked for: ${request.startLine}`);
      return;
    }
    answer('200 OK');
    const cseq = Number.parseInt(header(request, 'cseq'), 10);
    if (cseq <= subscription.lastCseq) {
      this.resent++;
      return;
    }
    subscription.lastCseq = cseq;
    const fault = this.#takeNotify(subscription, request);
    if (fault !== undefined) this.#problem(fault);
  }

  /** @returns what is wrong with it */
  #takeNotify(subscription: Subscription, notify: Message): string | undefined {
    const tag = tagOf(header(notify, 'from'));
    if (subscription.toTag === '') subscription.toTag = tag;
    else if (subscription.toTag !== tag) return 'NOTIFY has not the tag of the dialog';
    subscription.target = contactOf(notify) ?? subscription.target;
    if (!/^presence\s*($|;)/.test(header(notify, 'event'))) return `Event: ${header(notify, 'event')}`;
    const state = header(notify, 'subscription-state');
    if (this.#ending && state.startsWith('terminated')) {
      subscription.ended = true;
      return undefined;
    }
    if (!state.startsWith('active')) return `Subscription-State: ${state}`;
    this.notified++;
    subscription.notified = true;
    return notify.body.length === 0 ? undefined : this.#takeState(subscription, notify);
  }

  #takeState(subscription: Subscription, { headers, body }: Message): string | undefined {
    if (body.length !== Number(headers.get('content-length')?.[0])) return 'Content-Length is not that of the body';
    const type = headers.get('content-type')?.[0];
    if (!type?.startsWith('application/pidf+xml')) return `Content-Type: ${type}`;
    const text = body.toString('latin1');
    // Both are right: a presentity is a pres: URI (RFC 3863 §4.1.1), or the SIP URI that was subscribed to.
    const address = subscription.presentity.slice('sip:'.length);
    if (!text.includes(`entity="sip:${address}"`) && !text.includes(`entity="pres:${address}"`))
      return `the state of somebody else: ${text.slice(0, 200)}`;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined)
      return this.#changes.size > 0 ? `the state has no token: ${text.slice(0, 300)}` : undefined;
    if (token === subscription.token) {
      this.doubled++;
      return undefined;
    }
    subscription.token = token;
    const expected = this.#changes.get(token);
    if (expected !== undefined && --expected.change.missing === 0) {
      expected.change.lastAt = performance.now();
      expected.done();
    }
    return undefined;
  }
}

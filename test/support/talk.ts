import { setImmediate as turn } from 'node:timers/promises';
import { type Device, type Handover, type Publication, wantsMessages } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { Homes } from '#accounts/homes.ts';
import { Hooks } from '#base/hook.ts';
import { silentLog } from '#base/log.ts';
import { startContacts } from '#contacts/subscribing.ts';
import type { MessagingSettings } from '#messaging/archive.ts';
import { Delivery, type MessageType } from '#messaging/delivery.ts';
import { messageDelivered } from '#messaging/inbox.ts';
import { startMessaging } from '#messaging/start.ts';
import { forget, submit } from '#messaging/submit.ts';
import { publish, startPresence } from '#presence/publishing.ts';
import type { Database } from '#store/database.ts';
import { parseElement } from '#xml/parse-element.ts';
import { FakeClock } from './fake-clock.ts';

const NS = 'jabber:client';

export interface Words {
  /** 'romeo@example.test/orchard'. */
  from: string;
  to: string;
  body?: string;
  /** Instead of a body. */
  content?: string;
  type?: MessageType;
  /** Whether the sender will be told when it is safe. */
  promised?: boolean;
}

/** People who talk to each other in the middle of a server, without a wire. */
export class Talk {
  readonly clock = new FakeClock();
  readonly database: Database;
  readonly settings: { -readonly [K in keyof MessagingSettings]: MessagingSettings[K] } = {
    archive: 'all',
    maxWaiting: 1000,
  };
  hooks!: Hooks;
  homes!: Homes;
  #underWay = 0;
  #people: Map<string, { id: number; address: string; admin: boolean }>;

  /** @param people addresses of the accounts @param firstId key of the first one in the tables */
  constructor(database: Database, people: readonly string[], firstId = 1) {
    this.database = this.#counting(database);
    this.#people = new Map(people.map((address, i) => [address, { id: firstId + i, address, admin: false }]));
    this.crash();
  }

  /** What was in memory is lost, and the server starts again. */
  crash(): void {
    const { database, clock } = this;
    this.hooks = new Hooks((name, error) => {
      throw new Error(`a handler of ${name} failed`, { cause: error });
    });
    const find = async (address: string) => this.#people.get(address);
    this.homes = new Homes({ database, clock, hooks: this.hooks, log: silentLog(), find });
    startContacts(this.homes);
    startPresence(this.homes);
    startMessaging(this.homes, this.settings);
  }

  async home(address: string): Promise<Home> {
    const home = await this.homes.load(address);
    if (home === undefined) throw new Error(`there is no ${address}`);
    return home;
  }

  /** Resolves when it is on disk, where it has to be. @throws {Failure} what the sender is told */
  async say(words: Words): Promise<Delivery> {
    const delivery = await this.make(words);
    const commit = await submit(this.homes, delivery);
    try {
      await commit?.settled();
    } catch (error) {
      forget(delivery);
      throw error;
    }
    return delivery;
  }

  async make({ from, to, body, content, type = 'chat', promised = false }: Words): Promise<Delivery> {
    const [sender, receiver] = [end(from), end(to)];
    const inside = content ?? `<body>${body}</body>`;
    return new Delivery({
      element: parseElement(`<message from='${from}' to='${to}' type='${type}'>${inside}</message>`, NS),
      type,
      from: sender,
      to: receiver,
      at: this.clock.now(),
      sender: await this.homes.load(sender.address),
      promised,
    });
  }

  /** Lets what is under way come to its end. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      await turn();
      if (this.#underWay > 0) quiet = -1;
    }
  }

  /** Counts what the store is asked and has not answered. */
  #counting(database: Database): Database {
    const count = <T>(asked: Promise<T>): Promise<T> => {
      this.#underWay++;
      return asked.finally(() => this.#underWay--);
    };
    return {
      kind: database.kind,
      read: (...read) => count(database.read(...read)),
      readAll: (statements) => count(database.readAll(statements)),
      write: (...statements) => count(database.write(...statements)),
      append: (...row) => {
        const commit = database.append(...row);
        void count(commit.settled()).catch(() => undefined);
        return commit;
      },
      health: () => database.health(),
      onHealth: (listener) => database.onHealth(listener),
      close: () => database.close(),
    };
  }
}

function end(jid: string): { address: string; device: string } {
  const [address = '', device = ''] = jid.split('/');
  return { address, device };
}

/** A device that writes down what it is told. */
export class TalkDevice implements Device {
  readonly edge = 'sip';
  readonly wantsContacts = false;
  readonly home: Home;
  readonly id: string;
  publication: Publication | undefined;
  /** Whether it acknowledges what it is given at once. */
  acknowledges = true;
  readonly messages: Handover[] = [];

  constructor(home: Home, id: string) {
    this.home = home;
    this.id = id;
    home.addDevice(this);
  }

  get takesMessages(): boolean {
    return wantsMessages(this.publication);
  }

  /** @param priority undefined: it becomes unavailable */
  publish(priority: number | undefined): this {
    const before = this.publication;
    const at = this.home.homes.clock.now();
    this.publication =
      priority === undefined ? undefined : { device: this.id, availability: 'available', priority, notes: {}, at };
    publish(this, before);
    return this;
  }

  leave(): void {
    if (this.publication !== undefined) this.publish(undefined);
    this.home.removeDevice(this);
  }

  takeMessage(message: Handover): void {
    this.messages.push(message);
    if (this.acknowledges && message.archiveId !== 0) messageDelivered(this.home, message.archiveId);
  }

  /** The bodies of what it was given since it was asked last. */
  heard(): (string | undefined)[] {
    return this.messages.splice(0).map(({ text }) => parseElement(text, NS).childText('body'));
  }

  takePresence(): void {}

  takeNative(): boolean {
    return false;
  }

  end(): void {
    this.leave();
  }
}

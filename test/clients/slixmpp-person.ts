import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { until } from '../support/until.ts';
import { townAsJson } from './people.ts';

const TALK = join(import.meta.dirname, 'slixmpp/talk.py');

export interface Happening {
  /** When it was heard of. */
  at: number;
  saw: 'signed-in' | 'message' | 'presence' | 'history' | 'blocked' | 'unblocked' | 'settled';
  address?: string;
  sender?: string;
  body?: string;
  stanzaId?: string;
  delayed?: boolean;
  type?: string;
  status?: string;
  bodies?: string[];
}

export type Command =
  | { do: 'message'; to: string; body: string }
  | { do: 'presence'; to?: string; type?: string; show?: string; status?: string }
  | { do: 'history'; to: string }
  | { do: 'block' | 'unblock'; to: string }
  | { do: 'settle' };

/** Someone whose client is a script with slixmpp. */
export class SlixmppPerson {
  readonly address: string;
  #python: ChildProcessWithoutNullStreams;
  #happened: Happening[] = [];
  #complaints = '';

  private constructor(python: ChildProcessWithoutNullStreams, address: string) {
    this.address = address;
    this.#python = python;
    createInterface(python.stdout).on('line', (line) => this.#happened.push({ at: Date.now(), ...JSON.parse(line) }));
    python.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text));
  }

  /** Resolves when signed in, with the contact list asked for, and available. */
  static async signIn(town: ServerUnderTest, name: string, tls: 'starttls' | 'direct'): Promise<SlixmppPerson> {
    const python = spawn('/usr/bin/python3', [TALK, townAsJson(town), name, 'script', tls], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const person = new SlixmppPerson(python, `${name}@${town.domain}`);
    await person.expect('is signed in', ({ saw }) => saw === 'signed-in');
    return person;
  }

  command(command: Command): void {
    this.#python.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** The first happening that matches, past or still to come; it is not found again. */
  expect(what: string, matches: (happening: Happening) => boolean): Promise<Happening> {
    const look = (): Happening | undefined => {
      const index = this.#happened.findIndex(matches);
      return index < 0 ? undefined : this.#happened.splice(index, 1)[0];
    };
    const explain = () => `${this.#happened.map((one) => JSON.stringify(one)).join('\n')}\n${this.#complaints}`;
    return until(`${this.address} ${what}`, look, { explain });
  }

  /** Forgets what has happened. */
  forget(): void {
    this.#happened = [];
  }

  /** Whether something has happened that nobody expected yet. */
  has(matches: (happening: Happening) => boolean): boolean {
    return this.#happened.some(matches);
  }

  /** What came before was handled. */
  async settle(): Promise<void> {
    this.command({ do: 'settle' });
    await this.expect('is answered', ({ saw }) => saw === 'settled');
  }

  async signOut(): Promise<void> {
    if (this.#python.exitCode !== null) return;
    const gone = once(this.#python, 'exit');
    this.#python.stdin.end();
    const insist = setTimeout(() => this.#python.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(insist);
  }
}

/** With XMPP clients two people become each other's contacts (RFC 6121 §3), and leave. */
export async function befriend(town: ServerUnderTest, one: string, other: string): Promise<void> {
  const people = await Promise.all([one, other].map((name) => SlixmppPerson.signIn(town, name, 'starttls')));
  const [first, second] = people as [SlixmppPerson, SlixmppPerson];
  for (const [asks, answers] of [
    [first, second],
    [second, first],
  ] as const) {
    asks.command({ do: 'presence', to: answers.address, type: 'subscribe' });
    await answers.expect('is asked', ({ type, sender }) => type === 'subscribe' && sender === asks.address);
    answers.command({ do: 'presence', to: asks.address, type: 'subscribed' });
    await asks.expect('is granted it', ({ type, sender }) => type === 'subscribed' && sender === answers.address);
  }
  await Promise.all(people.map((person) => person.signOut()));
}

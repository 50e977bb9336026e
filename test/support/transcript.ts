import { type InProcess, startInProcess } from './in-process.ts';
import type { TestClient } from './test-client.ts';
import { SipActor } from './transcript-sip.ts';

/** A conversation with the server, as text: who takes part, then what happens, in order. */
export interface Transcript {
  /** From the comment at the top. */
  title: string;
  actors: Actor[];
  steps: Step[];
}

interface Actor {
  /** As the steps call it. */
  name: string;
  person: string;
  speaks: { protocol: 'xmpp'; resource: string } | { protocol: 'sip'; transport: 'udp' | 'tcp' | 'tls' };
}

interface Step {
  /** Counted from 1, for the message when it goes wrong. */
  line: number;
  text: string;
  /** What is indented below it: XML, or a message of SIP. */
  block: string;
}

const XMPP_ACTOR = /^\[xmpp\]\s+(?<name>\S+)\s+(?<person>[^@\s]+)@example\.test\/(?<resource>\S+)$/;
const SIP_ACTOR =
  /^\[sip\]\s+(?<name>\S+)\s+sip:(?<person>[^@\s]+)@example\.test(?:;transport=(?<transport>udp|tcp|tls))?$/;

/** @throws {Error} with the line that is not understood */
export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n');
  const ruler = lines.indexOf('---');
  if (ruler < 0) throw new Error('a transcript has a line --- between who takes part and what happens');
  const head = lines.slice(0, ruler).filter((line) => line.trim() !== '');
  const title = head.filter((line) => line.startsWith('#')).map((line) => line.slice(1).trim());
  const actors = head.filter((line) => !line.startsWith('#')).map(parseActor);
  const steps: Step[] = [];
  for (const [i, line] of lines.entries()) {
    if (i <= ruler || line.startsWith('#')) continue;
    if (/^\S/.test(line)) steps.push({ line: i + 1, text: line.trim(), block: '' });
    // Between the head and the body of a message of SIP there is an empty line.
    else if (steps.length > 0) steps.at(-1)!.block += `${line.trim()}\n`;
    else if (line.trim() === '') continue;
    else throw new Error(`line ${i + 1} belongs to nothing`);
  }
  return { title: title.join(' '), actors, steps };
}

function parseActor(line: string): Actor {
  const xmpp = XMPP_ACTOR.exec(line)?.groups;
  if (xmpp !== undefined) {
    return { name: xmpp.name!, person: xmpp.person!, speaks: { protocol: 'xmpp', resource: xmpp.resource! } };
  }
  const sip = SIP_ACTOR.exec(line)?.groups;
  if (sip === undefined) throw new Error(`not understood: ${line}`);
  const transport = (sip.transport ?? 'udp') as 'udp' | 'tcp' | 'tls';
  return { name: sip.name!, person: sip.person!, speaks: { protocol: 'sip', transport } };
}

/** Plays a transcript against a server of its own. @throws {Error} with the line that did not come true */
export async function playTranscript({ actors, steps }: Transcript): Promise<void> {
  const people = [...new Set(actors.map(({ person }) => person))];
  const server = await startInProcess({ people });
  const player = new Player(server, actors);
  try {
    for (const step of steps) {
      try {
        await player.play(step);
      } catch (error) {
        throw new Error(`line ${step.line}: ${step.text}: ${(error as Error).message}`, { cause: error });
      }
    }
  } finally {
    player.leave();
    await server.stop();
  }
}

/** What may stand in a step, and what it does. */
class Player {
  #server: InProcess;
  #actors: Map<string, Actor>;
  #clients = new Map<string, TestClient>();
  #sip = new Map<string, SipActor>();
  /** As long as the transcript lasts. */
  #sipBefore = new Map<string, SipActor>();
  #steps: [RegExp, (names: Record<string, string>, block: string) => unknown][] = [
    [/^(?<who>\w+) connects$/, ({ who }) => this.#connect(who!)],
    [/^(?<who>\w+) signs out$/, ({ who }) => this.#signOut(who!)],
    [/^(?<who>\w+) loses the connection$/, ({ who }) => this.#drop(who!)],
    [/^(?<who>\w+) and (?<other>\w+) see each other$/, ({ who, other }) => this.#befriend(who!, other!)],
    [
      /^(?<who>\w+) is an administrator$/,
      ({ who }) => this.#server.running.accounts.setAdmin(`${this.#actor(who!).person}@example.test`, true),
    ],
    [/^(?<who>\w+) sends:$/, ({ who }, block) => this.#speaker(who!).send(block)],
    [/^(?<who>\w+) receives:$/, ({ who }, block) => this.#speaker(who!).expect(block)],
    [/^(?<who>\w+) receives nothing more$/, ({ who }) => this.#speaker(who!).expectNothingMore()],
    // These are said by SIP alone.
    [/^(?<who>\w+) registers$/, ({ who }) => this.#sipActor(who!).register(3600)],
    [
      /^(?<who>\w+) subscribes to (?<other>\w+)'s (?<event>[\w.-]+)$/,
      ({ who, other, event }) => this.#sipActor(who!).subscribe(this.#uri(other!), event!, 3600),
    ],
    [
      /^(?<who>\w+) gives up (?<other>\w+)'s (?<event>[\w.-]+)$/,
      ({ who, other, event }) => this.#sipActor(who!).subscribe(this.#uri(other!), event!, 0),
    ],
    [/^the server restarts$/, () => this.#restart()],
  ];

  constructor(server: InProcess, actors: readonly Actor[]) {
    this.#server = server;
    this.#actors = new Map(actors.map((actor) => [actor.name, actor]));
  }

  async play({ text, block }: Step): Promise<void> {
    for (const [pattern, run] of this.#steps) {
      const match = pattern.exec(text);
      if (match !== null) return void (await run(match.groups ?? {}, block.trim()));
    }
    throw new Error('not understood');
  }

  leave(): void {
    for (const client of [...this.#clients.values(), ...this.#sip.values()]) client.drop();
    this.#clients.clear();
    this.#sip.clear();
  }

  async #connect(who: string): Promise<void> {
    const { person, speaks } = this.#actor(who);
    const { running, password, domain } = this.#server;
    if (speaks.protocol === 'xmpp') {
      this.#clients.set(who, await this.#server.signIn(person, speaks.resource));
      return;
    }
    const { transport } = speaks;
    const port = running.ports[transport === 'tls' ? 'sip-tls' : 'sip']!;
    const actor = await SipActor.open({ port, transport, person, password, domain }, this.#sipBefore.get(who));
    this.#sip.set(who, actor);
    this.#sipBefore.set(who, actor);
  }

  #signOut(who: string): Promise<void> {
    const speaker = this.#take(who);
    return speaker instanceof SipActor ? speaker.signOut() : speaker.close();
  }

  #drop(who: string): void {
    this.#take(who).drop();
  }

  async #restart(): Promise<void> {
    this.leave();
    await this.#server.restart();
  }

  #befriend(who: string, other: string): Promise<void> {
    return this.#server.befriend(this.#actor(who).person, this.#actor(other).person);
  }

  #actor(who: string): Actor {
    const actor = this.#actors.get(who);
    if (actor === undefined) throw new Error(`there is no ${who}`);
    return actor;
  }

  #uri(who: string): string {
    return `sip:${this.#actor(who).person}@example.test`;
  }

  #speaker(who: string): TestClient | SipActor {
    const { name } = this.#actor(who);
    const speaker = this.#clients.get(name) ?? this.#sip.get(name);
    if (speaker === undefined) throw new Error(`${who} is not connected`);
    return speaker;
  }

  #sipActor(who: string): SipActor {
    const speaker = this.#speaker(who);
    if (!(speaker instanceof SipActor)) throw new Error(`${who} does not speak SIP`);
    return speaker;
  }

  #take(who: string): TestClient | SipActor {
    const speaker = this.#speaker(who);
    this.#clients.delete(who);
    this.#sip.delete(who);
    return speaker;
  }
}

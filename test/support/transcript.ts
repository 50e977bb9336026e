import { type InProcess, startInProcess } from './in-process.ts';
import type { TestClient } from './test-client.ts';

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
  resource: string;
}

interface Step {
  /** Counted from 1, for the message when it goes wrong. */
  line: number;
  text: string;
  /** What is indented below it. */
  xml: string;
}

const ACTOR = /^\[xmpp\]\s+(?<name>\S+)\s+(?<person>[^@\s]+)@example\.test\/(?<resource>\S+)$/;

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
    if (i <= ruler || line.trim() === '' || line.startsWith('#')) continue;
    if (!/^\s/.test(line)) steps.push({ line: i + 1, text: line.trim(), xml: '' });
    else if (steps.length > 0) steps.at(-1)!.xml += `${line.trim()}\n`;
    else throw new Error(`line ${i + 1} belongs to nothing`);
  }
  return { title: title.join(' '), actors, steps };
}

function parseActor(line: string): Actor {
  const { name, person, resource } = ACTOR.exec(line)?.groups ?? {};
  if (name === undefined) throw new Error(`not understood: ${line}`);
  return { name, person: person!, resource: resource! };
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
  #steps: [RegExp, (names: Record<string, string>, xml: string) => unknown][] = [
    [/^(?<who>\w+) connects$/, ({ who }) => this.#connect(who!)],
    [/^(?<who>\w+) signs out$/, ({ who }) => this.#take(who!).close()],
    [/^(?<who>\w+) loses the connection$/, ({ who }) => this.#take(who!).drop()],
    [/^(?<who>\w+) and (?<other>\w+) see each other$/, ({ who, other }) => this.#befriend(who!, other!)],
    [/^(?<who>\w+) sends:$/, ({ who }, xml) => this.#client(who!).send(xml)],
    [/^(?<who>\w+) receives:$/, ({ who }, xml) => this.#client(who!).expect(xml)],
    [/^(?<who>\w+) receives nothing more$/, ({ who }) => this.#client(who!).expectNothingMore()],
    [/^the server restarts$/, () => this.#restart()],
  ];

  constructor(server: InProcess, actors: readonly Actor[]) {
    this.#server = server;
    this.#actors = new Map(actors.map((actor) => [actor.name, actor]));
  }

  async play({ text, xml }: Step): Promise<void> {
    for (const [pattern, run] of this.#steps) {
      const match = pattern.exec(text);
      if (match !== null) return void (await run(match.groups ?? {}, xml.trim()));
    }
    throw new Error('not understood');
  }

  leave(): void {
    for (const client of this.#clients.values()) client.drop();
  }

  async #connect(who: string): Promise<void> {
    const { person, resource } = this.#actor(who);
    this.#clients.set(who, await this.#server.signIn(person, resource));
  }

  async #restart(): Promise<void> {
    this.leave();
    this.#clients.clear();
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

  #client(who: string): TestClient {
    const client = this.#clients.get(this.#actor(who).name);
    if (client === undefined) throw new Error(`${who} is not connected`);
    return client;
  }

  #take(who: string): TestClient {
    const client = this.#client(who);
    this.#clients.delete(who);
    return client;
  }
}

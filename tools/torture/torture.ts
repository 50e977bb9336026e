import { setTimeout as pause } from 'node:timers/promises';
import { type ServerUnderTest, startServer } from '../../test/support/server-under-test.ts';
import { until } from '../../test/support/until.ts';
import { Ledger, type Report } from './ledger.ts';
import { Random } from './random.ts';
import { SipTalker } from './sip-talker.ts';
import { Talker, type Talking } from './talker.ts';

const DOMAIN = 'example.test';
const PASSWORD = 'wherefore art thou';
/** The longest time between readiness and the next kill. */
const LONGEST_LIFE_MS = 2_500;
/** One kill in so many hits a server that is still starting. */
const KILL_WHILE_STARTING_ONE_IN = 8;
const BURST_EVERY_MS = 25;
/** In each life of the server, this part of the clients loses its connection on the way. */
const DROPPING = 0.4;
const CALM_MS = 45_000;
/** Of each five users. */
const SPEAK_SIP = [undefined, 'tcp', undefined, undefined, 'udp'] as const;

export interface TortureOptions {
  kills: number;
  seed: number;
  users?: number;
  /** Of all users together. */
  messagesPerSecond?: number;
  /** A folder to keep; a temporary one otherwise. */
  dataDir?: string;
  /** Ends the kills early; what was sent by then is judged. */
  signal?: AbortSignal;
  /** Told before and after each kill. */
  progress?: (progress: Progress) => void;
}

export type Progress = { phase: 'killing' | 'judging'; kill: number; kills: number } & Omit<Report, 'lost'>;

export interface TortureReport extends Report {
  server: string;
  seed: number;
  kills: number;
  sessions: number;
  resumptions: number;
  seconds: number;
}

/**
 * Kills a server under load again and again, and judges by the ledger whether it kept its promise.
 * @throws {Error} when the server cannot be started at all, or no longer starts after a kill
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const { kills, seed, users = 5, dataDir, progress, signal } = options;
  const startedAt = Date.now();
  const random = new Random(seed);
  const ledger = new Ledger();
  const people = Array.from({ length: users }, (_, i) => ({ name: `user${i + 1}`, password: PASSWORD }));
  const server = await startServer({ domain: DOMAIN, users: people, ...(dataDir === undefined ? {} : { dataDir }) });
  let killed = 0;
  const talkers = people.map((user, i): Talking => {
    const own = { server, user, ledger, random: new Random(seed + i + 1) };
    const sip = server.ports.sip === 0 ? undefined : SPEAK_SIP[i % 5];
    if (sip !== undefined) return new SipTalker({ ...own, transport: sip });
    return new Talker({ ...own, tls: i % 2 === 0 ? 'starttls' : 'direct' });
  });
  const tell = (phase: Progress['phase']) => progress?.({ phase, kill: killed, kills, ...ledger.counts() });
  try {
    for (const talker of talkers) talker.start();
    await everyoneIsIn(server, talkers);
    const load = setInterval(() => burst(talkers, options, random), BURST_EVERY_MS);
    try {
      while (killed < kills && !signal?.aborted) {
        tell('killing');
        await oneLife(server, talkers, random);
        killed++;
      }
    } finally {
      clearInterval(load);
    }
    tell('judging');
    await judge(server, talkers, ledger);
  } finally {
    await Promise.all(talkers.map((talker) => talker.stop()));
    await server.stop();
  }
  const sum = (count: (talker: Talking) => number) => talkers.reduce((total, talker) => total + count(talker), 0);
  return {
    server: server.name,
    seed,
    kills: killed,
    ...ledger.report(),
    sessions: sum((talker) => talker.sessions),
    resumptions: sum((talker) => talker.resumptions),
    seconds: (Date.now() - startedAt) / 1000,
  };
}

/** Lets the server live for a while, during which some clients lose their connection; kills it; starts it again. */
async function oneLife(server: ServerUnderTest, talkers: Talking[], random: Random): Promise<void> {
  const lifeMs = random.between(0, LONGEST_LIFE_MS);
  const drops = talkers
    .filter(() => random.next() < DROPPING)
    .map((talker) => setTimeout(() => talker.drop(), random.between(0, lifeMs)));
  await pause(lifeMs);
  for (const drop of drops) clearTimeout(drop);
  await server.kill9();
  while (random.between(1, KILL_WHILE_STARTING_ONE_IN) === 1) {
    const starting = server.restart().catch(() => {});
    await Promise.race([starting, pause(random.between(0, 500))]);
    await server.kill9();
    await starting;
  }
  await server.restart();
}

function burst(talkers: Talking[], { messagesPerSecond = 300 }: TortureOptions, random: Random): void {
  const perTalker = (messagesPerSecond * BURST_EVERY_MS) / 1000 / talkers.length;
  for (const talker of talkers) {
    // Seldom and much at once, so that a kill finds much under way.
    if (random.next() > 0.2) continue;
    const others = talkers.filter((other) => other !== talker).map((other) => other.address);
    talker.say(random.between(0, Math.ceil(perTalker * 10)), others);
  }
}

/** After the last kill: quiet, a fresh session for everyone, and a look into every archive. */
async function judge(server: ServerUnderTest, talkers: Talking[], ledger: Ledger): Promise<void> {
  await everyoneIsIn(server, talkers);
  const asking = setInterval(() => {
    for (const talker of talkers) talker.askAgain();
  }, 250);
  const calm = await isSoon(() => talkers.every((talker) => talker.connected && talker.underWay === 0));
  clearInterval(asking);
  if (!calm) ledger.violation(`within ${CALM_MS} ms of quiet the server did not acknowledge all that it got`);
  await Promise.all(talkers.map((talker) => talker.stop()));
  for (const talker of talkers) talker.start();
  await everyoneIsIn(server, talkers);
  await isSoon(() => ledger.missing() === 0);
  for (const talker of talkers) await readArchive(talker, ledger);
  if (ledger.counts().acknowledged === 0) ledger.violation('nothing was acknowledged, so nothing was tested');
}

async function readArchive(talker: Talking, ledger: Ledger): Promise<void> {
  try {
    ledger.archived(talker.address, await talker.archive());
  } catch (error) {
    ledger.violation(`the archive of ${talker.address} cannot be read: ${(error as Error).message}`);
  }
}

async function everyoneIsIn(server: ServerUnderTest, talkers: Talking[]): Promise<void> {
  const troubles = () =>
    talkers.filter(({ connected }) => !connected).map(({ address, trouble }) => `${address}: ${trouble}`);
  const explain = () => `${troubles().join('\n')}\n${server.output}`;
  await until('everyone is signed in', () => talkers.every(({ connected }) => connected), { explain });
}

async function isSoon(condition: () => boolean): Promise<boolean> {
  return until('calm', condition, { withinMs: CALM_MS }).catch(() => false);
}

/** One presentity and its watchers: what a subscription costs, and what each notification of a change does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addUsage, type Usage, UsageMeter } from '../../lib/procfs.ts';
import { Endpoint } from '../lib/endpoint.ts';
import type { Options } from '../lib/options.ts';
import { Publisher } from '../lib/publisher.ts';
import { userName } from '../lib/users-file.ts';
import { type Change, Watchers } from '../lib/watchers.ts';
import { type Load, microsFor, Problems, quantile, resultOf, within } from './load.ts';

/** For what is under way to arrive. */
const PATIENCE_MS = 20_000;
/** This part of the publications goes before the timed ones, so that both sides are warm. */
const WARM_UP = 0.2;
/** So many subscriptions begin and end before one is timed, so quickly. */
const WARM_UP_SUBSCRIPTIONS = 8000;
const WARM_UP_RATE = 2000;

export const fanout: Load = async (options) => {
  const { watchers: count, watchersPerSocket, rate } = options;
  const problems = new Problems();
  const sockets = Math.ceil(count / watchersPerSocket);
  const note = (problem: string): void => problems.add(problem);
  const own = await Endpoint.open(options.host, options.port, (request) => note(`not asked for: ${request.startLine}`));
  const publisher = new Publisher(own, userName(0), options.domain, options.password);
  await publisher.publish();

  // The same people once before: a server that has just started knows nobody, and its code is not yet compiled.
  const early = await Watchers.open(options, sockets, note);
  const first = await subscribe(options, early, publisher.presentity, problems);
  await end(early, problems);
  for (let done = count; done < WARM_UP_SUBSCRIPTIONS; done += count) {
    const more = await Watchers.open({ ...options, rate: WARM_UP_RATE }, sockets, note);
    await subscribe(options, more, publisher.presentity, problems);
    await end(more, problems);
  }
  const watchers = await Watchers.open(options, sockets, note);
  const subscribing = await subscribe(options, watchers, publisher.presentity, problems);
  const published = await publishAll(options, watchers, publisher);
  const { usage, deliveries, spansMs } = published;
  if (published.lost > 0) problems.add(`${published.lost} notifications never came`);

  await end(watchers, problems);
  await publisher.remove();
  if (watchers.doubled > 0) problems.add(`${watchers.doubled} notifications told nothing new`);
  if (watchers.resent > 0) problems.add(`${watchers.resent} notifications came again`);
  const requestsResent = watchers.requestsResent + own.resent;
  if (requestsResent > 0) problems.add(`${requestsResent} requests had to be sent again`);
  own.close();
  const latencies = watchers.subscribeMs.sort((a, b) => a - b);
  spansMs.sort((a, b) => a - b);
  return resultOf(options, {
    variant: `${count} watchers`,
    parameters: { watchers: count, publishes: options.publishes, 'SUBSCRIBE/s': rate },
    metrics: {
      'server CPU us/SUBSCRIBE': microsFor(subscribing, count),
      'server CPU us/SUBSCRIBE, just started': microsFor(first, count),
      'SUBSCRIBE p50 ms': quantile(latencies, 0.5),
      'SUBSCRIBE p95 ms': quantile(latencies, 0.95),
      'server CPU us/NOTIFY': microsFor(usage, deliveries),
      'NOTIFY/s': deliveries / (usage.wallMs / 1000),
      'PUBLISH to last NOTIFY p50 ms': quantile(spansMs, 0.5),
      'PUBLISH to last NOTIFY p95 ms': quantile(spansMs, 0.95),
    },
    usage: addUsage(subscribing, usage),
    failures: problems.failures,
    checks: {
      subscriptions: watchers.ended,
      notifications: deliveries,
      doubled: watchers.doubled,
      resent: watchers.resent + requestsResent,
    },
  });
};

async function end(watchers: Watchers, problems: Problems): Promise<void> {
  await watchers.unsubscribe();
  await within(PATIENCE_MS, () => watchers.ended === watchers.count);
  if (watchers.ended !== watchers.count)
    problems.add(`${watchers.count - watchers.ended} subscriptions had no last NOTIFY`);
  watchers.close();
}

/** Challenge, SUBSCRIBE and first NOTIFY of each watcher. */
async function subscribe(options: Options, watchers: Watchers, presentity: string, problems: Problems): Promise<Usage> {
  const { watchers: count, serverPids } = options;
  const meter = new UsageMeter(serverPids);
  meter.start();
  await watchers.subscribe(1, count, [presentity]);
  await within(PATIENCE_MS, () => watchers.notifiedOnce === count);
  const usage = meter.stop();
  if (watchers.notifiedOnce !== count) problems.add(`${count - watchers.notifiedOnce} watchers had no first NOTIFY`);
  if (watchers.informed !== count)
    problems.add(`${count - watchers.informed} first NOTIFYs had not the published state`);
  return usage;
}

interface Published {
  usage: Usage;
  deliveries: number;
  lost: number;
  /** From each PUBLISH to its last notification. */
  spansMs: number[];
}

/** Closed loop: the next PUBLISH when all have the last. Open loop: each when it is due. */
async function publishAll(options: Options, watchers: Watchers, publisher: Publisher): Promise<Published> {
  const { watchers: count, publishes, intervalMs, serverPids } = options;
  for (let i = 0; i < publishes * WARM_UP; i++) {
    const { all } = watchers.expect(publisher.nextToken, count);
    await publisher.publish();
    await Promise.race([all, sleep(PATIENCE_MS)]);
  }
  const meter = new UsageMeter(serverPids);
  const changes: Change[] = [];
  const spansMs: number[] = [];
  meter.start();
  const startedAt = performance.now();
  for (let i = 0; i < publishes; i++) {
    const change = watchers.expect(publisher.nextToken, count);
    changes.push(change);
    const publishedAt = performance.now();
    void change.all.then(() => spansMs.push(change.lastAt - publishedAt));
    await publisher.publish();
    if (intervalMs === 0) await Promise.race([change.all, sleep(PATIENCE_MS, undefined, { ref: false })]);
    else await sleep(Math.max(0, startedAt + (i + 1) * intervalMs - performance.now()));
    if (intervalMs === 0 && change.missing > 0) break;
  }
  await within(PATIENCE_MS, () => changes.every(({ missing }) => missing === 0));
  const usage = meter.stop();
  const lost = changes.reduce((sum, { missing }) => sum + missing, 0) + (publishes - changes.length) * count;
  return { usage, deliveries: count * publishes - lost, lost, spansMs };
}

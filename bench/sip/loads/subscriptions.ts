/** Very many subscriptions on one server: what each keeps in memory, and how long one change takes to all who watch. */
import { droppedDatagrams, memoryOf, UsageMeter } from '../../lib/procfs.ts';
import type { Endpoint } from '../lib/endpoint.ts';
import { longestDelayMs } from '../lib/event-loop.ts';
import type { Options } from '../lib/options.ts';
import { Publisher } from '../lib/publisher.ts';
import { userName } from '../lib/users-file.ts';
import { Watchers } from '../lib/watchers.ts';
import { type Load, microsFor, Problems, quantile, resultOf, within } from './load.ts';

const PATIENCE_MS = 60_000;
const SOCKETS = 20;

export const subscriptions: Load = async (options) => {
  const { presentities, watchers: perPresentity, serverPids, metrics } = options;
  const expected = presentities * perPresentity;
  const problems = new Problems();
  const watchers = await Watchers.open(options, SOCKETS + 1, (text) => problems.add(text));
  const own = watchers.endpoints.shift() as Endpoint;
  const publishers = Array.from(
    { length: presentities },
    (_, i) => new Publisher(own, userName(i), options.domain, options.password),
  );
  for (const publisher of publishers) await publisher.publish();

  const droppedBefore = droppedDatagrams();
  const memoryBefore = memoryOf(serverPids);
  await longestDelayMs(metrics);
  const meter = new UsageMeter(serverPids);
  meter.start();
  await watchers.subscribe(
    presentities,
    perPresentity,
    publishers.map(({ presentity }) => presentity),
  );
  await within(PATIENCE_MS, () => watchers.notifiedOnce === expected);
  const usage = meter.stop();
  const delaySubscribing = await longestDelayMs(metrics);
  const memory = memoryOf(serverPids);
  if (watchers.informed !== expected) problems.add(`${expected - watchers.informed} of ${expected} had no state`);

  const early = watchers.resent;
  const fan = await publishInTurn(options, watchers, publishers, problems);
  const delayNotifying = await longestDelayMs(metrics);
  const memoryAfter = memoryOf(serverPids);
  if (watchers.resent + watchers.requestsResent > 0)
    problems.add(
      `${early} first notifications, ${watchers.resent - early} later ones and ${watchers.requestsResent} requests were ` +
        `sent again; the system dropped ${droppedDatagrams() - droppedBefore} datagrams`,
    );
  watchers.close();
  own.close();
  return resultOf(options, {
    variant: `${presentities} x ${perPresentity}`,
    parameters: { presentities, 'watchers each': perPresentity, 'SUBSCRIBE/s offered': options.rate },
    metrics: {
      'RSS KiB/subscription': (memory.rssKiB - memoryBefore.rssKiB) / expected,
      'RSS MiB before': memoryBefore.rssKiB / 1024,
      'RSS MiB with all': memory.rssKiB / 1024,
      'RSS MiB after the changes': memoryAfter.rssKiB / 1024,
      'server CPU us/SUBSCRIBE': microsFor(usage, expected),
      'SUBSCRIBE/s': expected / (usage.wallMs / 1000),
      'server CPU us/NOTIFY': fan.cpuMicros,
      'PUBLISH to last NOTIFY p50 ms': quantile(fan.spansMs, 0.5),
      'PUBLISH to last NOTIFY max ms': fan.spansMs.at(-1) ?? Number.NaN,
      ...(metrics === ''
        ? {}
        : {
            'longest event loop delay ms, subscribing': delaySubscribing,
            'longest event loop delay ms, notifying': delayNotifying,
          }),
    },
    usage,
    failures: problems.failures,
    checks: { subscriptions: watchers.informed, notifications: fan.deliveries, doubled: watchers.doubled },
  });
};

async function publishInTurn(
  { watchers: perPresentity, publishes, serverPids }: Options,
  watchers: Watchers,
  publishers: readonly Publisher[],
  problems: Problems,
): Promise<{ spansMs: number[]; deliveries: number; cpuMicros: number }> {
  const spansMs: number[] = [];
  let deliveries = 0;
  const meter = new UsageMeter(serverPids);
  meter.start();
  for (let i = 0; i < publishes; i++) {
    const publisher = publishers[i % publishers.length] as Publisher;
    const change = watchers.expect(publisher.nextToken, perPresentity);
    const publishedAt = performance.now();
    await publisher.publish();
    await within(PATIENCE_MS, () => change.missing === 0);
    deliveries += perPresentity - change.missing;
    if (change.missing > 0) problems.add(`${change.missing} of ${perPresentity} notifications never came`);
    else spansMs.push(change.lastAt - publishedAt);
  }
  const usage = meter.stop();
  return { spansMs: spansMs.sort((a, b) => a - b), deliveries, cpuMicros: microsFor(usage, deliveries) };
}

/** Figures by the names that administrators know from the counters of Cisco's service, and by our own. */
import { z } from 'zod';
import { Failure } from '#base/failure.ts';
import { command } from './command.ts';
import { operationsOf } from './operations-of.ts';

/** Under this object every figure of `/metrics` is found by its own name. */
export const OWN_OBJECT = 'Rollcall';

/** Their counters that have a meaning here, and the figure that each is. */
export const COUNTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Cisco XCP CM': { CmConnectedSockets: 'rollcall_xmpp_connections' },
  'Cisco Presence Engine': {
    ActiveJsmSessions: 'rollcall_xmpp_sessions',
    ActiveSubscriptions: 'rollcall_sip_subscriptions',
    NotifiesSent: 'rollcall_sip_notifies_total',
  },
};

const value = z.object({ object: z.string(), counter: z.string(), figure: z.string(), value: z.number() });

export type CounterValue = z.infer<typeof value>;

export const figureQuery = command({
  name: 'figure.query',
  help: `The value of a counter by the object and the name that administrators know; under "${OWN_OBJECT}" by our own.`,
  role: 'monitor',
  changes: false,
  input: z.strictObject({
    object: z.string().max(200).describe('"Cisco XCP CM"'),
    counter: z.string().max(200).optional().describe('left out: all of the object'),
  }),
  output: z.array(value),
  async run(context, { object, counter }): Promise<CounterValue[]> {
    const text = await operationsOf(context).metrics.text();
    const counters = object === OWN_OBJECT ? ownCounters(text) : COUNTERS[object];
    if (counters === undefined || !(Object.hasOwn(COUNTERS, object) || object === OWN_OBJECT)) {
      const known = [...Object.keys(COUNTERS), OWN_OBJECT].map((name) => `"${name}"`).join(', ');
      throw new Failure('not-found', `there is no object "${object}" here; there are ${known}`);
    }
    const names = counter === undefined ? Object.keys(counters) : [counter];
    return names.map((name) => {
      const figure = Object.hasOwn(counters, name) ? counters[name]! : undefined;
      const found = figure === undefined ? undefined : sumOf(text, figure);
      if (figure === undefined || found === undefined) {
        throw new Failure(
          'not-found',
          `"${object}" has no counter "${name}" here; it has ${Object.keys(counters).join(', ')}`,
        );
      }
      return { object, counter: name, figure, value: found };
    });
  },
});

export const figureObjects = command({
  name: 'figure.objects',
  help: 'The objects that counters are under, with their counters.',
  role: 'monitor',
  changes: false,
  input: z.strictObject({}),
  output: z.array(z.object({ object: z.string(), counters: z.array(z.string()) })),
  async run(context) {
    const own = Object.keys(ownCounters(await operationsOf(context).metrics.text()));
    const theirs = Object.entries(COUNTERS).map(([object, of]) => ({ object, counters: Object.keys(of) }));
    return [...theirs, { object: OWN_OBJECT, counters: own }];
  },
});

/** Names in the text format of Prometheus; histograms have no one value. */
function ownCounters(text: string): Record<string, string> {
  const names = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge)$/gm)].map(([, name]) => name!);
  return Object.fromEntries(names.map((name) => [name, name]));
}

/** Over all values of its label. @returns undefined where the server does not count it just now */
function sumOf(text: string, figure: string): number | undefined {
  if (!text.includes(`# TYPE ${figure} `)) return undefined;
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(figure) || !/^[{ ]/.test(line.slice(figure.length))) continue;
    sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

/** The command line of the load tool. */
import { parseArgs } from 'node:util';

export interface Options {
  load: string;
  label: string;
  host: string;
  port: number;
  domain: string;
  /** User names are user0, user1, ...; all have the same password. */
  users: number;
  password: string;
  serverPids: number[];
  /** Calls or SUBSCRIBE requests a second. */
  rate: number;
  seconds: number;
  /** Looks for the highest clean rate, from `rate` upwards. */
  highest: boolean;
  watchers: number;
  presentities: number;
  publishes: number;
  /** Between two PUBLISH requests; 0: the next when all have the last. */
  intervalMs: number;
  watchersPerSocket: number;
  /** Where the server shows its figures; empty for none. */
  metrics: string;
  json: string | undefined;
}

export const USAGE = `usage: node bench.ts LOAD [options]

loads
  register       REGISTER with a challenge
  publish        four PUBLISH requests a call, each challenged: initial, refresh, modify, remove
  message        MESSAGE with a challenge, passed on to a registered user agent
  fanout         watchers subscribe, one presentity publishes, every watcher is notified
  subscriptions  many subscriptions at once: memory of each, time to notify the watchers of one presentity

target
  --host H --port P --domain D     (127.0.0.1, 5060, bench.test)
  --users N                        user0, user1, ... up to N (10000)
  --password P                     of all of them (secret)
  --server-pids N,N,...            measured with all their descendants
  --label TEXT                     the server's name in tables
  --metrics URL                    subscriptions: where a server shows the delays of its event loop

load
  --rate R --seconds S             calls offered a second, and for how long (500, 5)
  --highest                        from --rate upwards to the highest rate at which all goes well
  --watchers K                     of each presentity (500)
  --presentities N                 subscriptions (10)
  --publishes N                    in all (40)
  --interval MS                    fanout: between PUBLISH requests, whatever comes back; 0: when all have the last (0)
  --per-socket N                   watchers that share a socket (20)

  --json FILE                      also write the result there
`;

export function parseOptions(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '5060' },
      domain: { type: 'string', default: 'bench.test' },
      users: { type: 'string', default: '10000' },
      password: { type: 'string', default: 'secret' },
      'server-pids': { type: 'string', default: '' },
      label: { type: 'string', default: 'server' },
      metrics: { type: 'string', default: '' },
      rate: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '5' },
      highest: { type: 'boolean', default: false },
      watchers: { type: 'string', default: '500' },
      presentities: { type: 'string', default: '10' },
      publishes: { type: 'string', default: '40' },
      interval: { type: 'string', default: '0' },
      'per-socket': { type: 'string', default: '20' },
      json: { type: 'string' },
    },
  });
  const [load] = positionals;
  if (positionals.length !== 1 || load === undefined) throw new Error('name one load');
  const pids = values['server-pids'].split(',').filter((text) => text !== '');
  return {
    load,
    label: values.label,
    host: values.host,
    port: number('port', values.port),
    domain: values.domain,
    users: number('users', values.users),
    password: values.password,
    serverPids: pids.map((text) => number('server-pids', text)),
    rate: number('rate', values.rate),
    seconds: number('seconds', values.seconds),
    highest: values.highest,
    watchers: number('watchers', values.watchers),
    presentities: number('presentities', values.presentities),
    publishes: number('publishes', values.publishes),
    intervalMs: number('interval', values.interval),
    watchersPerSocket: number('per-socket', values['per-socket']),
    metrics: values.metrics,
    json: values.json,
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text}: not a number`);
  return value;
}

/** The command line. */
import { parseArgs } from 'node:util';
import type { Target } from './client.ts';
import type { TlsMode } from './connection.ts';

export interface Options {
  scenario: string;
  label: string;
  /** Added to the name of the variant. */
  note: string;
  target: Target;
  serverPids: number[];
  users: number;
  /** Log-ins under way at once. */
  concurrency: number;
  warmupMs: number;
  durationMs: number;
  /** Stanzas that each sender has under way at once (closed loop). */
  window: number;
  /** Messages that wait for each user who is away. */
  stored: number;
  /** Stanzas a second in all (open loop); 0 for the closed loop. */
  rate: number;
  /** Senders that are active; 0 for all. */
  senders: number;
  bodyBytes: number;
  contacts: number;
  occupants: number;
  mucDomain: string;
  settleMs: number;
  holdMs: number;
  json: string | undefined;
}

export const USAGE = `usage: node bench.ts SCENARIO [options]

scenarios
  register   create the users by in-band registration (XEP-0077), where the server allows it
  login      users log in: sessions/s and server CPU for each log-in
  idle       sessions sit online: memory for each session
  message    pairs of users chat: messages/s, CPU for each message, latency
  archive    as message; then checks in the message archive (XEP-0313) that it kept them
  acked      stream management (XEP-0198), archive on: time until a message is acknowledged
  offline    messages wait for users who are away: stored, then delivered
  contacts   only make the contacts that presence needs
  presence   users change presence to their contacts: deliveries/s, CPU for each delivery
  muc        group chat in one room: deliveries/s, CPU for each delivery

target
  --host H --port P --domain D     (127.0.0.1, 5222, localhost)
  --tls none|starttls|direct       (none)
  --auth auto|scram|plain|NAME     (auto: SCRAM-SHA-1, else the best other that is offered)
  --user-prefix P                  user names are P0, P1, ... (bench)
  --password PATTERN               %u stands for the user name (pw-%u)
  --server-pids N,N,...            measured with all their descendants
  --label TEXT                     the server's name in tables
  --note TEXT                      tells this run's variant apart in tables

load
  --users N          (login 1000, idle 5000, message, archive, acked and offline 200, contacts and presence 102, register 5000)
  --concurrency N    log-ins under way at once (32)
  --warmup S --duration S          (3, 10)
  --window N         closed loop: stanzas under way for each sender (1)
  --rate N           open loop: stanzas a second in all, whatever comes back
  --stored N         offline: messages for each user who is away (50)
  --senders N        presence, muc: only the first N users send (all)
  --body-bytes N     (100)
  --contacts K       presence: mutual contacts of each user (50)
  --occupants M      muc (50)
  --muc-domain D     (conference.DOMAIN)
  --settle S --hold S              idle: before and while measuring (5, 10)

  --json FILE        also write the results there
`;

const DEFAULT_USERS: Record<string, number> = {
  register: 5000,
  login: 1000,
  idle: 5000,
  message: 200,
  archive: 200,
  acked: 200,
  offline: 200,
  contacts: 102,
  presence: 102,
};

export function parseOptions(argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '5222' },
      domain: { type: 'string', default: 'localhost' },
      tls: { type: 'string', default: 'none' },
      auth: { type: 'string', default: 'auto' },
      'user-prefix': { type: 'string', default: 'bench' },
      password: { type: 'string', default: 'pw-%u' },
      'server-pids': { type: 'string', default: '' },
      label: { type: 'string', default: 'server' },
      note: { type: 'string', default: '' },
      users: { type: 'string' },
      concurrency: { type: 'string', default: '32' },
      warmup: { type: 'string', default: '3' },
      duration: { type: 'string', default: '10' },
      window: { type: 'string', default: '1' },
      rate: { type: 'string', default: '0' },
      stored: { type: 'string', default: '50' },
      senders: { type: 'string', default: '0' },
      'body-bytes': { type: 'string', default: '100' },
      contacts: { type: 'string', default: '50' },
      occupants: { type: 'string', default: '50' },
      'muc-domain': { type: 'string' },
      settle: { type: 'string', default: '5' },
      hold: { type: 'string', default: '10' },
      json: { type: 'string' },
    },
  });
  const scenario = positionals[0];
  if (positionals.length !== 1 || scenario === undefined) throw new Error('name one scenario');
  const tls = values.tls;
  if (tls !== 'none' && tls !== 'starttls' && tls !== 'direct')
    throw new Error(`--tls ${tls}: none, starttls or direct`);
  const target: Target = {
    host: values.host,
    port: number('port', values.port),
    domain: values.domain,
    tls: tls satisfies TlsMode,
    auth: values.auth,
    userPrefix: values['user-prefix'],
    passwordPattern: values.password,
  };
  const pids = values['server-pids'].split(',').filter((text) => text !== '');
  return {
    scenario,
    label: values.label,
    note: values.note,
    target,
    serverPids: pids.map((text) => number('server-pids', text)),
    users: values.users === undefined ? (DEFAULT_USERS[scenario] ?? 0) : number('users', values.users),
    concurrency: number('concurrency', values.concurrency),
    warmupMs: number('warmup', values.warmup) * 1000,
    durationMs: number('duration', values.duration) * 1000,
    window: number('window', values.window),
    rate: number('rate', values.rate),
    stored: number('stored', values.stored),
    senders: number('senders', values.senders),
    bodyBytes: number('body-bytes', values['body-bytes']),
    contacts: number('contacts', values.contacts),
    occupants: number('occupants', values.occupants),
    mucDomain: values['muc-domain'] ?? `conference.${values.domain}`,
    settleMs: number('settle', values.settle) * 1000,
    holdMs: number('hold', values.hold) * 1000,
    json: values.json,
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text}: not a number`);
  return value;
}

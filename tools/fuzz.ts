/**
 * npm run fuzz: feeds every codec, and a whole server, with what nobody should send, and looks for what must not happen.
 * Exit codes: 0 nothing found; 1 faults found; 2 the tool was called wrongly.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { codecs } from './fuzz/codecs.ts';
import { type Fault, Fuzzer } from './fuzz/fuzzer.ts';
import { fuzzServer, type ServerFuzzReport } from './fuzz/server.ts';
import { fuzzSipServer, type SipServerFuzzReport } from './fuzz/server-sip.ts';

const SERVER = 'server';
const SIP_SERVER = 'sip-server';
const NAMES = [...codecs.map(({ name }) => name), SERVER, SIP_SERVER];
const HELP = `npm run fuzz -- [options]

Feeds each codec with inputs made by its grammar, and with inputs changed in some places; those that bring something new
are kept and changed further. What is written must be read back the same, what comes byte by byte must read as at once,
and any bytes at all must be taken or refused in the one right way, in bounded time and memory. Then clients of a whole
server say mostly right things in any order, XMPP first, SIP after that: it must answer, lose nothing and live.

  --minutes N     how long in all (1); parts of a minute as 0.2
  --seed S        plays the same inputs again (random)
  --only NAME     one of them, or several with commas: ${NAMES.join(', ')}
  --json          the report as one JSON object
  --help

A fault is told with its seed and the smallest input found, and leaves that input in test/vectors/fuzz, where npm test
tries it again from then on.
`;
const VECTORS = join(import.meta.dirname, '..', 'test', 'vectors', 'fuzz');
/** Faults of one codec after which it is left alone. */
const MAX_FAULTS = 5;
/** A whole server gets this part of the time, for each protocol. */
const SERVER_SHARE = 0.2;

interface Options {
  minutes: number;
  seed: number;
  only: readonly string[];
  json: boolean;
}

process.exitCode = await main();

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = read(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnpm run fuzz -- --help tells what there is.\n`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const { minutes, seed, only, json } = options;
  const chosen = codecs.filter(({ name }) => only.includes(name));
  const servers = [SERVER, SIP_SERVER].filter((name) => only.includes(name)).length;
  const share = chosen.length === 0 ? 1 / Math.max(1, servers) : SERVER_SHARE;
  const serverMs = minutes * 60_000 * share;
  const faults: Fault[] = [];
  const done = fuzzCodecs(
    chosen.map((codec) => new Fuzzer(codec, seed)),
    minutes * 60_000 - servers * serverMs,
    faults,
  );
  const server = only.includes(SERVER) ? await fuzzServer({ seed, forMs: serverMs }) : undefined;
  const sipServer = only.includes(SIP_SERVER) ? await fuzzSipServer({ seed, forMs: serverMs }) : undefined;
  const vectors = faults.map(keep);
  const report = { seed, codecs: done, server, sipServer, faults, vectors };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : text(report));
  return faults.length + serverFaults(report).length > 0 ? 1 : 0;
}

function read(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      only: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only?.flatMap((names) => names.split(',')) ?? NAMES;
  const wrong = only.find((name) => !NAMES.includes(name));
  if (wrong !== undefined) throw new Error(`There is no ${wrong}; there are ${NAMES.join(', ')}.`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes is a number above 0.');
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed is a whole number.');
  return { minutes, seed, only, json: values.json };
}

/** In turns, so that each codec gets the same time however slow it is. */
function fuzzCodecs(fuzzers: Fuzzer[], forMs: number, faults: Fault[]) {
  const until = Date.now() + forMs;
  let busy = [...fuzzers];
  while (busy.length > 0 && Date.now() < until) {
    for (const fuzzer of busy) {
      const turnUntil = Math.min(until, Date.now() + 50);
      while (Date.now() < turnUntil) {
        const fault = fuzzer.step();
        if (fault === undefined || faults.some(({ input, codec }) => input === fault.input && codec === fault.codec))
          continue;
        faults.push(fault);
      }
    }
    busy = busy.filter(({ codec }) => faults.filter((fault) => fault.codec === codec.name).length < MAX_FAULTS);
  }
  return fuzzers.map(({ codec, inputs, kinds }) => ({ codec: codec.name, inputs, kinds }));
}

function serverFaults(report: { server: ServerFuzzReport | undefined; sipServer: SipServerFuzzReport | undefined }) {
  return [...(report.server?.faults ?? []), ...(report.sipServer?.faults ?? [])];
}

/** @returns where the vector is */
function keep({ codec, input, error, seed }: Fault): string {
  mkdirSync(VECTORS, { recursive: true });
  const name = createHash('sha256').update(input).digest('hex').slice(0, 8);
  const file = join(VECTORS, `${codec}.${name}.json`);
  const note = `found by the fuzzer with seed ${seed}: ${error.split('\n')[0]}`;
  writeFileSync(file, `${JSON.stringify({ note, codec, input }, undefined, 2)}\n`);
  return file;
}

function text({
  seed,
  codecs: done,
  server,
  sipServer,
  faults,
  vectors,
}: {
  seed: number;
  codecs: ReturnType<typeof fuzzCodecs>;
  server: ServerFuzzReport | undefined;
  sipServer: SipServerFuzzReport | undefined;
  faults: Fault[];
  vectors: string[];
}): string {
  const lines = [`seed ${seed}`];
  for (const { codec, inputs, kinds } of done) lines.push(`${codec}: ${inputs} inputs, ${kinds} kinds of outcome`);
  if (server)
    lines.push(`server: ${server.stanzas} stanzas, ${server.messages} messages sent, ${server.errors} errors answered`);
  if (sipServer) {
    const answers = Object.entries(sipServer.answers).map(([kind, count]) => `${count} ${kind}`);
    lines.push(
      `sip-server: ${sipServer.requests} requests, ${sipServer.messages} messages sent, answered ${answers.join(', ')}`,
    );
  }
  const ofServers = serverFaults({ server, sipServer });
  for (const fault of ofServers) lines.push(`\nFAULT of the server: ${fault}`);
  for (const [i, { codec, input, error }] of faults.entries()) {
    const bytes = Buffer.from(input, 'base64');
    lines.push(
      `\nFAULT of ${codec}: ${error}`,
      `input: ${JSON.stringify(bytes.toString('utf8').slice(0, 500))}`,
      `kept in ${vectors[i]}`,
    );
  }
  lines.push(faults.length + ofServers.length === 0 ? 'No fault was found.' : '');
  return `${lines.join('\n')}\n`;
}

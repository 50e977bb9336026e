import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import {
  headerOf,
  type RawSip,
  rawTcp,
  rawTls,
  rawUdp,
  reasonOf,
  request,
  statusOf,
} from '../../test/support/raw-sip.ts';
import { SipClient } from '../../test/support/sip-client.ts';
import { until } from '../../test/support/until.ts';
import { Random } from '../torture/random.ts';
import { RequestMaker, type Sender } from './requests.ts';
import type { ServerFuzzOptions } from './server.ts';

export interface SipServerFuzzReport {
  requests: number;
  /** Messages that had to arrive, and to be in both archives. */
  messages: number;
  /** Answers, by the first digit of their status. */
  answers: Record<string, number>;
  faults: string[];
}

const AT_A_TIME = 40;
/** What a run may leave in memory: bindings, publications, subscriptions and archives are limited. */
const MAX_GROWN_BYTES = 100 << 20;
const OPENERS = { UDP: rawUdp, TCP: rawTcp, TLS: rawTls } as const;
/** What a client says to what it is asked; '' for nothing. */
const REPLIES = [
  '200 OK',
  '200 OK',
  '180 Ringing',
  '202 Accepted',
  '404 Not Found',
  '481 Gone',
  '486 Busy',
  '503 No',
  '',
];

/** A client that says anything, and connects again where it has to. */
interface Fuzzing {
  readonly sender: Sender;
  raw: RawSip;
}

/**
 * Clients over UDP, TCP and TLS say mostly right things in any order, and wrong ones, to a server in this process, half of
 * it with the right password. Beside them one sends messages to another that must arrive once each and be in both
 * archives. The server must answer to the end, without an error in its log, and in bounded memory.
 */
export async function fuzzSipServer({ seed, forMs }: ServerFuzzOptions): Promise<SipServerFuzzReport> {
  const random = new Random(seed ^ 0x51b);
  const report: SipServerFuzzReport = { requests: 0, messages: 0, answers: {}, faults: [] };
  const server = await startInProcess({
    people: ['romeo', 'nurse', 'friar', 'juliet'],
    // Nothing leaves this machine.
    settings: { 'sip.rfc-3261-16.toOtherDomains': false },
  });
  await server.befriend('romeo', 'nurse', 'juliet');
  const juliet = await server.signIn('juliet');
  await juliet.becomeAvailable();
  const friar = await SipClient.open({ port: server.running.ports.sip!, person: 'friar', password: server.password });
  const clients: Fuzzing[] = [];
  for (const transport of ['UDP', 'TCP', 'TLS'] as const) {
    for (const person of ['romeo', 'nurse']) clients.push(await open(server, transport, person));
  }
  const maker = new RequestMaker(random);
  const deadline = Date.now() + forMs;
  let before = 0;
  try {
    while (Date.now() < deadline && report.faults.length === 0) {
      const said: string[] = [];
      for (let i = 0; i < AT_A_TIME; i++) {
        const client = random.pick(clients);
        if (client.raw.isClosed) await reconnect(server, client);
        const text = maker.next(client.sender);
        said.push(text);
        client.raw.send(text);
        report.requests++;
      }
      const body = `ledger-${report.messages++}`;
      const told = await friar.message('sip:juliet@example.test', body);
      if (told.status !== 200) report.faults.push(`${body} was answered ${told.start}`);
      await juliet.expect((stanza) => stanza.childText('body') === body);
      const again = (await juliet.rest()).filter((stanza) => stanza.childText('body')?.startsWith('ledger-'));
      if (again.length > 0) report.faults.push(`${body}: a message came twice`);
      for (const client of clients) await hear(client, random, report, said);
      before ||= heapBytes();
    }
    if (heapBytes() - before > MAX_GROWN_BYTES)
      report.faults.push(`it has grown by ${(heapBytes() - before) >> 20} MB`);
    const archived = await ledgerIn(server);
    if (archived !== 2 * report.messages)
      report.faults.push(`${archived} rows of ${report.messages} messages are archived`);
  } catch (error) {
    report.faults.push(`a client was lost or not answered: ${(error as Error).message.slice(0, 2000)}`);
  }
  for (const line of server.errors.splice(0)) report.faults.push(`the log has an error: ${line}`);
  for (const { raw } of clients) raw.close();
  friar.close();
  juliet.drop();
  await server.stop();
  return report;
}

async function open(server: InProcess, transport: Sender['transport'], person: string): Promise<Fuzzing> {
  const raw = await OPENERS[transport](server);
  const { password } = server;
  return { raw, sender: { person, password, transport, localPort: raw.localPort, nonce: '', count: 0 } };
}

async function reconnect(server: InProcess, client: Fuzzing): Promise<void> {
  client.raw = await OPENERS[client.sender.transport](server);
  client.sender.localPort = client.raw.localPort;
}

/** Waits for an answer to a question of its own, looks at all that has come by then, and says something to what was asked. */
async function hear(
  client: Fuzzing,
  random: Random,
  report: SipServerFuzzReport,
  said: readonly string[],
): Promise<void> {
  const { raw, sender } = client;
  const callId = `alive-${report.requests}`;
  raw.send(request('OPTIONS', { raw, transport: sender.transport, callId }));
  // On a stream it may become part of what was not ended before.
  const isAlive = () => raw.isClosed || raw.came.some((text) => headerOf(text, 'call-id') === callId);
  const answered = await until('it answers', isAlive, {
    withinMs: sender.transport === 'UDP' ? 10_000 : 100,
    everyMs: 1,
  }).catch(() => false);
  if (!answered && sender.transport === 'UDP') throw new Error(`over UDP, after: ${said.join('\n')}`);
  if (!answered) raw.close();
  for (const text of raw.came.splice(0)) {
    const status = statusOf(text);
    if (status === 0) answer(raw, text, random.pick(REPLIES));
    else judge(text, status, report, said);
    if (status === 401 || status === 407) learn(sender, text);
  }
}

function judge(text: string, status: number, report: SipServerFuzzReport, said: readonly string[]): void {
  const kind = `${String(status)[0]}xx`;
  report.answers[kind] = (report.answers[kind] ?? 0) + 1;
  if (reasonOf(text).includes('the log has more')) report.faults.push(`${text}\nafter: ${said.join('\n')}`);
}

function learn(sender: Sender, challenge: string): void {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1];
  if (nonce === undefined) return;
  sender.nonce = nonce;
  sender.count = 0;
}

function answer(raw: RawSip, text: string, status: string): void {
  if (status === '' || text.startsWith('ACK ')) return;
  const echoed = text.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq|record-route):/i.test(line));
  raw.send(`SIP/2.0 ${[status, ...echoed].join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
}

async function ledgerIn(server: InProcess): Promise<number> {
  const { database } = server.running.node.homes;
  const [row] = await database.read("select count(*) as count from archive where stanza like '%<body>ledger-%'", []);
  return Number(row!.count);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Certificates } from '#base/certificates.ts';
import { Failure } from '#base/failure.ts';
import { Settings } from '#base/loaded-settings.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { type KeyAndCertificate, selfSigned } from '#setup/self-signed.ts';
import type { Flow } from '#sip/transport/flow.ts';
import type { Resolver } from '#sip/transport/resolver.ts';
import { sipLimits, sipListeners } from '#sip/transport/settings.ts';
import { Transports } from '#sip/transport/transports.ts';
import type { Malformed } from '#sip/wire/malformed.ts';
import type { SipRequest, SipResponse } from '#sip/wire/message.ts';
import { FakeClock } from './fake-clock.ts';
import { freeOffset } from './free-ports.ts';

export interface Arrival {
  readonly message?: SipRequest | SipResponse;
  readonly malformed?: Malformed;
  readonly flow: Flow;
  readonly bytes?: number;
}

export interface TransportsUnderTest {
  readonly transports: Transports;
  readonly clock: FakeClock;
  readonly metrics: Metrics;
  /** Where it listens. */
  readonly port: number;
  readonly tlsPort: number;
  readonly certificate: KeyAndCertificate;
  /** For files that settings name. */
  readonly folder: string;
  /** What has come, in order; awaits what has not. */
  next(): Promise<Arrival>;
  /** What has come and was not asked for. */
  readonly waiting: readonly Arrival[];
  /** Called as a message comes, before `next` tells of it. */
  onArrival: (arrival: Arrival) => void;
}

/** The transports of a server on free ports of the loopback; stopped when the test is over. */
export async function startTransports(
  t: TestContext,
  {
    overrides = {},
    resolver,
    files = {},
    domain = 'example.test',
  }: {
    overrides?: Record<string, unknown>;
    resolver?: Resolver;
    /** Put into the folder; a setting that is `FOLDER/name` names one of them. */
    files?: Record<string, string>;
    domain?: string;
  } = {},
): Promise<TransportsUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'sip-'));
  const certificate = selfSigned([domain], Date.now());
  mkdirSync(join(folder, domain));
  writeFileSync(join(folder, domain, 'key.pem'), certificate.key);
  writeFileSync(join(folder, domain, 'certificate.pem'), certificate.certificate);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const certificates = new Certificates(folder, [domain], { clientCertificates: '', tlsGroups: 'X25519' }, silentLog());
  const settings = Settings.load({ groups: [sipListeners, sipLimits], overrides: inFolder(overrides, folder) });
  const clock = new FakeClock(Date.now());
  const metrics = new Metrics();
  const arrived: Arrival[] = [];
  const asked: ((arrival: Arrival) => void)[] = [];
  const test = { onArrival: (_arrival: Arrival): void => {} };
  const take = (arrival: Arrival): void => {
    test.onArrival(arrival);
    const ask = asked.shift();
    if (ask === undefined) arrived.push(arrival);
    else ask(arrival);
  };
  const transports = new Transports({
    settings: { listeners: settings.of(sipListeners), limits: settings.of(sipLimits) },
    certificates,
    log: silentLog(),
    metrics,
    clock,
    ...(resolver !== undefined && { resolver }),
    onMessage: (message, flow) => take({ message, flow }),
    onMalformed: (malformed, flow, bytes) => take({ malformed, flow, bytes }),
  });
  t.after(async () => {
    const stopped = transports.stop();
    // Who does not close in its turn is not waited for.
    clock.advance(5000);
    await stopped;
    certificates.close();
    rmSync(folder, { recursive: true });
  });
  await listen(transports);
  const next = (): Promise<Arrival> => {
    const arrival = arrived.shift();
    return arrival === undefined ? new Promise((resolve) => asked.push(resolve)) : Promise.resolve(arrival);
  };
  return Object.assign(test, {
    transports,
    clock,
    metrics,
    port: transports.ports.sip!,
    tlsPort: transports.ports['sip-tls']!,
    certificate,
    folder,
    next,
    waiting: arrived,
  });
}

/** Somebody may take a port between the question and the answer. */
async function listen(transports: Transports): Promise<void> {
  for (let left = 5; ; left--) {
    try {
      await transports.listen(await freeOffset([5060, 5061]));
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof Failure && error.kind === 'conflict')) throw error;
    }
  }
}

function inFolder(overrides: Record<string, unknown>, folder: string): Record<string, unknown> {
  const replace = (value: unknown): unknown =>
    typeof value === 'string' ? value.replace('FOLDER', () => folder) : value;
  return Object.fromEntries(Object.entries(overrides).map(([key, value]) => [key, replace(value)]));
}

/** A request as a client sends it. */
export function optionsRequest({
  transport = 'UDP',
  callId = 'a84b4c76e66710',
  via = '127.0.0.1:5070;branch=z9hG4bK776asdhds;rport',
  body = '',
  pad = 0,
}: {
  transport?: string;
  callId?: string;
  via?: string;
  body?: string;
  pad?: number;
} = {}): string {
  return (
    'OPTIONS sip:example.test SIP/2.0\r\n' +
    `Via: SIP/2.0/${transport} ${via}\r\n` +
    'Max-Forwards: 70\r\n' +
    'From: <sip:juliet@example.test>;tag=1928301774\r\n' +
    'To: <sip:example.test>\r\n' +
    `Call-ID: ${callId}\r\n` +
    'CSeq: 63104 OPTIONS\r\n' +
    (pad > 0 ? `Subject: ${'x'.repeat(pad)}\r\n` : '') +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

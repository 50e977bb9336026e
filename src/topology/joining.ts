/**
 * The publisher's side of joining: who proves the security password, is in the topology and of the same release is given a
 * certificate. All that is told to somebody who has proved nothing yet is that it did not work.
 */
import { randomBytes } from 'node:crypto';
import type { Throttle } from '#accounts/throttle.ts';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import type { Authority } from './authority.ts';
import type { JoinChannel } from './join-channel.ts';
import {
  answeredTranscript,
  type Hello,
  NONCE_BYTES,
  PROTOCOL,
  type PublisherMessage,
  readSubscriberMessage,
  type Said,
  type SubscriberMessage,
  transcript,
} from './join-messages.ts';
import { checkNodeName } from './names.ts';
import { parseRelease, sameWholeRelease } from './release.ts';
import { isSame, prove, type SecurityKey, type SecurityPassword } from './security-password.ts';
import type { Topology, TopologyNode } from './topology.ts';

/** A node that asks to join, and the IP address that it asks from. */
export interface Applicant {
  readonly node: string;
  readonly address: string;
}

/** What is put on record of a node that joins. */
export interface JoinRecord {
  /** It may go on when this resolves. @returns what to name when it has ended */
  begin(applicant: Applicant): Promise<number>;
  end(applicant: Applicant, begun: number, outcome: 'done' | 'failed', detail: string): Promise<void>;
  refuse(applicant: Applicant, detail: string): Promise<void>;
}

export interface JoinServices {
  topology: Topology;
  password: SecurityPassword;
  authority: Authority;
  /** Of this node, whole: `9.0.1.10100-1`. */
  release: string;
  clock: Clock;
  log: Log;
  throttle: Throttle;
  record: JoinRecord;
  /** Whether this machine's clock is right, by its NTP servers; `why` is a sentence. */
  clockInSync(): { ok: boolean; why: string };
}

type RefusalKind = Extract<PublisherMessage, { type: 'refused' }>['kind'];
const TELLABLE: readonly Failure['kind'][] = [
  'malformed',
  'not-found',
  'not-acceptable',
  'forbidden',
  'over-limit',
  'unavailable',
] satisfies RefusalKind[];

/** Serves one connection to its end. Does not throw. */
export async function serveNode(channel: JoinChannel, services: JoinServices): Promise<void> {
  let node = '';
  try {
    const hello = expect('hello', readSubscriberMessage(await channel.next()));
    node = checkNodeName(hello.node);
    if (hello.protocol !== PROTOCOL)
      throw new Failure('not-acceptable', 'the publisher is of another release; install the same one on all nodes');
    if (hello.purpose === 'join') await join(channel, { ...hello, node }, services);
    else await renew(channel, { ...hello, node }, services);
  } catch (error) {
    await refuse(channel, node, error, services);
  } finally {
    channel.close();
  }
}

async function join(channel: JoinChannel, hello: Hello, services: JoinServices): Promise<void> {
  const proof = await proven(channel, hello, services);
  const publisher = await admitted(hello, services);
  const applicant = { node: hello.node, address: channel.address };
  const begun = await services.record.begin(applicant);
  try {
    const { release } = services;
    channel.send({ type: 'welcome', proof: proof.toString('base64'), publisher: publisher.name, release });
    const fingerprint = await certify(channel, hello, services);
    await confirmed(channel, hello.node, fingerprint, services);
    await services.record.end(applicant, begun, 'done', '');
    services.log.info({ node: hello.node, peer: channel.address }, 'a node has joined');
  } catch (error) {
    const reason = (error as Error).message;
    await services.record.end(applicant, begun, 'failed', reason);
    throw new BrokenOff(error, reason);
  }
}

/** It is on record already. */
class BrokenOff extends Failure {
  constructor(cause: unknown, reason: string) {
    super(cause instanceof Failure ? cause.kind : 'unavailable', reason, { cause });
  }
}

/** The node says that the certificate is on its disk. */
async function confirmed(
  channel: JoinChannel,
  node: string,
  fingerprint: string,
  { topology }: JoinServices,
): Promise<void> {
  expect('installed', readSubscriberMessage(await channel.next()));
  await topology.installed(node, fingerprint);
  channel.send({ type: 'done' });
}

/** Challenges the node. @returns the publisher's own proof, for a node that has proved the security password */
async function proven(channel: JoinChannel, hello: Hello, services: JoinServices): Promise<Buffer> {
  const { throttle, password } = services;
  const who = `node ${hello.node}`;
  const mayTry = () => {
    const attempt = throttle.attempt(who, channel.address);
    if (attempt.allowed) return;
    const seconds = Math.ceil(attempt.retryAfterMs / 1000);
    throw new Failure('over-limit', `the security password was wrong too often; try again in ${seconds} s`);
  };
  mayTry();
  const key = await password.key();
  if (key === undefined) {
    throw new Failure(
      'unavailable',
      'the publisher has no security password yet; set one there with "rollcall topology security-password"',
    );
  }
  const said = challenge(channel, hello, key);
  const { proof } = expect('proof', readSubscriberMessage(await channel.next()));
  // Of many attempts that were begun at once only as many as are allowed learn whether they were right.
  mayTry();
  const given = Buffer.from(proof, 'base64');
  if (!isSame(given, prove('subscriber', key, transcript(said)))) {
    throttle.failed(who, channel.address);
    throw new Failure(
      'forbidden',
      'security password mismatch: what was proved is not the security password of this cluster, or not on this ' +
        'connection; give the one that the publisher was given, and let no proxy end TLS between the two',
    );
  }
  throttle.succeeded(who, channel.address);
  return prove('publisher', key, answeredTranscript(said, given));
}

function challenge(channel: JoinChannel, hello: Hello, { salt }: SecurityKey): Said {
  const message = {
    type: 'challenge',
    nonce: randomBytes(NONCE_BYTES).toString('base64'),
    salt: Buffer.from(salt).toString('base64'),
  } as const;
  channel.send(message);
  return { hello, challenge: message, exporter: channel.exporter() };
}

/** @returns the publisher @throws {Failure} for a node that may not join now */
async function admitted(hello: Hello, services: JoinServices): Promise<TopologyNode> {
  const { nodes } = await services.topology.show();
  const node = nodes.find(({ name }) => name === hello.node);
  if (node?.role !== 'subscriber') throw notListed(hello.node);
  checkRelease(hello.release, services.release);
  const { ok, why } = services.clockInSync();
  if (!ok) {
    throw new Failure(
      'unavailable',
      `the clock of the publisher is not in sync: ${why}; put it right ("rollcall utils ntp status" there), then install this node`,
    );
  }
  return nodes.find(({ role }) => role === 'publisher')!;
}

function notListed(node: string): Failure {
  return new Failure(
    'not-found',
    `${node} is not in the system topology; enter it on the publisher first, with "rollcall topology add-node ${node}"`,
  );
}

function checkRelease(theirs: string, ours: string): void {
  const { match, why } = sameWholeRelease(parseRelease(theirs), parseRelease(ours));
  if (match) return;
  throw new Failure(
    'not-acceptable',
    `all nodes of a cluster are of one release, and ${why}; install ${ours} on this node`,
  );
}

/** @returns the fingerprint of the certificate */
async function certify(channel: JoinChannel, { node, release }: Hello, services: JoinServices): Promise<string> {
  const { authority, topology, clock } = services;
  const { request } = expect('request', readSubscriberMessage(await channel.next()));
  const { certificate, fingerprint, endsAt } = await authority.issue(request, node, clock.now());
  const { address } = channel;
  await topology.certified(node, { release, address, nextCertificate: fingerprint, certificateEndsAt: endsAt });
  channel.send({ type: 'certificate', certificate, authority: authority.certificate });
  return fingerprint;
}

/** A node that shows the certificate which it was given last is given a new one. */
async function renew(channel: JoinChannel, hello: Hello, services: JoinServices): Promise<void> {
  const { nodes } = await services.topology.show();
  const node = nodes.find(({ name }) => name === hello.node);
  if (node?.role !== 'subscriber') throw notListed(hello.node);
  const shown = channel.provenCertificate;
  if (shown === undefined || ![node.certificate, node.nextCertificate].includes(shown)) {
    throw new Failure(
      'forbidden',
      `${hello.node} has not shown a certificate that it was given last; install it again with the security password`,
    );
  }
  // What it shows it holds, whether or not its confirmation has come through.
  if (shown === node.nextCertificate) await services.topology.installed(node.name, shown);
  checkRelease(hello.release, services.release);
  const { release, log } = services;
  const publisher = nodes.find(({ role }) => role === 'publisher')!;
  channel.send({ type: 'welcome', publisher: publisher.name, release });
  const fingerprint = await certify(channel, hello, services);
  await confirmed(channel, hello.node, fingerprint, services);
  log.info({ node: hello.node, peer: channel.address }, 'a node has a new certificate');
}

function expect<T extends SubscriberMessage['type']>(
  type: T,
  message: SubscriberMessage,
): Extract<SubscriberMessage, { type: T }> {
  if (message.type === type) return message as Extract<SubscriberMessage, { type: T }>;
  throw new Failure('malformed', `the node said ${message.type} where ${type} was to be said`);
}

async function refuse(channel: JoinChannel, node: string, error: unknown, services: JoinServices): Promise<void> {
  const { log, record } = services;
  const peer = channel.address;
  const isMistake = !((error instanceof BrokenOff ? error.cause : error) instanceof Failure);
  if (isMistake) log.error({ err: error, node, peer }, 'a node could not be served');
  const kind = error instanceof Failure && TELLABLE.includes(error.kind) ? (error.kind as RefusalKind) : 'unavailable';
  const message = !isMistake
    ? (error as Failure).message
    : 'something went wrong on the publisher; its log says what, then try again';
  channel.send({ type: 'refused', kind, message: message.slice(0, 2000) });
  log.warn({ node, peer, reason: message }, 'a node was refused');
  if (node !== '' && !(error instanceof BrokenOff)) await record.refuse({ node, address: peer }, message);
}

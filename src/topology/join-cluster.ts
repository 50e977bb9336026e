/** The subscriber's side of joining, and of renewing its certificate. What broke off may be done again from its beginning. */
import { randomBytes } from 'node:crypto';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { certificateRequest, checkIssued } from './authority.ts';
import { AUTHORITY, type ClusterFiles, NODE_CERTIFICATE, NODE_KEY } from './cluster-files.ts';
import { JoinChannel } from './join-channel.ts';
import {
  answeredTranscript,
  type Hello,
  NONCE_BYTES,
  PROTOCOL,
  type PublisherMessage,
  readPublisherMessage,
  type Said,
  transcript,
} from './join-messages.ts';
import { deriveSecurityKey, isSame, prove } from './security-password.ts';

export interface Publisher {
  readonly host: string;
  readonly port: number;
}

export interface OwnNode {
  /** As it is entered in the topology. */
  readonly name: string;
  /** Whole: `9.0.1.10100-1`. */
  readonly release: string;
  readonly files: ClusterFiles;
  readonly clock: Clock;
}

export interface Membership {
  /** The name of the publisher. */
  readonly publisher: string;
  /** Epoch milliseconds. */
  readonly certificateEndsAt: number;
}

const CONNECT_MS = 10_000;

/**
 * Proves the security password to the publisher, has it proved by it, and takes the certificate of this node.
 * @throws {Failure} with what the publisher refuses it for; 'unavailable' when it cannot be reached
 */
export async function joinCluster(publisher: Publisher, node: OwnNode, password: string): Promise<Membership> {
  // Whose certificate it is, nobody can say yet: the proof is bound to this one connection instead.
  const channel = await open(publisher, { rejectUnauthorized: false });
  try {
    const hello = helloOf(node, 'join');
    channel.send(hello);
    const challenge = expect('challenge', await heard(channel));
    const said: Said = { hello, challenge, exporter: channel.exporter() };
    const key = await deriveSecurityKey(password, Buffer.from(challenge.salt, 'base64'));
    const proof = prove('subscriber', key, transcript(said));
    channel.send({ type: 'proof', proof: proof.toString('base64') });
    const welcome = expect('welcome', await heard(channel));
    const theirs = Buffer.from(welcome.proof ?? '', 'base64');
    if (!isSame(theirs, prove('publisher', key, answeredTranscript(said, proof)))) {
      throw new Failure(
        'forbidden',
        `${publisher.host} does not know the security password, so it is not the publisher of this cluster; nothing was ` +
          'taken from it. Correct the host name, and see who answers there',
      );
    }
    return await takeCertificate(channel, node, welcome.publisher);
  } finally {
    channel.close();
  }
}

/**
 * Has the certificate of this node renewed by the publisher that gave it.
 * @param name of the publisher, as `joinCluster` gave it
 * @throws {Failure} as above; 'not-found' where this node has no certificate
 */
export async function renewCertificate(publisher: Publisher, name: string, node: OwnNode): Promise<Membership> {
  const [key, cert, ca] = [NODE_KEY, NODE_CERTIFICATE, AUTHORITY].map((file) => node.files.read(file));
  if (key === undefined || cert === undefined || ca === undefined)
    throw new Failure('not-found', 'this node has not joined a cluster; install it with "rollcall install"');
  const channel = await open(publisher, { key, cert, ca, servername: name });
  try {
    channel.send(helloOf(node, 'renew'));
    const welcome = expect('welcome', await heard(channel));
    return await takeCertificate(channel, node, welcome.publisher);
  } finally {
    channel.close();
  }
}

function helloOf({ name, release }: OwnNode, purpose: Hello['purpose']): Hello {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  return { type: 'hello', protocol: PROTOCOL, purpose, node: name, release, nonce };
}

async function takeCertificate(channel: JoinChannel, node: OwnNode, publisher: string): Promise<Membership> {
  const { files, clock, name } = node;
  channel.send({ type: 'request', request: await certificateRequest(files, name) });
  const given = expect('certificate', await heard(channel));
  const { endsAt } = await checkIssued(given, files, clock.now());
  files.replace(AUTHORITY, given.authority);
  files.replace(NODE_CERTIFICATE, given.certificate);
  channel.send({ type: 'installed' });
  expect('done', await heard(channel));
  return { publisher, certificateEndsAt: endsAt };
}

/** @throws {Failure} what the publisher refuses it for */
async function heard(channel: JoinChannel): Promise<PublisherMessage> {
  const message = readPublisherMessage(await channel.next());
  if (message.type === 'refused') throw new Failure(message.kind, message.message);
  return message;
}

function expect<T extends PublisherMessage['type']>(
  type: T,
  message: PublisherMessage,
): Extract<PublisherMessage, { type: T }> {
  if (message.type === type) return message as Extract<PublisherMessage, { type: T }>;
  throw new Failure(
    'malformed',
    `the publisher said ${message.type} where ${type} was to be said; are both of one release?`,
  );
}

function open({ host, port }: Publisher, options: ConnectionOptions): Promise<JoinChannel> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host, port, minVersion: 'TLSv1.3', ...options });
    const give = (error: Error) => {
      socket.destroy();
      reject(unreachable(error, host, port));
    };
    socket.setTimeout(CONNECT_MS, () => give(new Error(`nothing came within ${CONNECT_MS / 1000} s`)));
    socket.once('error', give);
    socket.once('secureConnect', () => {
      socket.removeAllListeners('timeout').off('error', give);
      resolve(new JoinChannel(socket));
    });
  });
}

function unreachable(error: Error, host: string, port: number): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  const place = `${host} port ${port}`;
  const causes: Record<string, string> = {
    ENOTFOUND: `the name ${host} is not known; correct it, or the DNS server, or give the IP address`,
    ECONNREFUSED:
      `nothing listens on ${place}; on the publisher, enter this node in the topology ("rollcall topology add-node"), ` +
      'set the security password, and see that it runs',
  };
  if (/CERT|ISSUER|SIGNATURE|ALTNAME/.test(code ?? '')) {
    return new Failure(
      'unavailable',
      `${place} shows no certificate of this cluster that is good now (${message}); see who answers there, and that both clocks are right`,
      { cause: error },
    );
  }
  const text =
    causes[code ?? ''] ?? `${place} cannot be reached: ${message}; see that it runs, and that no firewall is between`;
  return new Failure('unavailable', text, { cause: error });
}

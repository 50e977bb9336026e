/**
 * What is looked at before a node is installed, in this order, for answers from a person and from a file alike. Nothing is
 * changed; each finding that is not well has its cause and its cure, and the first that fails ends it.
 */
import { Failure } from '#base/failure.ts';
import type { Finding } from './checks.ts';
import type { CallManagerAnswers, PublisherAnswers, SubscriberAnswers } from './install-answers.ts';

/** A Unified CM, reached by AXL. */
export interface InstallCallManager {
  /** @throws {Failure} 'forbidden' which tells an unknown user from one without the role */
  version(): Promise<string>;
  processNodes(): Promise<readonly { readonly name: string; readonly isPublisher: boolean }[]>;
  close(): void;
}

/** What a server shows when TLS is spoken with it. */
export interface ShownCertificate {
  /** SHA-256, in pairs of hexadecimal digits with colons. */
  readonly fingerprint: string;
  /** Whether an authority that this machine trusts vouches for it, and why not. */
  readonly isTrusted: boolean;
  readonly why: string;
}

export interface TimeVerdict {
  readonly isAccepted: boolean;
  readonly cause: string;
  readonly cure: string;
  readonly warnings: readonly string[];
  /** Servers to take the time from. */
  readonly use: readonly string[];
}

/** All that an installation asks of what is around it. */
export interface InstallWorld {
  /** IP addresses of a name. @throws when there are none */
  resolve(host: string): Promise<string[]>;
  /** @throws {Failure} when nothing answers there, or not with TLS */
  certificate(host: string, port: number): Promise<ShownCertificate>;
  callManager(answers: CallManagerAnswers): InstallCallManager;
  /** Compares this server, in this line of releases, with the version of a Unified CM. @throws {Failure} */
  compareReleases(line: string, callManager: string): { match: boolean; why: string };
  /** @param callManagers names and addresses of the Unified CM publisher */
  judgeTime(servers: readonly string[], callManagers: readonly string[]): Promise<TimeVerdict>;
}

const ok = (what: string, message: string): Finding => ({ what, state: 'ok', message });
const warning = (what: string, message: string, cure: string): Finding => ({ what, state: 'warning', message, cure });
const failed = (what: string, message: string, cure: string): Finding => ({ what, state: 'failed', message, cure });

/** One look at the answers, and at what they name. */
export type Check<A> = (answers: A, world: InstallWorld) => Promise<Finding[]>;

const NAME = 'Unified CM publisher';
const RELEASE = 'releases';

/** Whether its name is known, and something with TLS answers there. */
export async function checkReach(
  { host, address, port, fingerprint }: CallManagerAnswers,
  world: InstallWorld,
): Promise<Finding[]> {
  const known = await world.resolve(host).catch((): string[] => []);
  if (known.length === 0 && address === undefined) {
    return [
      failed(
        NAME,
        `the name ${host} is not known in DNS`,
        'Correct the name, or the DNS server of this machine; without DNS give its IP address as well (address).',
      ),
    ];
  }
  const findings =
    address !== undefined && known.length > 0 && !known.includes(address)
      ? [
          warning(
            NAME,
            `DNS knows ${host} as ${known.join(', ')}, and not as ${address}, which is used`,
            'Leave the address out where there is DNS.',
          ),
        ]
      : [ok(NAME, `${host} is ${address ?? known.join(', ')}`)];
  let shown: ShownCertificate;
  try {
    shown = await world.certificate(address ?? host, port);
  } catch (error) {
    const cure = `See that Unified CM runs, that the port (${port}) is right, and that no firewall is between.`;
    return [...findings, failed('AXL', `${host} port ${port} does not answer: ${(error as Error).message}`, cure)];
  }
  return [...findings, checkTrust(host, shown, fingerprint)];
}

function checkTrust(
  host: string,
  { fingerprint, isTrusted, why }: ShownCertificate,
  pinned: string | undefined,
): Finding {
  const what = 'certificate of Unified CM';
  if (pinned !== undefined) {
    if (bare(pinned) === bare(fingerprint)) return ok(what, `it is the one that was given: ${fingerprint}`);
    return failed(
      what,
      `it is another than the one that was given: ${fingerprint}`,
      'Compare it with the one that Cisco Unified OS Administration > Security > Certificate Management shows for tomcat; ' +
        'if they are the same, give that fingerprint, else somebody stands between.',
    );
  }
  if (isTrusted) return ok(what, `an authority that this machine trusts vouches for ${host}: ${fingerprint}`);
  return failed(
    what,
    `nobody vouches for it (${why}); its SHA-256 fingerprint is ${fingerprint}`,
    'Compare it with the one that Cisco Unified OS Administration > Security > Certificate Management shows for tomcat; ' +
      'if they are the same, give it as fingerprint.',
  );
}

function bare(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

/** Whether the user may use AXL, the host is the publisher, and the releases match. */
export async function checkCallManager(
  answers: CallManagerAnswers,
  releaseLine: string,
  world: InstallWorld,
): Promise<Finding[]> {
  const manager = world.callManager(answers);
  const findings: Finding[] = [];
  const what = 'AXL user';
  try {
    const version = await manager.version();
    findings.push(ok(what, `${answers.user} may use AXL`));
    findings.push(checkRelease(version, releaseLine, world));
    if (findings.at(-1)?.state !== 'failed')
      findings.push(await checkIsPublisher(answers, await manager.processNodes(), world));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const cure =
      error.kind === 'forbidden'
        ? 'Correct user and password, or give the user a group with the role Standard AXL API Access in Unified CM.'
        : 'See that Unified CM runs and that its Cisco AXL Web Service is activated, then try again.';
    findings.push(failed(what, error.message, cure));
  } finally {
    manager.close();
  }
  return findings;
}

function checkRelease(version: string, line: string, world: InstallWorld): Finding {
  let verdict: { match: boolean; why: string };
  try {
    verdict = world.compareReleases(line, version);
  } catch (error) {
    return failed(
      RELEASE,
      `Unified CM has a version that cannot be read: ${(error as Error).message}`,
      'See what answers there; it is no Unified CM.',
    );
  }
  if (verdict.match) return ok(RELEASE, verdict.why);
  return failed(
    RELEASE,
    `major and minor release have to be the same, and ${verdict.why}`,
    'Name the Unified CM that belongs to this server, or give the release of that one as releaseLine ("rollcall install" writes it ' +
      'to topology.releaseLine).',
  );
}

async function checkIsPublisher(
  { host, address }: CallManagerAnswers,
  nodes: readonly { readonly name: string; readonly isPublisher: boolean }[],
  world: InstallWorld,
): Promise<Finding> {
  const what = 'role of that Unified CM';
  const addresses = [
    ...(await world.resolve(host).catch((): string[] => [])),
    ...(address === undefined ? [] : [address]),
  ];
  const isMeant = ({ name }: { name: string }) => isSameHost(name, host) || addresses.includes(name);
  const publisher = nodes.find(({ isPublisher }) => isPublisher);
  if (nodes.some((one) => one.isPublisher && isMeant(one))) return ok(what, `${host} is the publisher of its cluster`);
  if (publisher === undefined) {
    return failed(
      what,
      'Unified CM names no publisher among its servers',
      'See System > Server in Cisco Unified CM Administration.',
    );
  }
  const is = nodes.some(isMeant) ? 'is a subscriber' : 'is not among its servers';
  return failed(
    what,
    `${host} ${is}; the publisher of that cluster is ${publisher.name}`,
    `Give ${publisher.name} as its host.`,
  );
}

/** Whether two names are of one host, where one of them may be short. */
function isSameHost(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
}

/** Without a Unified CM beside it a node may trust the clock of its machine. */
export async function checkTime({ ntp, callManager }: PublisherAnswers, world: InstallWorld): Promise<Finding[]> {
  const what = 'time';
  if (callManager === 'embedded' && ntp.length === 0) {
    const cure = 'Keep the clock of this machine set (apt-get install chrony), or give three NTP servers.';
    return [warning(what, 'no NTP server is given, so the clock of this machine is trusted as it is', cure)];
  }
  const names =
    callManager === 'embedded' ? [] : [callManager.host, callManager.address ?? ''].filter((one) => one !== '');
  const { isAccepted, cause, cure, warnings, use } = await world.judgeTime(ntp, names);
  const told = warnings.map((text) => warning(what, text, ''));
  if (!isAccepted) return [...told, failed(what, cause, cure)];
  return [...told, ok(what, `it is taken from ${use.join(', ')} until the setup is finished`)];
}

/** All of them for a publisher, each told as it is found. @returns what failed */
export async function checkPublisher(
  answers: PublisherAnswers,
  world: InstallWorld,
  tell: (finding: Finding) => void,
): Promise<Finding | undefined> {
  const { callManager } = answers;
  const checks: (() => Promise<Finding[]>)[] = [];
  if (callManager === 'embedded') checks.push(async () => [ok(NAME, 'the embedded one, in this server itself')]);
  else {
    checks.push(() => checkReach(callManager, world));
    checks.push(() => checkCallManager(callManager, answers.releaseLine, world));
  }
  checks.push(async () => [
    ok(
      'security password',
      'its form is right; Unified CM has no way to compare it without sending it, so it is compared when subscribers join',
    ),
  ]);
  checks.push(() => checkTime(answers, world));
  return inOrder(checks, tell);
}

/** What can be known before the publisher is spoken with; the rest it says itself when this node joins. */
export function checkSubscriber(
  { publisher }: SubscriberAnswers,
  world: InstallWorld,
  tell: (finding: Finding) => void,
): Promise<Finding | undefined> {
  const what = 'publisher';
  const { host, port } = publisher;
  const check = async (): Promise<Finding[]> => {
    const known = await world.resolve(host).catch((): string[] => []);
    if (known.length === 0)
      return [failed(what, `the name ${host} is not known`, 'Correct it, or give the IP address.')];
    try {
      await world.certificate(host, port);
      return [ok(what, `${host} port ${port} answers`)];
    } catch (error) {
      return [
        failed(
          what,
          `${host} port ${port} does not answer: ${(error as Error).message}`,
          'On the publisher, enter this node with "rollcall topology add-node" and set the security password; then the port is open.',
        ),
      ];
    }
  };
  return inOrder([check], tell);
}

async function inOrder(
  checks: readonly (() => Promise<Finding[]>)[],
  tell: (finding: Finding) => void,
): Promise<Finding | undefined> {
  for (const check of checks) {
    const findings = await check();
    for (const finding of findings) tell(finding);
    const bad = findings.find(({ state }) => state === 'failed');
    if (bad !== undefined) return bad;
  }
  return undefined;
}

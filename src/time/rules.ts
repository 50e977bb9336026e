/**
 * Which NTP servers an IM and Presence node may be installed with. The recommended one is the Unified CM publisher, alone;
 * without it there have to be three others, each at stratum 1 to 5. A subscriber has the publisher's time and is not asked.
 * What the vendor advises beside the rule is a warning. Pure.
 */
import type { Probe, ProbeResult } from './probe.ts';

/** The farthest from a reference clock that a server may be. */
export const MAX_STRATUM = 5;
const MIN_OTHERS = 3;
/** Advice: from here on a server is far from its reference clock. */
const ADVISED_STRATUM = 3;
const ADVISED_CALL_MANAGER_STRATUM = 4;
/** An offset that stops or distorts what goes by the clock. */
const LARGE_OFFSET_MS = 3000;

/** One of the servers that were given, after it was asked. */
export interface GivenServer {
  readonly probe: Probe;
  /** Whether it is the Unified CM publisher. */
  readonly isCallManager: boolean;
  /** Whether it is this machine itself. */
  readonly isSelf?: boolean;
}

export interface JudgedServer {
  readonly server: string;
  readonly address: string | undefined;
  readonly isCallManager: boolean;
  readonly isGood: boolean;
  /** What was found; for one that is not good, why not. */
  readonly finding: string;
  /** What to do about one that is not good; '' for a good one. */
  readonly cure: string;
}

export interface TimeDecision {
  readonly isAccepted: boolean;
  /** Why not, and what to do; '' when it is accepted. */
  readonly cause: string;
  readonly cure: string;
  readonly servers: readonly JudgedServer[];
  /** What to take the time from, as given; empty when not accepted, and for a subscriber. */
  readonly use: readonly string[];
  readonly warnings: readonly string[];
}

/** @param role of the node that is installed */
export function decideTimeSources(given: readonly GivenServer[], role: 'publisher' | 'subscriber'): TimeDecision {
  if (role === 'subscriber') return forSubscriber(given);
  const servers = judgeAll(given);
  const callManager = servers.find(({ isCallManager }) => isCallManager);
  const others = servers.filter(({ isCallManager }) => !isCallManager);
  const goodOthers = others.filter(({ isGood }) => isGood);
  const refused = (cause: string, cure: string): TimeDecision => ({
    ...{ isAccepted: false, cause, cure, servers, use: [], warnings: advice(given) },
  });
  const accepted = (use: readonly JudgedServer[], ...warnings: string[]): TimeDecision => ({
    ...{ isAccepted: true, cause: '', cure: '', servers, use: namesOf(use) },
    warnings: [...warnings, ...advice(given), ...othersLeftOut(servers)],
  });

  if (servers.length === 0) {
    return refused(
      'no NTP server is given, and the publisher needs one',
      'Give the Unified CM publisher; or three other servers of stratum 1 to 5.',
    );
  }
  if (callManager?.isGood && others.length === 0) return accepted([callManager]);
  if (callManager?.isGood && goodOthers.length < MIN_OTHERS) {
    const dropped = namesOf(others).join(', ');
    return accepted([callManager], `Only the Unified CM publisher is used, as is recommended; dropped: ${dropped}.`);
  }
  if (callManager?.isGood) {
    return accepted(
      [callManager, ...goodOthers],
      'The Unified CM publisher alone is recommended; servers beside it may differ from it.',
    );
  }
  if (callManager !== undefined && others.length === 0) {
    return refused(
      `the Unified CM publisher ${callManager.server} cannot be used: ${callManager.finding}`,
      callManager.cure,
    );
  }
  if (goodOthers.length >= MIN_OTHERS) return accepted(goodOthers);
  return refused(
    `without the Unified CM publisher at least ${MIN_OTHERS} servers of stratum 1 to ${MAX_STRATUM} are needed, ` +
      `and ${goodOthers.length} of those given can be used${because(servers)}`,
    'Give the Unified CM publisher, or more servers, or put right those that are named.',
  );
}

function forSubscriber(given: readonly GivenServer[]): TimeDecision {
  const ignored = given.length === 0 ? [] : ['A subscriber takes the time of its publisher; the list is ignored.'];
  return { isAccepted: true, cause: '', cure: '', servers: [], use: [], warnings: ignored };
}

/** The same address twice is one server. */
function judgeAll(given: readonly GivenServer[]): JudgedServer[] {
  const seen = new Map<string, string>();
  return given.map((one) => {
    const { server, address } = one.probe;
    const first = address === undefined ? undefined : seen.get(address);
    if (address !== undefined && first === undefined) seen.set(address, server);
    const judged = judgeServer(one);
    if (first === undefined) return judged;
    return {
      ...judged,
      isGood: false,
      finding: `it is the same server as ${first} (${address})`,
      cure: 'Give another.',
    };
  });
}

/** Whether one server by itself can be used. */
export function judgeServer({ probe, isCallManager }: GivenServer): JudgedServer {
  const { server, address, result } = probe;
  const about = { server, address, isCallManager };
  if (result.kind !== 'time') return { ...about, isGood: false, ...faultOf(result, isCallManager) };
  const { stratum } = result.clock;
  // The rule of the stratum is one for servers other than the Unified CM.
  if (stratum > MAX_STRATUM && !isCallManager) {
    const finding = `its stratum is ${stratum}, and at most ${MAX_STRATUM} is allowed`;
    return { ...about, isGood: false, finding, cure: 'Give a server that is nearer to a reference clock.' };
  }
  const offset = `${result.sample.offsetMs.toFixed(1)} ms from this clock`;
  return { ...about, isGood: true, finding: `it answers, at stratum ${stratum}, ${offset}`, cure: '' };
}

function faultOf(
  result: Exclude<ProbeResult, { kind: 'time' }>,
  isCallManager: boolean,
): { finding: string; cure: string } {
  const place = isCallManager ? 'Unified CM (Cisco Unified OS Administration > Settings > NTP Servers)' : 'that server';
  switch (result.kind) {
    case 'malformed':
      return { finding: result.why, cure: 'Correct it.' };
    case 'unresolved':
      return { finding: result.why, cure: 'Correct the name or the DNS server, or give the IP address.' };
    case 'unreachable':
      return {
        finding: `it does not answer: ${result.why}`,
        cure: `See that its NTP service runs, and that UDP port 123 is open from here to ${place}.`,
      };
    case 'unsynchronised':
      return {
        finding: `it answers, but has no time to give: ${result.why}`,
        cure: `See to the time sources of ${place}, or wait until it is synchronised.`,
      };
    case 'kiss':
      return { finding: `it refuses (${result.code})`, cure: kissCure(result.code) };
  }
}

function kissCure(code: string): string {
  if (code === 'RATE') return 'It was asked too often: wait some minutes, and ask less often (time.pollSeconds).';
  return 'Let its administrator permit this address, or give another server.';
}

function namesOf(servers: readonly JudgedServer[]): string[] {
  return [...new Set(servers.map(({ server }) => server))];
}

function because(servers: readonly JudgedServer[]): string {
  const bad = servers.filter(({ isGood }) => !isGood);
  return bad.length === 0 ? '' : ` (${bad.map(describe).join('; ')})`;
}

function othersLeftOut(servers: readonly JudgedServer[]): string[] {
  return servers.filter(({ isGood }) => !isGood).map((bad) => `${describe(bad)}. ${bad.cure}`);
}

function describe({ server, address, finding }: JudgedServer): string {
  const where = address === undefined || address === server ? server : `${server} (${address})`;
  return `${where}: ${finding}`;
}

/** What the vendor advises beside the rule. */
function advice(given: readonly GivenServer[]): string[] {
  return given.flatMap((one) => {
    const { server, result } = one.probe;
    if (result.kind !== 'time') return [];
    return adviceOn(result, one).map((text) => `${server}: ${text}`);
  });
}

function adviceOn(
  { clock, sample }: Extract<ProbeResult, { kind: 'time' }>,
  { isCallManager, isSelf }: GivenServer,
): string[] {
  const { stratum, version } = clock;
  const ahead = sample.offsetMs < 0 ? 'ahead of' : 'behind';
  const offset = `${(Math.abs(sample.offsetMs) / 1000).toFixed(1)} s`;
  const limit = isCallManager ? ADVISED_CALL_MANAGER_STRATUM : ADVISED_STRATUM;
  const farAway = isCallManager
    ? `stratum ${stratum}; a Unified CM should never be beyond ${limit}. Give it a nearer source.`
    : `stratum ${stratum}; a source of stratum 1 to ${limit} is advised.`;
  return [
    ...(stratum > limit ? [farAway] : []),
    ...(version < 4
      ? [`it answers in NTP version ${version}; version 4 is advised, and Windows' time service is not supported.`]
      : []),
    ...(Math.abs(sample.offsetMs) > LARGE_OFFSET_MS
      ? [`this machine's clock is ${offset} ${ahead} its time; set it before going on (chronyc makestep).`]
      : []),
    ...(isSelf ? ['it is this machine itself; its time is as good as the sources that it has.'] : []),
  ];
}

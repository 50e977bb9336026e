import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probe, ProbeResult } from './probe.ts';
import { decideTimeSources, type GivenServer } from './rules.ts';

let last = 0;
/** A server that answers at a stratum, or does what is given. */
function other(stratum: number | ProbeResult, more: { version?: number; offsetMs?: number } = {}): GivenServer {
  const { version = 4, offsetMs = 0 } = more;
  const result: ProbeResult =
    typeof stratum !== 'number'
      ? stratum
      : {
          kind: 'time',
          sample: { offsetMs, delayMs: 1, dispersionMs: 1, at: 0 },
          clock: { leap: 0, version, stratum, referenceId: 0, rootDelayMs: 0, rootDispersionMs: 0 },
        };
  const address = result.kind === 'unresolved' ? undefined : `10.0.0.${++last}`;
  const probe: Probe = { server: address ?? 'nowhere.example', address, result };
  return { probe, isCallManager: false };
}
const callManager = (...what: Parameters<typeof other>): GivenServer => ({ ...other(...what), isCallManager: true });
const silent: ProbeResult = { kind: 'unreachable', why: 'no answer within 2 s' };
const names = (...servers: GivenServer[]) => servers.map(({ probe }) => probe.server);

test('only the Unified CM publisher: accepted, as recommended', () => {
  const cm = callManager(3);
  const decision = decideTimeSources([cm], 'publisher');
  assert.deepEqual([decision.isAccepted, decision.use, decision.warnings], [true, names(cm), []]);
});

test('the Unified CM and too few others: accepted, and the others are dropped with a warning', () => {
  const [cm, one] = [callManager(3), other(2)];
  const decision = decideTimeSources([cm, one], 'publisher');
  assert.deepEqual([decision.isAccepted, decision.use], [true, names(cm)]);
  assert.match(decision.warnings[0]!, /dropped: 10\./);
});

test('the Unified CM and three good others: all are kept, with a warning', () => {
  const given = [callManager(3), other(1), other(2), other(3)];
  const decision = decideTimeSources(given, 'publisher');
  assert.deepEqual([decision.isAccepted, decision.use], [true, names(...given)]);
  assert.match(decision.warnings[0]!, /alone is recommended/);
});

test('a Unified CM that cannot be used: the three others must do, and alone it is refused with cause and cure', () => {
  const others = [other(1), other(2), other(3)];
  assert.deepEqual(decideTimeSources([callManager(silent), ...others], 'publisher').use, names(...others));
  const decision = decideTimeSources([callManager(silent)], 'publisher');
  assert.equal(decision.isAccepted, false);
  assert.match(decision.cause, /Unified CM publisher .* does not answer/);
  assert.match(decision.cure, /UDP port 123/);
});

test('one or two others are refused, whatever their stratum', () => {
  for (const given of [[other(1)], [other(1), other(1)]]) {
    const decision = decideTimeSources(given, 'publisher');
    assert.deepEqual([decision.isAccepted, decision.use], [false, []]);
    assert.match(decision.cause, /at least 3 servers of stratum 1 to 5/);
  }
});

test('three others of stratum 1 to 5 are accepted', () => {
  for (const strata of [
    [1, 1, 1],
    [1, 3, 5],
    [5, 5, 5],
  ]) {
    assert.ok(
      decideTimeSources(
        strata.map((stratum) => other(stratum)),
        'publisher',
      ).isAccepted,
      String(strata),
    );
  }
});

const faults: [name: string, fault: GivenServer, finding: RegExp, cure: RegExp][] = [
  ['stratum 6', other(6), /stratum is 6, and at most 5/, /nearer to a reference clock/],
  ['stratum 15', other(15), /stratum is 15/, /nearer/],
  [
    'stratum 16',
    other({ kind: 'unsynchronised', why: 'it has stratum 16', stratum: 16 }),
    /stratum 16/,
    /time sources/,
  ],
  ['silence', other(silent), /does not answer: no answer within 2 s/, /UDP port 123 is open/],
  ['DENY', other({ kind: 'kiss', code: 'DENY' }), /refuses \(DENY\)/, /permit this address/],
  ['RATE', other({ kind: 'kiss', code: 'RATE' }), /refuses \(RATE\)/, /too often/],
  ['no address', other({ kind: 'unresolved', why: 'DNS does not know it' }), /DNS does not know it/, /DNS server/],
  ['no server', other({ kind: 'malformed', why: 'x is no NTP server' }), /no NTP server/, /Correct it/],
];

test('of three others one that cannot be used is one too few; of four it is left out, and named', () => {
  for (const [name, fault, finding, cure] of faults) {
    const [a, b, c] = [other(1), other(2), other(3)];
    const three = decideTimeSources([a, fault, b], 'publisher');
    assert.equal(three.isAccepted, false, name);
    assert.match(three.cause, finding, name);
    const bad = three.servers.find(({ isGood }) => !isGood)!;
    assert.equal(bad.server, fault.probe.server);
    assert.match(bad.cure, cure, name);
    const four = decideTimeSources([a, fault, b, c], 'publisher');
    assert.deepEqual([four.isAccepted, four.use], [true, names(a, b, c)], name);
    assert.ok(
      four.warnings.some((text) => finding.test(text) && text.includes(fault.probe.server)),
      name,
    );
  }
});

test('the same address under two names is one server', () => {
  const [a, b] = [other(1), other(2)];
  const again = { ...b, probe: { ...b.probe, server: 'alias.example' } };
  const decision = decideTimeSources([a, b, again], 'publisher');
  assert.equal(decision.isAccepted, false);
  assert.match(decision.cause, /alias\.example .* is the same server as 10\./);
});

test('no list is refused on the publisher, and every list is ignored on a subscriber', () => {
  const none = decideTimeSources([], 'publisher');
  assert.equal(none.isAccepted, false);
  assert.match(none.cure, /Unified CM publisher; or three/);
  assert.deepEqual(decideTimeSources([], 'subscriber').warnings, []);
  const given = decideTimeSources([other(1)], 'subscriber');
  assert.deepEqual([given.isAccepted, given.use], [true, []]);
  assert.match(given.warnings[0]!, /ignored/);
});

test('what is only advised is a warning', () => {
  const three = [other(4), other(1, { version: 3 }), other(2, { offsetMs: -4200 })];
  const { isAccepted, warnings } = decideTimeSources(three, 'publisher');
  assert.ok(isAccepted);
  assert.match(warnings.join('\n'), /stratum 4; a source of stratum 1 to 3[\s\S]*version 3[\s\S]*4\.2 s ahead of/);
  const far = decideTimeSources([callManager(6)], 'publisher');
  assert.ok(far.isAccepted);
  assert.match(far.warnings[0]!, /should never be beyond 4/);
  const self = decideTimeSources([{ ...callManager(2), isSelf: true }], 'publisher');
  assert.match(self.warnings[0]!, /this machine itself/);
});

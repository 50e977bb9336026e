/**
 * Releases of the call manager and of this server, in the spellings in which they are written, and the rule by which two
 * of them match.
 */
import { Failure } from '#base/failure.ts';

/** Parts that a spelling leaves out are absent; a minor part that is left out is 0 (`15SU2`). */
export interface Release {
  readonly major: number;
  readonly minor: number;
  readonly maintenance?: number;
  /** Five digits as a rule: 10000 is a base release. */
  readonly build?: number;
  /** The counter behind the build: 37 of `9.0.1.10000-37`. */
  readonly number?: number;
  /** Service update, as marketing names it: 4 of `12.5(1)SU4`. */
  readonly su?: number;
}

export interface Verdict {
  readonly match: boolean;
  /** A sentence. */
  readonly why: string;
}

/** A release is never this long; what is longer is not looked at. */
const MAX_LENGTH = 64;
const SHAPE =
  /^\s*(?:System version:\s*)?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6})|\((\d{1,6})\))?(?:\.(\d{4,5}))?(?:-(\d{1,6})|\((\d{1,6})\))?\s*(?:SU(\d{1,6})[a-z]?)?\s*$/i;

/**
 * Reads any spelling: `9.0(1)`, `12.5(1)SU4`, `15SU2`, `9.0.1.10000-37`, `9.0.1.10000(37)`, `9.0`, with or without
 * `System version:` before it.
 * @throws {Failure} 'malformed' with the text, when it is none of them
 */
export function parseRelease(text: string): Release {
  const found = text.length <= MAX_LENGTH ? SHAPE.exec(text) : null;
  if (found === null) {
    const shown = JSON.stringify(text.slice(0, MAX_LENGTH));
    throw new Failure('malformed', `${shown} is not a release; write one as 9.0, 9.0(1) or 9.0.1.10000-37`);
  }
  const [, major, minor, dotted, bracketed, build, dashed, counted, su] = found;
  return {
    major: Number(major),
    minor: Number(minor ?? 0),
    ...part('maintenance', dotted ?? bracketed),
    ...part('build', build),
    ...part('number', dashed ?? counted),
    ...part('su', su),
  };
}

function part(name: keyof Release, digits: string | undefined): Partial<Release> {
  return digits === undefined ? {} : { [name]: Number(digits) };
}

/** As on the command line and in file names: `9.0.1.10000-37`. */
export function formatRelease(release: Release): string {
  return `${dotted(release)}${release.number === undefined ? '' : `-${release.number}`}${suffix(release)}`;
}

/** As `getCCMVersion` answers: `9.0.1.10000(37)`. */
export function formatAxlRelease(release: Release): string {
  return `${dotted(release)}${release.number === undefined ? '' : `(${release.number})`}${suffix(release)}`;
}

/** As people speak of it: `9.0(1)`, `12.5(1)SU4`; from 15 on without minor and maintenance, `15SU2`. */
export function formatMarketingRelease(release: Release): string {
  const { major, minor, maintenance } = release;
  const su = serviceUpdate(release);
  const name = major >= 15 && minor === 0 ? `${major}` : `${major}.${minor}`;
  const inBrackets = maintenance === undefined || major >= 15 ? '' : `(${maintenance})`;
  return `${name}${inBrackets}${su === undefined ? '' : `SU${su}`}`;
}

/** Major and minor: what has to be the same on both sides. */
export function formatLine({ major, minor }: Release): string {
  return `${major}.${minor}`;
}

function dotted({ major, minor, maintenance, build }: Release): string {
  return [major, minor, maintenance, build].filter((one) => one !== undefined).join('.');
}

function suffix({ su }: Release): string {
  return su === undefined ? '' : ` SU${su}`;
}

/** From 10.0 on the build tells it: 11900 is SU1, 12900 is SU2. */
function serviceUpdate({ major, build = 0, su }: Release): number | undefined {
  if (su !== undefined || major < 10 || build % 1000 !== 900 || build < 11_900) return su;
  return (build - 10_900) / 1000;
}

/** The first release whose presence service and call manager have to match. */
const FIRST_TO_MATCH = 9;

/**
 * Whether a presence server fits a call manager: major and minor are equal. Maintenance and build are not compared, and
 * nothing before 9.0 ever fits.
 * @see the product description of release 9.0(1), "Interaction with Cisco Unified Communications Manager"
 */
export function releasesMatch(presence: Release, callManager: Release): Verdict {
  const [ours, theirs] = [formatRelease(presence), formatRelease(callManager)];
  const both = `the presence server is ${ours} and the call manager ${theirs}`;
  if (presence.major !== callManager.major) return { match: false, why: `${both}: the major release differs` };
  if (presence.minor !== callManager.minor) return { match: false, why: `${both}: the minor release differs` };
  if (presence.major < FIRST_TO_MATCH)
    return { match: false, why: `${both}: releases before 9.0 do not match by this rule` };
  return { match: true, why: `${both}: both are ${formatLine(presence)}` };
}

const PARTS = ['major', 'minor', 'maintenance', 'build', 'number', 'su'] as const;

/** Whether the nodes of a cluster may be of these releases: all parts are the same, and none is missing on one side. */
export function sameWholeRelease(a: Release, b: Release): Verdict {
  const different = PARTS.find((name) => a[name] !== b[name]);
  const [one, other] = [formatRelease(a), formatRelease(b)];
  if (different === undefined) return { match: true, why: `both are ${one}` };
  const what = different === 'su' ? 'service update' : different;
  return { match: false, why: `${one} and ${other} are not the same: the ${what} differs` };
}

/**
 * This server's own release: major and minor are those of the line that it stands for, the rest is made of the version of
 * the package, so that two versions never have one release. `0.1.0` in the line 9.0 is `9.0.1.10100-1`.
 * @param line major and minor, `9.0`
 * @param packageVersion of package.json, `0.1.0`
 * @see docs/decisions/0017-release-line.md
 */
export function ownRelease(line: string, packageVersion: string): Release {
  const { major, minor } = parseRelease(line);
  const [packageMajor = 0, packageMinor = 0, packagePatch = 0] = packageVersion.split('-')[0]!.split('.').map(Number);
  return { major, minor, maintenance: packageMajor + 1, build: 10_000 + 100 * packageMinor, number: packagePatch + 1 };
}

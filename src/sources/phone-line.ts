import type { Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import type { Line, Source } from '#presence/source.ts';
import { putSource, removeSource, sourceOf } from '#presence/sources.ts';
import { presenceOf } from '#presence/watching.ts';

/** What a call manager says of one line of somebody's phone. */
export interface LinePublication extends Line {
  /** Names the line among those of the account: the call manager's own name for it. */
  readonly line: string;
  readonly tag: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What it said word for word (as in `Publication`). */
  readonly native?: NonNullable<Publication['native']>;
}

/** The id of a line's source. XMPP watchers never see it: of all lines they see what these come to. */
export function lineSourceId(line: string): string {
  return `line-${line}`;
}

/**
 * A call manager says what a line does, or goes on saying it. The line's lifetime and tag are taken over in any case.
 * @throws {Failure} as `putSource`
 */
export function putLine(home: Home, said: LinePublication): Source {
  const id = lineSourceId(said.line);
  const { tag, expiresAt } = said;
  const before = sourceOf(home, id);
  const source: Source = {
    id,
    kind: 'phone-line',
    publication: publicationOf(id, said, before, home.homes.clock.now()),
    line: { state: said.state, doNotDisturb: said.doNotDisturb },
    tag,
    expiresAt,
  };
  putSource(home, source);
  return source;
}

/** The line's publication has ended: its phone is not registered any more, or somebody else has taken it over. */
export function removeLine(home: Home, line: string): boolean {
  return removeSource(home, lineSourceId(line));
}

/**
 * Whether the person does not want to be disturbed, for the call manager, which sets the phone so. What a phone itself has
 * said is not said back to it.
 */
export function isNotToBeDisturbed(home: Home): boolean {
  const { availability, decidedBy } = presenceOf(home);
  return availability === 'do-not-disturb' && sourceOf(home, decidedBy)?.kind !== 'phone-line';
}

/** A line that does what it did before has done so since then; where nothing is new it is the same object. */
function publicationOf(id: string, said: LinePublication, before: Source | undefined, now: number): Publication {
  const { state, doNotDisturb, native } = said;
  const isSame = before?.line?.state === state && before.line.doNotDisturb === doNotDisturb;
  if (isSame && (native === undefined || native.payload === before.publication.native?.payload)) {
    return before.publication;
  }
  return {
    device: id,
    availability: doNotDisturb ? 'do-not-disturb' : state === 'busy' ? 'away' : 'available',
    priority: -1,
    notes: {},
    at: isSame ? before.publication.at : now,
    media: ['audio'],
    ...(state === 'unavailable' && { isOpen: false }),
    ...(state === 'busy' && { activities: ['on-the-phone'] }),
    ...(native !== undefined && { native }),
  };
}

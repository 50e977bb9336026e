import type { Home } from '#accounts/home.ts';
import type { LineState } from '#presence/source.ts';
import { putLine } from '#sources/phone-line.ts';
import type { Pidf } from '../../bodies/pidf.ts';
import { type PhoneState, phoneStateOf } from '../../bodies/pidf-phone.ts';
import type { IncomingRequest } from '../../incoming-request.ts';
import { SipError } from '../../wire/sip-error.ts';
import { carryOut, readPublish } from '../rfc-3903-publish/event-state.ts';
import type { PublishContext } from '../rfc-3903-publish/feature.ts';
import type { TrunkContext } from './feature.ts';
import { findOwner } from './owner.ts';

/** Lines in the words of the middle. */
export const LINE_STATES: Readonly<Record<PhoneState['line'], LineState>> = {
  idle: 'available',
  ringing: 'ringing',
  busy: 'busy',
  unavailable: 'unavailable',
};

/** The call manager says what a line does. @throws {SipError} 404 where it is nobody's of ours */
export function publishLine(
  trunk: TrunkContext,
  publish: PublishContext,
  incoming: IncomingRequest,
): void | Promise<void> {
  const owner = findOwner(trunk, incoming);
  if (owner instanceof Promise) return owner.then((home) => carryOutFor(home, publish, incoming));
  carryOutFor(owner, publish, incoming);
}

function carryOutFor(home: Home | undefined, publish: PublishContext, incoming: IncomingRequest): void {
  if (home === undefined) throw new SipError(404);
  const asked = readPublish(publish, incoming, home, 'phone-line');
  carryOut(incoming, home, asked, (pidf, body, { tag, expiresAt }) => {
    const { line, doNotDisturb } = phoneStateOf(pidf);
    putLine(home, {
      line: lineOf(pidf, incoming),
      state: LINE_STATES[line],
      doNotDisturb,
      tag,
      expiresAt,
      native: { edge: 'sip', payload: body },
    });
  });
}

/** The tuple names the line; of two nodes that tell of the same, the newer one counts. */
function lineOf({ tuples }: Pidf, { request }: IncomingRequest): string {
  return tuples[0]?.id ?? request.from.uri;
}

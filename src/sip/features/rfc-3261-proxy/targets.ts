import type { Binding } from '../../bindings.ts';
import { splitValues } from '../../wire/header-values.ts';
import { SipError } from '../../wire/sip-error.ts';

import type { Alternatives, Attempt, Group } from './attempt.ts';

/** What of a contact binding matters here (RFC 3261 §10.3, RFC 3327, RFC 5626). */
export type Bound = Pick<Binding, 'uri' | 'flow' | 'q' | 'path' | 'instance' | 'regId'>;

/**
 * Who is asked for an account's contact bindings: all of the highest q at a time, then those of the next (RFC 3261
 * §16.6). Of a client with several flows, one after the other, the newest first (RFC 5626 §5.3).
 * @param bindings the newest first
 * @throws {SipError} 480 where there is none to ask
 */
export function groupsOf(bindings: readonly Bound[], isSecure: boolean): Group[] {
  const usable = isSecure ? bindings.filter(isReachedSecurely) : bindings;
  if (usable.length === 0) throw new SipError(480, isSecure ? 'No Secure Way There' : undefined);
  const clients = Map.groupBy(usable, (bound) => (bound.regId > 0 ? bound.instance : bound));
  const byQ = Map.groupBy(clients.values(), (bounds) => Math.max(...bounds.map(({ q }) => q)));
  return [...byQ].toSorted(([a], [b]) => b - a).map(([, group]) => group.map(attemptsOf));
}

function attemptsOf(bounds: readonly Bound[]): Alternatives {
  return bounds.toSorted((a, b) => b.q - a.q).map(attemptOf);
}

function attemptOf({ uri, flow, path, regId }: Bound): Attempt {
  return { uri: withoutHeaders(uri), routes: splitValues(path), flow, isFlowOnly: regId > 0 && path === '' };
}

/** RFC 3261 §19.1.1: of a Contact, headers and method have no place in a Request-URI. */
function withoutHeaders(uri: string): string {
  const question = uri.indexOf('?');
  return (question < 0 ? uri : uri.slice(0, question)).replace(/;method=[^;]*/i, '');
}

/** RFC 5630 §5.3: what is asked for by sips goes over TLS to the very end. */
function isReachedSecurely({ uri, flow }: Bound): boolean {
  return flow === undefined ? uri.startsWith('sips:') : flow.isSecure;
}

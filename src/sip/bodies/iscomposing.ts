/** RFC 3994: `application/im-iscomposing+xml`, whether somebody is writing a message. */
import { element } from '#xml/element.ts';
import { readInstant, writeInstant } from './instant.ts';
import { NS_COMPOSING } from './namespaces.ts';
import { badBody, readXml, token, unsigned, writeXml } from './xml-body.ts';

export interface Composing {
  readonly state: 'active' | 'idle';
  /** Of what is being written: 'text/plain', or a medium alone. */
  readonly contentType?: string;
  /** When something was last typed, epoch milliseconds. */
  readonly lastActiveAt?: number;
  /** For how long it holds without being said again. */
  readonly refreshSeconds?: number;
}

/** §3.3: where it does not say how long it holds. */
const DEFAULT_REFRESH_SECONDS = 120;

/** @param body a byte string @throws {SipError} 400 */
export function readComposing(body: string): Composing {
  const root = readXml(body, 'isComposing', 'isComposing', NS_COMPOSING);
  const state = token(root.child('state'));
  if (state === undefined || state === '') throw badBody('isComposing', 'it has no state');
  const contentType = token(root.child('contenttype'));
  const lastActiveAt = readInstant(root.childText('lastactive'));
  const refreshSeconds = unsigned(root.childText('refresh'));
  return {
    // §3.2: states of the future count as idle.
    state: state === 'active' ? 'active' : 'idle',
    ...(contentType && { contentType }),
    ...(lastActiveAt !== undefined && { lastActiveAt }),
    ...(refreshSeconds !== undefined && refreshSeconds > 0 && { refreshSeconds }),
  };
}

/** @returns a byte string */
export function writeComposing({ state, contentType, lastActiveAt, refreshSeconds }: Composing): string {
  const field = (name: string, value: string | number | undefined) =>
    value === undefined ? undefined : element(name, NS_COMPOSING, {}, String(value));
  return writeXml(
    element(
      'isComposing',
      NS_COMPOSING,
      {},
      field('state', state),
      field('lastactive', lastActiveAt === undefined ? undefined : writeInstant(lastActiveAt)),
      field('contenttype', contentType),
      field('refresh', refreshSeconds),
    ),
  );
}

/** §3.3: until when somebody who said it is thought to be writing; undefined: is not. @param at when it came */
export function composingUntil(
  { state, refreshSeconds = DEFAULT_REFRESH_SECONDS }: Composing,
  at: number,
): number | undefined {
  return state === 'idle' ? undefined : at + refreshSeconds * 1000;
}

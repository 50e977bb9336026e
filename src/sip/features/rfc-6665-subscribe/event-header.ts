import { isToken, trimSpaces } from '../../wire/text.ts';

export interface EventHeader {
  /** The package, with its templates: 'presence.winfo'. */
  readonly eventPackage: string;
  /** 'id' tells apart several subscriptions of one dialog (RFC 6665 §8.2.1); '' for none. */
  readonly id: string;
  /** All parameters, as they came. */
  readonly params: readonly string[];
}

/**
 * The Event header (RFC 6665 §8.2.1). Package names are compared byte by byte; parameters that are not known do not
 * matter.
 * @returns undefined where it is none
 */
export function parseEvent(value: string): EventHeader | undefined {
  const [name = '', ...params] = value.split(';').map(trimSpaces);
  if (name === '' || !isToken(name)) return undefined;
  const id = params.find((param) => /^id\s*=/i.test(param));
  return { eventPackage: name, id: id === undefined ? '' : paramValue(id), params };
}

/** The value of a parameter; undefined where it is not there. @param name in lower case */
export function eventParam({ params }: EventHeader, name: string): string | undefined {
  const found = params.find((param) => trimSpaces(param.split('=', 1)[0]!).toLowerCase() === name);
  return found === undefined ? undefined : paramValue(found);
}

function paramValue(param: string): string {
  const at = param.indexOf('=');
  return at < 0 ? '' : trimSpaces(param.slice(at + 1));
}

export function writeEvent({ eventPackage, id }: Pick<EventHeader, 'eventPackage' | 'id'>): string {
  return id === '' ? eventPackage : `${eventPackage};id=${id}`;
}

import { isToken, trimSpaces } from '../../wire/text.ts';

export interface EventHeader {
  /** The package, with its templates: 'presence.winfo'. */
  readonly eventPackage: string;
  /** 'id' tells apart several subscriptions of one dialog (RFC 6665 §8.2.1); '' for none. */
  readonly id: string;
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
  return { eventPackage: name, id: id === undefined ? '' : trimSpaces(id.slice(id.indexOf('=') + 1)) };
}

export function writeEvent({ eventPackage, id }: EventHeader): string {
  return id === '' ? eventPackage : `${eventPackage};id=${id}`;
}

import type { SipDevice } from '../../device.ts';
import { copy } from '../../wire/byte-string.ts';
import type { SipRequest, SipResponse } from '../../wire/message.ts';
import { acceptedLanguages } from './languages.ts';

/** Of no binding are more types of content remembered. */
const MAX_TYPES = 16;
const NONE: readonly string[] = [];

/**
 * What a contact binding takes in a MESSAGE, as far as it has shown it: by what it sends itself, by Accept, and by what it
 * took or refused. Kept in memory alone: it shows it again.
 */
export class Abilities {
  readonly #taken = new Set<string>();
  readonly #refused = new Set<string>();
  /** In lower case, the most wanted first. */
  languages: readonly string[] = NONE;

  /** Whether it is known to take a type. */
  knows(type: string): boolean {
    return this.#taken.has(type);
  }

  /** Whether it has not refused a type. */
  mayTake(type: string): boolean {
    return !this.#refused.has(type);
  }

  takes(type: string): void {
    this.#refused.delete(type);
    if (this.#taken.size < MAX_TYPES && !this.#taken.has(type)) this.#taken.add(copy(type));
  }

  refuses(type: string): void {
    this.#taken.delete(type);
    this.#refused.add(type);
  }

  /** RFC 3261 §20.1. */
  accepts(message: SipRequest | SipResponse): void {
    if (message.header('accept') === undefined) return;
    for (const value of message.values('accept')) takeRange(this, value);
  }

  /** What a MESSAGE from it tells of it. @param type of its body */
  sent(request: SipRequest, type: string): void {
    this.takes(type);
    this.accepts(request);
    const languages = acceptedLanguages(request);
    if (languages.length > 0) this.languages = languages.map(copy);
  }
}

function takeRange(abilities: Abilities, value: string): void {
  const [range = ''] = value.split(';', 1);
  if (!range.includes('*')) abilities.takes(range.replace(/[ \t]+$/, '').toLowerCase());
}

const known = new WeakMap<SipDevice, Abilities>();

export function abilitiesOf(device: SipDevice): Abilities {
  let abilities = known.get(device);
  if (abilities === undefined) {
    abilities = new Abilities();
    known.set(device, abilities);
  }
  return abilities;
}

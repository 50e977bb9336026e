/** RFC 7622: the addresses of XMPP. */
import { Failure } from '#base/failure.ts';
import { prepareDomain } from '#precis/domain.ts';
import { prepareLocal } from '#precis/localpart.ts';
import { enforceOpaqueString } from '#precis/opaque-string.ts';
import { Recent } from './recent.ts';

/** In octets, of each part (RFC 7622 §3.2 to §3.4). */
const MAX_PART_OCTETS = 1023;
/** In UTF-16 units, before any work: normalization can make a text shorter, but never to less than half. */
const MAX_PART_LENGTH = 2 * MAX_PART_OCTETS;
const MAX_LENGTH = 3 * MAX_PART_LENGTH + '@/'.length;

/** Longer addresses are parsed each time, so that nobody fills the memory with them. */
const MAX_RECENT_LENGTH = 255;
const recent = new Recent<Jid>(10_000);

/** An address, prepared: two that name the same entity have the same strings. Parts that are not there are ''. */
export class Jid {
  readonly local: string;
  readonly domain: string;
  readonly resource: string;
  /** `local@domain`, or the domain alone. */
  readonly bare: string;
  /** The whole address; of a bare JID the same as `bare`. */
  readonly full: string;
  #bareJid: Jid | undefined;

  /** @param local, domain, resource prepared */
  private constructor(local: string, domain: string, resource: string) {
    const bareLength = (local === '' ? 0 : local.length + 1) + domain.length;
    const bare = local === '' ? domain : `${local}@${domain}`;
    // The parts are cut from one string of our own: cut from a stanza, each would keep all of the stanza in memory.
    this.full = ownCopy(resource === '' ? bare : `${bare}/${resource}`);
    this.bare = this.full.slice(0, bareLength);
    this.local = this.full.slice(0, local.length);
    this.domain = this.full.slice(bareLength - domain.length, bareLength);
    this.resource = this.full.slice(this.full.length - resource.length);
  }

  /**
   * Parses an address from the wire or from a person. Doing so again for the same text is one look-up.
   * @throws {Failure} 'malformed'
   * @see RFC 7622 §3.1
   */
  static parse(text: string): Jid {
    if (text.length > MAX_RECENT_LENGTH) return parse(text);
    const known = recent.get(text);
    if (known !== undefined) return known;
    const jid = parse(text);
    recent.set(text === jid.full ? jid.full : ownCopy(text), jid);
    return jid;
  }

  /**
   * Prepares each part, and makes an address of them.
   * @param local '' for an address without one; so for `resource`
   * @throws {Failure} 'malformed'
   */
  static of(local: string, domain: string, resource = ''): Jid {
    return new Jid(
      local === '' ? '' : prepareLocal(local),
      prepareDomain(domain),
      resource === '' ? '' : prepareResource(resource),
    );
  }

  /** Has no resource: the address of an account, a room or a server. */
  get isBare(): boolean {
    return this.resource === '';
  }

  /** Has a domain only: the address of a server. */
  get isDomain(): boolean {
    return this.local === '' && this.resource === '';
  }

  /**
   * The same account at this resource.
   * @throws {Failure} 'malformed', also when it is empty
   */
  withResource(resource: string): Jid {
    return new Jid(this.local, this.domain, prepareResource(resource));
  }

  toBare(): Jid {
    if (this.resource === '') return this;
    this.#bareJid ??= new Jid(this.local, this.domain, '');
    return this.#bareJid;
  }

  equals(other: Jid): boolean {
    return this.full === other.full;
  }

  toString(): string {
    return this.full;
  }
}

/** The first '/' ends the bare JID, and only before it does '@' divide: a resource may hold both. */
function parse(text: string): Jid {
  if (text.length > MAX_LENGTH) throw new Failure('malformed', 'an address that is too long');
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const at = bare.indexOf('@');
  if (at === 0) throw new Failure('malformed', 'an address with an empty localpart');
  if (slash === text.length - 1) throw new Failure('malformed', 'an address with an empty resourcepart');
  return Jid.of(at < 0 ? '' : bare.slice(0, at), bare.slice(at + 1), slash < 0 ? '' : text.slice(slash + 1));
}

/** @see RFC 7622 §3.4 */
function prepareResource(text: string): string {
  if (text.length > MAX_PART_LENGTH) throw tooLong();
  const resource = enforceOpaqueString(text);
  if (Buffer.byteLength(resource) > MAX_PART_OCTETS) throw tooLong();
  return resource;
}

function tooLong(): Failure {
  return new Failure('malformed', `an address with a resourcepart of more than ${MAX_PART_OCTETS} octets`);
}

/** Prepared text has no half surrogate pairs, so UTF-8 carries all of it. */
const ownCopy = (text: string) => Buffer.from(text, 'utf8').toString('utf8');

/** A connection to one of the servers of an agreement, and what is asked over it. */
import { Client, type Entry, InvalidCredentialsError } from 'ldapts';
import { Failure } from '#base/failure.ts';
import type { Agreement, LdapKind, LdapServer } from './agreement.ts';
import type { LdapEntry } from './person.ts';

const CONNECT_MS = 5000;
const ANSWER_MS = 30_000;
const PAGE_ENTRIES = 500;
/** Active Directory says so at its root (LDAP_CAP_ACTIVE_DIRECTORY_OID). */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';

export interface LdapTrust {
  /** PEM of authorities beside those that the system trusts. */
  readonly ca?: string | undefined;
}

export class LdapConnection {
  readonly server: LdapServer;
  readonly #client: Client;

  private constructor(server: LdapServer, client: Client) {
    this.server = server;
    this.#client = client;
  }

  /**
   * Connects to the first server that answers, and binds. A password that is wrong on one is not tried on the next.
   * @throws {Failure} 'forbidden' where the password does not fit; 'unavailable' where none answers
   */
  static async open(
    agreement: Agreement,
    dn: string,
    password: string,
    trust: LdapTrust = {},
  ): Promise<LdapConnection> {
    // RFC 4513 §5.1.2: with an empty password anybody is let in, as nobody.
    if (password === '') throw new Failure('forbidden', `an empty password proves nothing; set that of ${dn}`);
    const reasons: string[] = [];
    for (const server of agreement.servers) {
      const client = clientOf(server, trust);
      try {
        await client.bind(dn, password);
        return new LdapConnection(server, client);
      } catch (error) {
        await client.unbind().catch(() => undefined);
        if (error instanceof InvalidCredentialsError) {
          throw new Failure('forbidden', `${nameOf(server)} does not take the password of ${dn}`);
        }
        reasons.push(`${nameOf(server)}: ${(error as Error).message}`);
      }
    }
    throw new Failure('unavailable', `no LDAP server of ${agreement.name} answers: ${reasons.join('; ')}`);
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }

  async kind(): Promise<LdapKind> {
    const { searchEntries } = await this.#asked(() =>
      this.#client.search('', { scope: 'base', attributes: ['supportedCapabilities'], filter: '(objectClass=*)' }),
    );
    const [root] = searchEntries;
    return root !== undefined && valuesOf(root, 'supportedCapabilities').includes(ACTIVE_DIRECTORY)
      ? 'Active Directory'
      : 'OpenLDAP';
  }

  /**
   * All entries below a base, by pages. Referrals to other servers are not followed, so there is no loop of them.
   * @throws {Failure} 'unavailable' when it breaks off: what came before is not all
   */
  async *search(base: string, filter: string, attributes: readonly string[]): AsyncGenerator<LdapEntry[]> {
    const pages = this.#client.searchPaginated(base, {
      scope: 'sub',
      filter,
      attributes: [...attributes],
      paged: { pageSize: PAGE_ENTRIES },
    });
    for (;;) {
      const next = await this.#asked(() => pages.next());
      if (next.done) return;
      yield next.value.searchEntries.map(toEntry);
    }
  }

  /** One entry; undefined where there is none. */
  async read(dn: string, attributes: readonly string[]): Promise<LdapEntry | undefined> {
    const { searchEntries } = await this.#asked(() =>
      this.#client.search(dn, { scope: 'base', filter: '(objectClass=*)', attributes: [...attributes] }),
    );
    return searchEntries[0] && toEntry(searchEntries[0]);
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw new Failure('unavailable', `${nameOf(this.server)} broke off: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

function clientOf({ host, port, tls }: LdapServer, { ca }: LdapTrust): Client {
  const url = `${tls ? 'ldaps' : 'ldap'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const tlsOptions = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca }) };
  return new Client({
    url,
    timeout: ANSWER_MS,
    connectTimeout: CONNECT_MS,
    strictDN: false,
    ...(tls && { tlsOptions }),
  });
}

function nameOf({ host, port }: LdapServer): string {
  return `${host}:${port}`;
}

function toEntry(entry: Entry): LdapEntry {
  const names = Object.keys(entry).filter((name) => name !== 'dn');
  return { dn: entry.dn, values: new Map(names.map((name) => [name.toLowerCase(), valuesOf(entry, name)])) };
}

function valuesOf(entry: Entry, name: string): string[] {
  const value = entry[name] ?? [];
  return (Array.isArray(value) ? value : [value]).map((one) => one.toString());
}

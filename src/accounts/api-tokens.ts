/** What programs sign in with. Only a hash of a token is kept: it is told once, and never again. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Database, Row } from '#store/database.ts';
import type { Role } from './roles.ts';

/** Says what it is to whoever finds one lying about, and to programs that look for such things. */
const PREFIX = 'rc_';
/** 32 random bytes in base64url (RFC 4648 §5). */
const SHAPE = /^rc_[A-Za-z0-9_-]{43}$/;
const RANDOM_BYTES = 32;
/** When a token was last used is written so often at most. */
const USE_MS = 3_600_000;

export interface ApiToken {
  readonly name: string;
  readonly role: Role;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** To the hour; 0: never. */
  readonly lastUsedAt: number;
}

const COLUMNS = 'name, role, created_at, expires_at, last_used_at';
const INSERT = `insert into api_tokens (hash, ${COLUMNS}) values (?, ?, ?, ?, ?, ?)`;
const USED = 'update api_tokens set last_used_at = ? where name = ?';

export class ApiTokens {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * @returns the token itself, which nobody can be told again
   * @throws {Failure} 'conflict' when there is one of that name
   */
  async create(name: string, role: Role, expiresAt: number): Promise<string> {
    const token = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
    try {
      await this.#database.write({ sql: INSERT, values: [hashOf(token), name, role, this.#clock.now(), expiresAt, 0] });
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'conflict') throw error;
      throw new Failure('conflict', `there is a token ${name} already; revoke it, or take another name`);
    }
    return token;
  }

  /** All of them by name, expired ones included. */
  async list(): Promise<ApiToken[]> {
    return (await this.#database.read(`select ${COLUMNS} from api_tokens order by name`)).map(readToken);
  }

  /** @throws {Failure} 'not-found' */
  async revoke(name: string): Promise<void> {
    const [deleted] = await this.#database.write({ sql: 'delete from api_tokens where name = ?', values: [name] });
    if (deleted!.changes === 0) throw new Failure('not-found', `there is no token ${name}`);
  }

  /** Whose token it is; undefined for one that is none, or has expired. */
  async find(token: string): Promise<ApiToken | undefined> {
    if (!SHAPE.test(token)) return undefined;
    const [row] = await this.#database.read(`select ${COLUMNS} from api_tokens where hash = ?`, [hashOf(token)]);
    const now = this.#clock.now();
    const found = row && readToken(row);
    if (found === undefined || found.expiresAt <= now) return undefined;
    if (found.lastUsedAt + USE_MS <= now) this.#database.append(USED, [now, found.name]);
    return found;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function readToken(row: Row): ApiToken {
  return {
    name: row.name as string,
    role: row.role as Role,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number,
    lastUsedAt: row.last_used_at as number,
  };
}

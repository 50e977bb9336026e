import { randomBytes } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import type { Session } from '../../session.ts';

/** A form may lie on somebody's screen for so long. */
const LIFETIME_MS = 1_800_000;
const MAX_OF_SESSION = 20;

interface Execution {
  readonly node: string;
  readonly expiresAt: number;
}

/** Commands that were begun and wait for their form (XEP-0050 §3.3). Nobody has those of somebody else. */
export class Executions {
  readonly #clock: Clock;
  readonly #bySession = new Map<Session, Map<string, Execution>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  newId(): string {
    return randomBytes(12).toString('base64url');
  }

  /** @returns the id; undefined where the session has begun too many */
  begin(session: Session, node: string): string | undefined {
    const now = this.#clock.now();
    const own = this.#bySession.get(session) ?? new Map<string, Execution>();
    for (const [id, { expiresAt }] of own) if (expiresAt <= now) own.delete(id);
    if (own.size >= MAX_OF_SESSION) return undefined;
    const id = this.newId();
    own.set(id, { node, expiresAt: now + LIFETIME_MS });
    this.#bySession.set(session, own);
    return id;
  }

  /** @returns the node; undefined where there is none of that id */
  find(id: string, session: Session): string | 'expired' | undefined {
    const found = this.#bySession.get(session)?.get(id);
    if (found === undefined) return undefined;
    return found.expiresAt <= this.#clock.now() ? 'expired' : found.node;
  }

  end(id: string, session: Session): void {
    this.#bySession.get(session)?.delete(id);
  }

  forget(session: Session): void {
    this.#bySession.delete(session);
  }
}

import { setTimeout as pause } from 'node:timers/promises';

export interface UntilOptions {
  /** How long to go on asking. */
  withinMs?: number;
  /** How long to wait between two questions. */
  everyMs?: number;
  /** Said on failure, after what was waited for: the screen of a client, the end of a log. */
  explain?: () => string | Promise<string>;
}

/**
 * Asks until there is an answer: for conditions that only show from outside (another process's screen, a port).
 * @param what said on failure, as in 'Juliet sees the message'
 * @returns the first answer that is neither undefined nor false
 * @throws {Error} when the time is over
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 30_000, everyMs = 50, explain }: UntilOptions = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) break;
    await pause(everyMs);
  }
  const explanation = explain ? `\n${await explain()}` : '';
  throw new Error(`Within ${withinMs / 1000} s it did not happen that: ${what}${explanation}`);
}

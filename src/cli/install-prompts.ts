/** The questions of an installation on a terminal. */
import { isCancel, log, password, select, text } from '@clack/prompts';
import { Failure } from '#base/failure.ts';
import type { Prompts } from './install-questions.ts';

export function terminalPrompts(): Prompts {
  return {
    async text(message, initial, fault) {
      const answer = await text({ message, initialValue: initial, validate: (value) => fault((value ?? '').trim()) });
      return (kept(answer) ?? '').trim();
    },
    async secret(message, fault) {
      return kept(await password({ message, validate: (value) => fault(value ?? '') })) ?? '';
    },
    async choose(message, choices) {
      return kept(await select({ message, options: choices.map((choice) => ({ ...choice })) }));
    },
    tell({ what, state, message, cure }) {
      const lines = `${what}: ${message}${cure ? `\n${cure}` : ''}`;
      if (state === 'ok') log.success(lines);
      else if (state === 'warning') log.warn(lines);
      else log.error(lines);
    },
  };
}

/** @throws {Failure} when the person has pressed Ctrl-C */
function kept<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Failure('unavailable', 'given up; nothing was installed');
  return answer as Exclude<T, symbol>;
}

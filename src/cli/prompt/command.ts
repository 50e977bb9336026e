import { Command } from 'commander';
import type { CommonOptions } from '../cli.ts';
import { runPrompt } from './prompt.ts';

/** @param program all the other commands, which can be typed at the prompt as well */
export function prompt(program: Command): Command {
  return new Command('cli')
    .description("the administrator's prompt; lines from a pipe are run one after the other")
    .option('--stop-on-error', 'end with the first line that fails')
    .option('--echo', 'show each line from a pipe before it is run')
    .action(async ({ data, stopOnError = false, echo = false }: PromptFlags) => {
      process.exitCode = await runPrompt({ data, program, stopOnError, echo });
    });
}

interface PromptFlags extends CommonOptions {
  stopOnError?: boolean;
  echo?: boolean;
}

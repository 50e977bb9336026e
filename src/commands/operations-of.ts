import { Failure } from '#base/failure.ts';
import type { CommandContext } from './command.ts';
import type { Operations } from './operations.ts';

/** @throws {Failure} 'unavailable' where a command has no machine to look at */
export function operationsOf({ operations }: CommandContext): Operations {
  if (operations === undefined) throw new Failure('unavailable', 'this server shows nothing of its machine');
  return operations;
}

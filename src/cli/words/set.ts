/** `set`: what is set with a question, since it may not stand in a command line. */
import { Failure } from '#base/failure.ts';
import { topologySecurityPassword } from '#commands/topology.ts';
import { askSecret } from '../password.ts';
import { runCommand } from '../run-command.ts';
import type { Verb } from './grammar.ts';

export const SET: readonly Verb[] = [
  {
    path: 'set password user security',
    help: 'the security password of the cluster; on the publisher first, then on each subscriber',
    async run({ data }) {
      if (!process.stdin.isTTY) {
        throw new Failure(
          'not-acceptable',
          'there is no terminal to ask on; use "rollcall topology security-password --password-stdin"',
        );
      }
      const currentPassword = await askSecret('Please enter the old password (empty where none is set): ');
      const password = await askSecret('Please enter the new password: ');
      if (password !== (await askSecret('Reenter new password to confirm: '))) {
        throw new Failure('malformed', 'the two were not the same; nothing was changed');
      }
      const input = { password, ...(currentPassword !== '' && { currentPassword }) };
      const result = await runCommand(data, topologySecurityPassword, input);
      return { result, text: 'The security password is set. Subscribers need it when they are installed.' };
    },
  },
];

/** The commands that this server has. */
import { Commands } from './command.ts';
import { presenceExplain, presenceOverride } from './presence.ts';
import { serverSettings, serverStatus } from './server.ts';
import { userAdd, userDisable, userEnable, userList, userPasswd, userRemove } from './users.ts';

export const allCommands = new Commands([
  userAdd,
  userList,
  userPasswd,
  userRemove,
  userEnable,
  userDisable,
  presenceExplain,
  presenceOverride,
  serverStatus,
  serverSettings,
]);

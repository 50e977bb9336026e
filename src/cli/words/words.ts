/** All that an administrator types, in one table. */
import { NTP } from '../utils-ntp.ts';
import { Grammar } from './grammar.ts';
import { insteadVerbs } from './instead.ts';
import { RUN_AND_FILE } from './run-and-file.ts';
import { SET } from './set.ts';
import { SHOW } from './show.ts';
import { UTILS } from './utils.ts';

/** What a word is about that is no command by itself. */
export const GROUPS: Readonly<Record<string, string>> = {
  show: 'how things are',
  'show cert': 'certificates',
  'show network': 'interfaces, nodes',
  'show perf': 'figures',
  'show process': 'processes',
  'show tech': 'the store',
  'show version': 'releases',
  utils: 'what is done with a server, and tests of it',
  'utils core': 'core files',
  'utils dbreplication': 'whether nodes hold the same data',
  'utils diagnose': 'tests',
  'utils ha': 'high availability',
  'utils ntp': 'the time',
  'utils ntp server': 'what the clock is measured against',
  'utils service': 'the parts of the server as services',
  'utils system': 'the server as a whole',
  run: 'questions to the store',
  file: 'the files of the log',
  set: 'what is asked for, or set elsewhere here',
  'set password': 'passwords',
};

export const words = new Grammar([...SHOW, ...UTILS, ...NTP, ...RUN_AND_FILE, ...SET, ...insteadVerbs()], GROUPS);

/** What administrators type on other systems that has no meaning here: what to use in its place. */
import { Failure } from '#base/failure.ts';
import type { Verb } from './grammar.ts';

const UPGRADE = 'there is one installed release: upgrade the checkout or the package, and start the server again';
const MACHINE = 'the machine belongs to its own administrator: use the tools of the operating system';
const BACKUP = 'a backup is a copy of the data folder, taken while the server is stopped';
const REPLICATION =
  'there is one store, and PostgreSQL replicates by itself where it is set up so; see "utils dbreplication runtimestate"';
const NO_PEER = 'high availability takes a second node; see "utils ha status"';

/** By path: a sentence without its end. */
export const INSTEAD: Readonly<Record<string, string>> = {
  'show hardware': `${MACHINE} (lscpu, free, lsblk); "show status" has the figures that matter here`,
  'show version inactive': UPGRADE,
  'show tls min-version': 'TLS is 1.2 or later, always; see docs/decisions/0008-tls.md',
  'set tls min-version [version]': 'TLS is 1.2 or later, always; see docs/decisions/0008-tls.md',
  'set network hostname [name]': `${MACHINE} (hostnamectl); the domain of this server stays what it was made for`,
  'set network cluster publisher [what...]': 'a node belongs to the publisher that it was installed with',
  'set timezone [zone]': `${MACHINE} (timedatectl)`,
  'set replication-sync monitor [state]': REPLICATION,
  'utils system restart':
    'a server does not start itself: use what supervises it ("systemctl restart rollcall"), or "utils system shutdown" and "rollcall start"',
  'utils system switch-version': UPGRADE,
  'utils dbreplication status': REPLICATION,
  'utils dbreplication repair [node]': REPLICATION,
  'utils dbreplication reset [node]': REPLICATION,
  'utils dbreplication stop [node]': REPLICATION,
  'utils imdb_replication status': 'presence and sign-ins are in the memory of this one node, and are not replicated',
  'utils ha failover [node]': NO_PEER,
  'utils ha fallback [node]': NO_PEER,
  'utils ha recover [group]': NO_PEER,
  'utils fips [state]': 'there is no FIPS mode; algorithms are chosen by docs/decisions/0008-tls.md',
  'utils disaster_recovery [what...]': BACKUP,
  'utils create report database': 'use "show tech dbintegrity" and "utils diagnose test"',
  'run pe sql [statement...]':
    'there is one store: use "run sql", and "rollcall presence explain NAME" for what is in memory',
  'file build log [what...]': 'the log is one: "file list activelog", then "file get activelog FILE FOLDER"',
};

export function insteadVerbs(): Verb[] {
  return Object.entries(INSTEAD).map(([path, sentence]) => ({
    path,
    help: 'not here; says what to use',
    run: () => Promise.reject(new Failure('not-acceptable', sentence)),
  }));
}

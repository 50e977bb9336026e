import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the tests with real clients need, by the file that shows that it is there. */
const PACKAGES: Record<string, string> = {
  profanity: '/usr/bin/profanity',
  tmux: '/usr/bin/tmux',
  'go-sendxmpp': '/usr/bin/go-sendxmpp',
  'baresip-core': '/usr/bin/baresip',
  'linphone-cli': '/usr/bin/linphonec',
  'sip-tester': '/usr/bin/sipp',
  'python3-zeep': '/usr/lib/python3/dist-packages/zeep/__init__.py',
  'python3-slixmpp': '/usr/lib/python3/dist-packages/slixmpp/__init__.py',
};

/**
 * Installs what is missing, where that is allowed.
 * @returns nothing when all is there; otherwise why the tests are to be skipped, and what would help
 */
export async function missingPackages(...wanted: string[]): Promise<string | undefined> {
  const absent = () => wanted.filter((name) => !existsSync(PACKAGES[name]!));
  if (absent().length === 0) return undefined;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) await install(absent());
  if (absent().length === 0) return undefined;
  const reason = `SKIPPED, because clients are missing. As root: apt-get install ${absent().join(' ')}`;
  process.stderr.write(`${reason}\n`);
  return reason;
}

/** Test files run beside each other, so one waits for the other. */
async function install(packages: string[]): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 };
  const lock = join(tmpdir(), 'rollcall-test-apt.lock');
  const get = (...args: string[]) => run('flock', [lock, 'apt-get', '-qq', ...args], options);
  try {
    await get('update');
    await get('install', '-y', '--no-install-recommends', ...packages);
  } catch (error) {
    process.stderr.write(`apt-get: ${(error as Error).message}\n`);
  }
}

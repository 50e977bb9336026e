/** Debian's packages: what is there, and what is to be installed. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const POLICY = '/usr/sbin/policy-rc.d';

/** The installed version of a package; undefined where it is not installed. */
export function packageVersion(name: string): string | undefined {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg's
    const args = ['-W', '-f', '${db:Status-Status} ${Version}', name];
    const [status, version] = execFileSync('dpkg-query', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).split(' ');
    return status === 'installed' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** The first file of a package whose path ends so. */
export function packageFile(name: string, ending: string): string {
  const files = execFileSync('dpkg', ['-L', name], { encoding: 'utf8' }).split('\n');
  const file = files.find((path) => path.endsWith(ending));
  if (file === undefined) throw new Error(`the package ${name} has no ${ending}`);
  return file;
}

/**
 * Installs what is missing, as root; the services that the packages bring are not started.
 * @throws an Error that says what to install, where this process may not
 */
export function installMissing(packages: readonly string[]): void {
  const missing = [...new Set(packages)].filter((name) => packageVersion(name) === undefined);
  if (missing.length === 0) return;
  const command = `apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) throw new Error(`missing: ${missing.join(', ')}; as root: ${command}`);
  console.error(`installing ${missing.join(' ')}`);
  const policy = !existsSync(POLICY);
  // 101 is a policy's word for "may not be started".
  if (policy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    apt(['update']);
    apt(['install', '-y', ...missing]);
  } catch {
    throw new Error(`this failed, see above: ${command}`);
  } finally {
    if (policy) rmSync(POLICY);
  }
}

function apt(args: readonly string[]): void {
  execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildServer } from './child-server.ts';
import { freeOffset } from './free-ports.ts';
import type { ServerOptions, ServerUnderTest } from './server-under-test.ts';

const ROLLCALL = join(import.meta.dirname, '../../bin/rollcall');
const HOST = '127.0.0.1';
const C2S = 5222;
const C2S_DIRECT_TLS = 5223;
const SIP = 5060;
const SIP_TLS = 5061;
const HTTP = 5280;
const HTTPS = 5281;
/** How often another port offset is tried, when someone was quicker. */
const ATTEMPTS = 3;

/** Rollcall itself, as a stranger starts it: `rollcall start`, then `rollcall user add` while it runs. */
export async function startRollcall(options: ServerOptions): Promise<ServerUnderTest> {
  const { domain, users, dataDir, settings = {} } = options;
  const data = dataDir ?? (await mkdtemp(join(tmpdir(), 'rollcall-test-')));
  const cleanUp = async () => {
    if (dataDir === undefined) await rm(data, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const { offset, child } = await startOnFreePorts(data, domain, settings);
    try {
      for (const user of users) await addUser(data, `${user.name}@${domain}`, user.password);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return {
      name: 'rollcall',
      host: HOST,
      ports: {
        c2s: C2S + offset,
        c2sDirectTls: C2S_DIRECT_TLS + offset,
        sip: SIP + offset,
        sipTls: SIP_TLS + offset,
      },
      domain,
      get pid() {
        return child.pid;
      },
      get running() {
        return child.running;
      },
      get output() {
        return child.output;
      },
      kill9: () => child.kill9(),
      restart: () => child.start(),
      async stop() {
        await child.stop();
        await cleanUp();
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function startOnFreePorts(
  data: string,
  domain: string,
  settings: Readonly<Record<string, string>>,
): Promise<{ offset: number; child: ChildServer }> {
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  for (let attempt = 1; ; attempt++) {
    const offset = await freeOffset([C2S, C2S_DIRECT_TLS, SIP, SIP_TLS, HTTP, HTTPS]);
    const child = new ChildServer({
      command: ROLLCALL,
      arguments: ['start', '--data', data, '--domain', domain, '--port-offset', `${offset}`, ...set],
      isReady: () => answersOk(`http://${HOST}:${HTTP + offset}/readyz`),
    });
    try {
      await child.start();
      return { offset, child };
    } catch (error) {
      await child.stop();
      if (attempt === ATTEMPTS || !child.output.includes('EADDRINUSE')) throw error;
    }
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function addUser(data: string, address: string, password: string): Promise<void> {
  const child = spawn(ROLLCALL, ['user', 'add', address, '--password-stdin', '--data', data], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin.end(`${password}\n`);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`rollcall user add ${address} ended with ${code}: ${output}`);
}

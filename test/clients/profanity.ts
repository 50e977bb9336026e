import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { until } from '../support/until.ts';
import { PASSWORD } from './people.ts';

const run = promisify(execFile);

/** A person in front of profanity, on a terminal (of tmux) that nobody looks at: types, and reads the screen. */
export class Profanity {
  #home: string;

  constructor() {
    this.#home = mkdtempSync(join(tmpdir(), 'profanity-'));
    process.on('exit', this.#atExit);
  }

  /** Starts it and signs in; resolves when the screen says so. */
  async signIn(town: ServerUnderTest, name: string, tls: 'starttls' | 'direct'): Promise<void> {
    await this.#start();
    const port = tls === 'direct' ? town.ports.c2sDirectTls : town.ports.c2s;
    // It has no word for "direct TLS, and trust whatever comes", so there it asks about the certificate.
    const policy = tls === 'direct' ? 'legacy' : 'trust';
    await this.type(`/connect ${name}@${town.domain} server ${town.host} port ${port} tls ${policy}`);
    await this.expectScreen('asks for the password', /Enter password:/);
    await this.type(PASSWORD);
    if (tls === 'direct') {
      await this.expectScreen('asks about the certificate', /Use '\/tls allow'/);
      await this.type('/tls allow');
    }
    await this.expectScreen('is signed in', new RegExp(`${name}@${town.domain}/\\S+ logged in successfully`));
  }

  /** A line, and the Enter key. */
  async type(line: string): Promise<void> {
    await this.#tmux('send-keys', '-l', line);
    await this.#tmux('send-keys', 'Enter');
  }

  async screen(): Promise<string> {
    const { stdout } = await this.#tmux('capture-pane', '-p');
    return stdout.replace(/\n{2,}/g, '\n');
  }

  /** @returns the screen on which it stands */
  expectScreen(what: string, expected: RegExp): Promise<string> {
    const look = async () => {
      const screen = await this.screen();
      return expected.test(screen) && screen;
    };
    return until(`profanity ${what}`, look, { explain: () => this.screen(), everyMs: 100 });
  }

  /** Leaves, but keeps what it has stored. */
  async quit(): Promise<void> {
    await this.type('/quit');
    await until('profanity ends', async () => !(await this.#isRunning()), { explain: () => this.screen() });
  }

  /** Ends it in any case and removes all that it stored. */
  remove(): void {
    process.off('exit', this.#atExit);
    this.#atExit();
  }

  async #start(): Promise<void> {
    const home = this.#home;
    const environment = [`HOME=${home}`, `XDG_CONFIG_HOME=${home}/config`, `XDG_DATA_HOME=${home}/data`];
    const program = ['env', ...environment, 'LC_ALL=C.UTF-8', 'TERM=screen-256color', 'profanity'];
    await this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '200', '-y', '60', ...program);
    await this.expectScreen('starts', /Type '\/help'|Profanity\. Version|\[\d\d:\d\d\]/);
  }

  async #isRunning(): Promise<boolean> {
    return this.#tmux('has-session').then(
      () => true,
      () => false,
    );
  }

  #tmux(...args: string[]): Promise<{ stdout: string }> {
    const environment = { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '', TMUX_TMPDIR: this.#home };
    return run('tmux', ['-u', '-S', join(this.#home, 'tmux'), ...args], { env: environment });
  }

  #atExit = () => {
    try {
      execFileSync('tmux', ['-S', join(this.#home, 'tmux'), 'kill-server'], { stdio: 'ignore' });
    } catch {
      // It has ended already.
    }
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
}

/** The course of a run: each server prepared once, then measured in turn, round by round, each time on fresh data. */
import { copyFileSync, cpSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { memoryOf } from '../../lib/procfs.ts';
import { blank, failed, formatNumber, type Result } from '../../lib/report.ts';
import type { Results } from '../../lib/results.ts';
import { sleep } from '../lib/pool.ts';
import { makeCertificate } from '../peers/certificate.ts';
import { type Archive, logOf, type RunningServer, type Server } from '../peers/server.ts';
import { measure } from './measure.ts';
import type { RunOptions } from './options.ts';
import { type Cell, CONTACT_PREFIX, cells, type Setup } from './plan.ts';

/** After a start, before anything is measured: what a server does at its start is then done. */
const SETTLE_MS = 2_000;

const ARCHIVES: Record<Setup, Archive> = {
  start: 'none',
  idle: 'none',
  plain: 'none',
  archive: 'internal',
  sqlite: 'sqlite',
};

/** Cells that one start of a server serves. */
interface Sitting {
  setup: Setup;
  cells: Cell[];
}

export class Course {
  #options: RunOptions;
  #servers: readonly Server[];
  #work: string;
  #results: Results;
  #firstStartMs = new Map<string, number>();
  #done = 0;
  #total: number;
  #startedAt = performance.now();

  /** @param work a folder for everything, which the caller removes */
  constructor(options: RunOptions, servers: readonly Server[], work: string, results: Results) {
    this.#options = options;
    this.#servers = servers;
    this.#work = work;
    this.#results = results;
    const perRound = Array.from({ length: options.rounds }, (_, i) => this.#sittings(i + 1).flatMap((s) => s.cells));
    this.#total = perRound.flat().length * servers.length;
  }

  async run(): Promise<void> {
    makeCertificate(this.#work, this.#options.key);
    for (const server of this.#servers) await this.#prepare(server);
    this.#startedAt = performance.now();
    for (let round = 1; round <= this.#options.rounds; round++) {
      for (const server of this.#servers) {
        for (const sitting of this.#sittings(round)) await this.#sit(server, sitting, round);
      }
    }
  }

  /**
   * Memory is measured in the first round only. It takes a start of its own, and so does each cell with an archive, for
   * a peer slows down as its archive grows; with profiles, every cell does.
   */
  #sittings(round: number): Sitting[] {
    const wanted = cells(this.#options.scenarios, this.#options.sizes);
    const sittings: Sitting[] = [];
    for (const setup of ['start', 'idle', 'plain', 'archive', 'sqlite'] as const) {
      const ofSetup = wanted.filter((cell) => cell.setup === setup);
      if (ofSetup.length === 0 || (setup === 'idle' && round > 1)) continue;
      const shared = this.#options.profile ? false : setup === 'plain' || setup === 'start';
      sittings.push(...(shared ? [{ setup, cells: ofSetup }] : ofSetup.map((cell) => ({ setup, cells: [cell] }))));
    }
    return sittings;
  }

  /** Makes the users, and the contacts of `presence`, in the data that every start then gets a copy of. */
  async #prepare(server: Server): Promise<void> {
    const { sizes, scenarios, nice } = this.#options;
    const folder = this.#template(server);
    mkdirSync(folder, { recursive: true });
    for (const name of ['cert.pem', 'key.pem', 'both.pem']) copyFileSync(join(this.#work, name), join(folder, name));
    const wanted = new Set(cells(scenarios, sizes).map((cell) => cell.scenario));
    const users = Math.max(
      wanted.has('login') ? sizes.loginUsers : 0,
      wanted.has('idle') ? sizes.idleUsers : 0,
      sizes.chatUsers,
    );
    console.log(`${server.name}: making ${users} users`);
    const running = await server.start({ folder, archive: 'none', nice });
    this.#firstStartMs.set(server.name, running.readyMs);
    try {
      await sleep(SETTLE_MS);
      const steps = [['register', '--users', String(users)]];
      const friends = ['--users', String(sizes.presenceUsers), '--user-prefix', CONTACT_PREFIX];
      if (wanted.has('presence')) steps.push(['register', ...friends], ['contacts', ...friends]);
      for (const [scenario = '', ...args] of steps) {
        const result = await this.#measure(running, server, scenario, args);
        if (result.failures.length > 0)
          throw new Error(`${server.name}: ${scenario} failed: ${result.failures.join('; ')}`);
      }
    } finally {
      await running.stop();
    }
  }

  /** Starts the server on a copy of its data, measures the cells, and stops it. */
  async #sit(server: Server, { setup, cells: served }: Sitting, round: number): Promise<void> {
    const folder = join(this.#work, server.name, 'data');
    cpSync(this.#template(server), folder, { recursive: true, filter: (path) => !lstatSync(path).isSocket() });
    let running: RunningServer | undefined;
    try {
      running = await server.start({
        folder,
        archive: ARCHIVES[setup],
        nice: this.#options.nice,
        ...this.#profiles(served),
      });
      await sleep(SETTLE_MS);
      for (const cell of served) {
        const result =
          setup === 'start'
            ? this.#startFigures(server, running)
            : await this.#measure(running, server, cell.scenario, cell.args);
        this.#take(cell, server, round, result);
      }
    } catch (error) {
      // The server did not start: its cells have failed, the run goes on.
      for (const cell of served) this.#take(cell, server, round, failed(server.name, cell.scenario, String(error)));
    } finally {
      await running?.stop();
      this.#keepLog(folder, `${server.name}.${served[0]?.id}.${round}.log`);
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #startFigures(server: Server, running: RunningServer): Result {
    const rssKiB = memoryOf([running.pid]).rssKiB;
    const metrics = {
      'first start ms': this.#firstStartMs.get(server.name) ?? Number.NaN,
      'next start ms': running.readyMs,
      'RSS MB': (rssKiB * 1024) / 1e6,
    };
    return { ...blank(server.name, 'start'), metrics };
  }

  #measure(server: RunningServer, { name }: Server, scenario: string, args: readonly string[]): Promise<Result> {
    return measure({ scenario, args, server, label: name, nice: this.#options.nice, folder: this.#work });
  }

  #take(cell: Cell, server: Server, round: number, result: Result): void {
    this.#results.add(cell.id, server.name, round, result);
    this.#done++;
    const spent = performance.now() - this.#startedAt;
    const leftMinutes = ((spent / this.#done) * (this.#total - this.#done)) / 60_000;
    const figures = cell.figures.map(({ metric }) => `${formatNumber(result.metrics[metric] ?? Number.NaN)} ${metric}`);
    const outcome = result.failures.length === 0 ? figures.join(', ') : `FAILED: ${result.failures.join('; ')}`;
    const progress = `[${this.#done}/${this.#total}, about ${Math.ceil(leftMinutes)} min left]`;
    console.log(`${progress} round ${round}, ${server.name}: ${cell.title}: ${outcome}`);
  }

  #template(server: Server): string {
    return join(this.#work, server.name, 'template');
  }

  /** What the server itself said may explain a figure. */
  #keepLog(folder: string, name: string): void {
    const { out } = this.#options;
    if (out === undefined || !existsSync(logOf(folder))) return;
    mkdirSync(join(out, 'logs'), { recursive: true });
    copyFileSync(logOf(folder), join(out, 'logs', name));
  }

  #profiles(served: readonly Cell[]): { profiles?: string } {
    const { profile, out } = this.#options;
    if (!profile || out === undefined) return {};
    const folder = join(out, 'profiles', served[0]?.id ?? 'none');
    mkdirSync(folder, { recursive: true });
    return { profiles: folder };
  }
}

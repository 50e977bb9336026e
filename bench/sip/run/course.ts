/** The course of a run: each server prepared once, then measured in turn, round by round, each time on fresh data. */
import { copyFileSync, cpSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, formatNumber, type Result } from '../../lib/report.ts';
import type { Results } from '../../lib/results.ts';
import { logOf, type RunningServer, type Server } from '../peers/server.ts';
import { measure } from './measure.ts';
import type { RunOptions } from './options.ts';
import { type Cell, cells } from './plan.ts';

/** After a start, before anything is measured: what a server does at its start is then done. */
const SETTLE_MS = 1_500;
/** Each side has a processor of its own. */
const SERVER_PROCESSOR = 0;
const TOOL_PROCESSOR = 1;
/** At the very edge a rate that was clean once need not be clean again. */
const JUST_BELOW = 0.95;
/** The parameter of a result that says at which rate it was made. */
const OFFERED = 'calls/s offered';

export class Course {
  #options: RunOptions;
  #servers: readonly Server[];
  #work: string;
  #results: Results;
  #cells: Cell[];

  /** @param work a folder for everything, which the caller removes */
  constructor(options: RunOptions, servers: readonly Server[], work: string, results: Results) {
    const names = servers.map(({ name }) => name);
    this.#options = options;
    this.#servers = servers;
    this.#work = work;
    this.#results = results;
    this.#cells = cells(options.loads, options.sizes, names);
  }

  async run(): Promise<void> {
    const { sizes, rounds } = this.#options;
    for (const server of this.#servers) {
      console.log(`${server.name}: making ${sizes.users} users`);
      await server.prepare(this.#template(server), sizes.users);
    }
    // A rate has to be found before it can be offered to the others, so the rounds of one cell follow each other.
    for (const cell of this.#cells) {
      const servers = this.#servers.filter(({ name }) => cell.only === undefined || cell.only === name);
      for (let round = 1; round <= (isSearched(cell) ? 1 : rounds); round++) {
        for (const server of servers) await this.#take(cell, server, round);
      }
    }
  }

  async #take(cell: Cell, server: Server, round: number): Promise<void> {
    const rate = this.#rateOf(cell);
    const result = rate === undefined ? noRate(cell, server) : await this.#measure(cell, server, round, rate);
    this.#results.add(cell.id, server.name, round, result);
    const figures = cell.figures.map(({ metric }) => `${formatNumber(result.metrics[metric] ?? Number.NaN)} ${metric}`);
    const outcome = [...figures, ...result.warnings, ...result.failures.map((failure) => `FAILED: ${failure}`)];
    console.log(`${cell.title}, round ${round}, ${server.name}: ${outcome.join('; ')}`);
  }

  /** @returns the arguments that say the rate; undefined where it was to be found, and was not */
  #rateOf({ atHighestOf }: Cell): string[] | undefined {
    if (atHighestOf === undefined) return [];
    const [found] = this.#results.of(atHighestOf.cell).get(atHighestOf.server) ?? [];
    if (found === undefined || found.failures.length > 0) return undefined;
    return ['--rate', String(Math.round(Number(found.parameters[OFFERED]) * JUST_BELOW))];
  }

  /** Starts the server on a copy of its data, measures the cell, and stops it. */
  async #measure(cell: Cell, server: Server, round: number, args: readonly string[]): Promise<Result> {
    const folder = join(this.#work, server.name, 'data');
    cpSync(this.#template(server), folder, { recursive: true, filter: (path) => !lstatSync(path).isSocket() });
    let running: RunningServer | undefined;
    try {
      const archive = cell.setup === 'archive';
      const processor = cell.unbound === true ? undefined : SERVER_PROCESSOR;
      running = await server.start({ folder, archive, processor, ...this.#profiles(cell) });
      await sleep(SETTLE_MS);
      const { users } = this.#options.sizes;
      const label = server.name;
      const tool = { processor: TOOL_PROCESSOR, folder: this.#work };
      return overreached(cell, await measure({ cell, args, users, server: running, label, ...tool }));
    } catch (error) {
      // The server did not start: the cell has failed, the run goes on.
      return failed(server.name, cell.load, String(error));
    } finally {
      await running?.stop();
      this.#keepLog(folder, `${server.name}.${cell.id}.${round}.log`);
      rmSync(folder, { recursive: true, force: true });
    }
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

  #profiles({ id }: Cell): { profiles?: string } {
    const { profile, out } = this.#options;
    if (!profile || out === undefined) return {};
    const folder = join(out, 'profiles', id);
    mkdirSync(folder, { recursive: true });
    return { profiles: folder };
  }
}

/** A search is its own repetition, and very many subscriptions are measured once. */
function isSearched(cell: Cell): boolean {
  return cell.args.includes('--highest') || cell.load === 'subscriptions';
}

/** At a rate as high as this, to fail is no fault: there is no figure then, and it is told. */
function overreached(cell: Cell, result: Result): Result {
  if (cell.atHighestOf === undefined || result.failures.length === 0) return result;
  return { ...result, metrics: {}, failures: [], warnings: [`not reached: ${result.failures.join('; ')}`] };
}

function noRate(cell: Cell, { name }: Server): Result {
  return { ...failed(name, cell.load, ''), failures: [], warnings: ['no rate was found before'] };
}

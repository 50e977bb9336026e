/** The results of a run, in memory and as files: CELL.SERVER.ROUND.json, and run.json for what it was made with. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellResults } from './judge.ts';
import type { Result } from './report.ts';

/** What a page tells about a run besides its figures. */
export interface RunFacts {
  at: string;
  servers: string[];
  rounds: number;
  quick: boolean;
  key: string;
  /** By name: the machine's, the load's, the versions. */
  facts: Record<string, string>;
}

const RUN = 'run.json';

export class Results {
  #cells = new Map<string, Map<string, Result[]>>();
  #folder: string | undefined;

  /** @param folder where each result is kept as well */
  constructor(folder?: string) {
    this.#folder = folder;
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  }

  /** Those of an earlier run. */
  static load(folder: string): { results: Results; facts: RunFacts } {
    const results = new Results();
    for (const name of readdirSync(folder).sort()) {
      const [cell, server, round] = name.split('.');
      if (cell === undefined || server === undefined || !/^\d+$/.test(round ?? '')) continue;
      results.#remember(cell, server, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result);
    }
    return { results, facts: JSON.parse(readFileSync(join(folder, RUN), 'utf8')) as RunFacts };
  }

  add(cell: string, server: string, round: number, result: Result): void {
    this.#remember(cell, server, result);
    this.#write(`${cell}.${server}.${round}.json`, result);
  }

  keepFacts(facts: RunFacts): void {
    this.#write(RUN, facts);
  }

  of(cell: string): CellResults {
    return this.#cells.get(cell) ?? new Map();
  }

  all(): Result[] {
    return [...this.#cells.values()].flatMap((servers) => [...servers.values()].flat());
  }

  #remember(cell: string, server: string, result: Result): void {
    const servers = this.#cells.get(cell) ?? new Map<string, Result[]>();
    this.#cells.set(cell, servers);
    servers.set(server, [...(servers.get(server) ?? []), result]);
  }

  #write(name: string, value: unknown): void {
    if (this.#folder !== undefined) writeFileSync(join(this.#folder, name), `${JSON.stringify(value, null, 2)}\n`);
  }
}

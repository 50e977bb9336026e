/** From the rounds' figures to a ratio and whether the target is met. Pure. */

import type { Cell, Figure } from './figure.ts';
import { median } from './median.ts';
import type { Result } from './report.ts';

/** All results of one cell: by server, one for each round. */
export type CellResults = ReadonlyMap<string, readonly Result[]>;

export interface Verdict {
  cell: Cell;
  figure: Figure;
  /** Ours; undefined where no sound run of ours is there. */
  ours: number | undefined;
  /** The peer that ours is compared with, and its figure. */
  rival: { name: string; value: number } | undefined;
  /** Ours over the rival's. */
  ratio: number | undefined;
  /** Undefined where there is no target, or not what it takes to tell. */
  met: boolean | undefined;
}

/** The figures of a server's sound runs; those that lost or doubled something do not count. */
export function figuresOf(results: CellResults, server: string, metric: string): number[] {
  const sound = (results.get(server) ?? []).filter((result) => result.failures.length === 0);
  return sound.flatMap((result) => {
    const value = result.metrics[metric];
    return value === undefined || !Number.isFinite(value) ? [] : [value];
  });
}

/** @param peers  those to be compared with; Prosody as it comes is beaten by itself with another collector */
export function judge(
  cell: Cell,
  figure: Figure,
  results: CellResults,
  ours: string,
  peers: readonly string[],
): Verdict {
  const middle = (server: string): number | undefined => {
    const values = figuresOf(results, server, figure.metric);
    return values.length === 0 ? undefined : median(values);
  };
  const own = middle(ours);
  const one = figure.target?.of;
  const names = peers.some((name) => name === one) ? peers.filter((name) => name === one) : peers;
  const measured = names.flatMap((name) => {
    const value = middle(name);
    // Growth of memory can be nothing or less when few users sign in; no ratio can be taken to that.
    return value === undefined || value <= 0 ? [] : [{ name, value }];
  });
  const rival = measured.sort((a, b) => a.value - b.value)[0];
  const ratio = own === undefined || rival === undefined ? undefined : own / rival.value;
  const judged = figure.target?.of === 'absolute' ? own : ratio;
  const met = figure.target === undefined || judged === undefined ? undefined : judged <= figure.target.atMost;
  return { cell, figure, ours: own, rival, ratio, met };
}

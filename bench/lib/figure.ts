/** What a run measures and is judged by, whatever the protocol. */

export interface Target {
  atMost: number;
  /** Times the better of the peers, times that of one of them by its name, or as it stands. */
  of: 'better' | 'absolute' | (string & {});
}

export interface Figure {
  /** The metric's name in the results. */
  metric: string;
  target?: Target;
}

/** A line of the page: one measurement of each server. */
export interface Cell {
  /** Names its files. */
  id: string;
  title: string;
  figures: readonly Figure[];
}

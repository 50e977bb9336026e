import type { Flow } from '../../transport/flow.ts';
import type { NextHop } from './outgoing.ts';

/** One way to somebody who was asked for. */
export interface Attempt extends NextHop {
  /** The one that they opened to us; undefined where there is none, or never was. */
  readonly flow: Flow | undefined;
  /** They are reached on that flow alone (RFC 5626 §5.3). */
  readonly isFlowOnly: boolean;
}

/** Ways to one and the same, of which the next is gone when one fails (RFC 5626 §5.3). */
export type Alternatives = readonly Attempt[];

/** Who is asked at the same time (RFC 3261 §16.6). */
export type Group = readonly Alternatives[];

import type { Availability, Publication } from '#accounts/device.ts';

/**
 * Where presence comes from that no signed-in device says:
 * - 'event-publication': a client that publishes (RFC 3903); counts as a client like a signed-in device
 * - 'phone-line': one line of a phone, told of by the call manager
 * - 'calendar': where the person should be
 * - 'override': what holds whatever all others say
 * - 'hard-state': what holds while nobody else says anything (RFC 4827)
 */
export type SourceKind = 'event-publication' | 'phone-line' | 'calendar' | 'override' | 'hard-state';

/** What a line of a phone does. 'unavailable': no phone is registered for it. */
export type LineState = 'available' | 'busy' | 'ringing' | 'unavailable';

/** A line of a phone, which may be in use and set to do not disturb at the same time. */
export interface Line {
  readonly state: LineState;
  readonly doNotDisturb: boolean;
}

/** Of a source that ends only when somebody takes it away. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** A source of an account's presence that is no signed-in device. Never changed: a change makes a new one. */
export interface Source {
  /** Unique in its account. XMPP watchers see a client's as its resource. */
  readonly id: string;
  readonly kind: SourceKind;
  /** What it says; its `device` is the id. Kept as it is by a refresh (RFC 3903 §4.3). */
  readonly publication: Publication;
  /** Of a phone line. */
  readonly line?: Line;
  /** The entity-tag by which whoever published it refers to it (RFC 3903 §6); '' for none. */
  readonly tag: string;
  /** Epoch milliseconds, or `NEVER`. */
  readonly expiresAt: number;
}

/** What is composed: how ready the person is on the whole. */
export type Composite = Availability | 'unavailable';

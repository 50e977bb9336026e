import type { Device, PresenceNotice, Publication } from '#accounts/device.ts';
import type { Home } from '#accounts/home.ts';
import { hook } from '#base/hook.ts';
import type { Source } from './source.ts';

/** A device, or another source, says something else of its account's presence, or no longer anything. */
export interface PresenceChange {
  readonly home: Home;
  /** Undefined: it is said by a source that is no signed-in device. */
  readonly device: Device | undefined;
  readonly source: Source | undefined;
  /** What it says now; undefined: it is unavailable. */
  readonly publication: Publication | undefined;
  /** What it said before; undefined: it was unavailable. */
  readonly before: Publication | undefined;
  /** What watchers of a device are handed; one for all of them. Of a source, it is what it says itself. */
  readonly notice: PresenceNotice;
}

/** A handler that stops, or throws, in 'authorize' keeps it from being told to anybody. */
export const presencePublished = hook<PresenceChange>()('presence.published', ['authorize', 'broadcast', 'observe']);

/**
 * A notice that crosses between an account and somebody else. Valid during the call only: on the hot path, one object
 * serves all contacts.
 */
export interface Passage {
  /** The account on this side. */
  home: Home;
  /** The address of the other side: 'local@domain', or a domain alone. */
  other: string;
  /** The device of the other side that it is from, or for alone; '' where it is for the account as a whole. */
  otherDevice: string;
  notice: PresenceNotice;
}

/** What an account says is about to be told to somebody; also its answers to probes. */
export const presenceLeaving = hook<Passage>()('presence.leaving', ['block']);

/** What somebody says is about to be shown to an account's devices. */
export const presenceArriving = hook<Passage>()('presence.arriving', ['block']);

export interface Probe {
  readonly home: Home;
  /** Who asks: 'local@domain', and the device, '' where it is not known. */
  readonly from: string;
  readonly fromDevice: string;
}

/** Somebody asks what an account's devices say now; a handler that stops leaves that unanswered. */
export const probeArriving = hook<Probe>()('presence.probe-arriving', ['block']);

/** An account is about to ask what somebody's devices say now. */
export const probeLeaving = hook<Pick<Probe, 'home'> & { readonly to: string }>()('presence.probe-leaving', ['block']);

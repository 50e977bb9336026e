import type { Pidf } from '../../bodies/pidf.ts';
import { PIDF_DIFF_TYPE, writePidfDiff, writePidfFull } from '../../bodies/pidf-diff.ts';
import type { NotifyDocument } from '../../event-package.ts';
import type { PidfForm } from '../rfc-3856-presence/views.ts';

/** What one watcher is told in parts (RFC 5263 §4.2): all of it first, then what has changed since the last document. */
export class PartialForm implements PidfForm {
  #version = 0;
  /** What the watcher has; undefined: nothing that a part could be applied to. */
  #told: Pidf | undefined;

  restart(): void {
    this.#told = undefined;
  }

  write(pidf: Pidf): NotifyDocument {
    const text = textOf(this.#told, pidf);
    this.#told = pidf;
    const body = text.replace(' version="0"', ` version="${++this.#version}"`);
    return { contentType: PIDF_DIFF_TYPE, body, entityTag: '' };
  }
}

interface Written {
  readonly full: string;
  /** From what came before, which nearly all watchers have been told. */
  before: Pidf | undefined;
  diff: string;
}

/** Watchers who see the same have the same documents, but for the version: they are made once. */
const written = new WeakMap<Pidf, Written>();

/** One that would say more about what has changed than about how things are says how things are. */
function textOf(before: Pidf | undefined, now: Pidf): string {
  let known = written.get(now);
  if (known === undefined) {
    const full = writePidfFull(now, 0);
    known = { full, before: undefined, diff: full };
    written.set(now, known);
  }
  if (before === undefined) return known.full;
  if (known.before !== before) {
    const diff = writePidfDiff(before, now, 0);
    known.before = before;
    known.diff = diff !== undefined && diff.length < known.full.length ? diff : known.full;
  }
  return known.diff;
}

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

  /** One that would say more about what has changed than about how things are says how things are. */
  write(pidf: Pidf): NotifyDocument {
    const version = ++this.#version;
    const full = writePidfFull(pidf, version);
    const diff = this.#told === undefined ? undefined : writePidfDiff(this.#told, pidf, version);
    this.#told = pidf;
    const body = diff !== undefined && diff.length < full.length ? diff : full;
    return { contentType: PIDF_DIFF_TYPE, body, entityTag: '' };
  }
}

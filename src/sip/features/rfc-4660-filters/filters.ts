import type { Element } from '#xml/element.ts';
import { filterPidf, isTriggered } from '../../bodies/filter-apply.ts';
import type { Pidf } from '../../bodies/pidf.ts';
import { pidfElement, writePidf } from '../../bodies/pidf-writer.ts';
import { type Filter, filtersFor } from '../../bodies/simple-filter.ts';
import type { PidfFilter, PidfFilters } from '../rfc-3856-presence/views.ts';

/** The filters of one subscription. */
export class Filters implements PidfFilters {
  readonly all: readonly Filter[];

  constructor(all: readonly Filter[]) {
    this.all = all;
  }

  for(uri: string): PidfFilter | undefined {
    const own = filtersFor(this.all, uri);
    return own.length === 0 ? undefined : new ResourceFilter(own);
  }
}

/** The filters that hold for one resource (RFC 4660 §6.3, §6.4). */
class ResourceFilter implements PidfFilter {
  readonly #filters: readonly Filter[];
  /** Those that say when they want to be told. */
  readonly #triggered: readonly Filter[];
  /** How things were when they were looked at last. */
  #seen: Element | undefined;
  /** What was told last. */
  #shown = '';

  constructor(filters: readonly Filter[]) {
    this.#filters = filters;
    this.#triggered = filters.filter(({ triggers }) => triggers.length > 0);
  }

  /** What says when is told then, whatever it shows; what does not, when what it shows is not as before. */
  isNews(now: Pidf): boolean {
    const before = this.#seen;
    this.#seen = pidfElement(now);
    if (this.#triggered.length > 0 && isTriggered(this.#triggered, before, this.#seen)) return true;
    if (this.#triggered.length === this.#filters.length) return false;
    return writePidf(filterPidf(now, this.#filters)) !== this.#shown;
  }

  show(now: Pidf): Pidf {
    const shown = filterPidf(now, this.#filters);
    this.#shown = writePidf(shown);
    this.#seen ??= pidfElement(now);
    return shown;
  }
}

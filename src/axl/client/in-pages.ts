import { Failure } from '#base/failure.ts';
import { AxlFault, suggestedRows } from './axl-fault.ts';
import type { Page } from './unified-cm.ts';

/** More pages than any Unified CM has. */
const MAX_PAGES = 100_000;

/**
 * Reads a list page by page, and in smaller pages where an answer would be too large.
 * @param read undefined: there is no such list
 * @param keyOf what no two of the list have in common, so that one who ignores the page is noticed
 */
export async function* inPages<T>(
  read: (page: Page) => Promise<readonly T[] | undefined>,
  pageSize: number,
  keyOf: (item: T) => string,
): AsyncGenerator<readonly T[]> {
  let first = pageSize;
  let skip = 0;
  let lastKey: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const answer = await tryPage(read, { skip, first });
    if (typeof answer === 'number') {
      first = answer;
      continue;
    }
    const last = answer?.at(-1);
    if (answer === undefined || last === undefined) return;
    if (keyOf(last) === lastKey) throw new Failure('malformed', 'Unified CM gives the same page again and again');
    lastKey = keyOf(last);
    yield answer;
    // One that gives more than was asked for has given all there is.
    if (answer.length !== first) return;
    skip += answer.length;
  }
  throw new Failure('malformed', 'Unified CM gives pages without end');
}

/** @returns a page size, where this one was too large */
async function tryPage<T>(
  read: (page: Page) => Promise<readonly T[] | undefined>,
  page: Page,
): Promise<readonly T[] | undefined | number> {
  try {
    return await read(page);
  } catch (error) {
    const rows = error instanceof AxlFault ? suggestedRows(error.message) : undefined;
    if (rows === undefined || page.first === 1) throw error;
    return Math.min(rows, Math.max(1, Math.floor(page.first * 0.7)));
  }
}

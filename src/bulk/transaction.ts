import type { Accounts } from '#accounts/accounts.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Directory } from '#directory/directory.ts';
import type { Database } from '#store/database.ts';

/** Why a line was not taken, in words for the end of the log, and whom it is about. */
export interface Ignored {
  readonly user: string;
  readonly other: string;
  readonly reason: string;
}

/** What became of a line; undefined: it was taken. */
export type Outcome = Ignored | undefined;

/** What transactions work on. */
export interface BulkWorld {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly homes: Homes;
  /** Undefined where people are administered in another Unified CM. */
  readonly directory: Directory | undefined;
  /** All domains that accounts may be in. */
  readonly domains: readonly string[];
  /** Whether people see each other without being asked, as it is set now. */
  isVisibleToAll(): boolean;
  /** How many contacts a list may hold. */
  maxContacts(): number;
  /** What a contact that is in no group is exported under. */
  defaultGroup(): string;
}

/** One run of a transaction. */
export interface Run {
  readonly world: BulkWorld;
  /** Nothing is written; everything is looked at as if it were. */
  readonly isDryRun: boolean;
  /** What was asked for with the job, as its transaction has checked it. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How one file's rows are worked on. */
export interface RowWork {
  /**
   * Looks at the first row.
   * @returns whether it is a header, and no data
   * @throws {Failure} 'malformed' where a header has to be there and is not understood: the job ends
   */
  header(cells: readonly string[]): boolean;
  /** Rows of the same lane are worked on one after the other, those of different ones side by side. */
  lane(cells: readonly string[]): string;
  /**
   * @param isRepeated the row may have been carried out already by a run that was killed: what is done is then no fault
   * @throws {Failure} 'store-failing': the job stops there. Anything else counts as an error of this server
   */
  row(cells: readonly string[], isRepeated: boolean): Promise<Outcome>;
}

/** What the log calls its four figures. */
export interface Words {
  readonly done: string;
  readonly ignored: string;
  readonly unprocessed: string;
}

/** A kind of job. */
export interface Transaction {
  /** As it is typed: 'import-contacts'. */
  readonly name: string;
  /** As the field knows them. */
  readonly target: string;
  readonly title: string;
  /** One sentence about the file or what is exported. */
  readonly help: string;
  readonly words: Words;
  readonly work: Work;
  /** Checks what is asked for with a job, each as 'name=value'. @throws {Failure} 'malformed' */
  checkOptions(options: readonly string[]): Readonly<Record<string, unknown>>;
}

export type Work =
  /** Works on the rows of a file that was uploaded. */
  | { readonly kind: 'file'; begin(run: Run): RowWork }
  /** Selects once, when it begins, and then works on what it has selected as on a file. */
  | { readonly kind: 'query'; select(run: Run): AsyncIterable<readonly string[]>; begin(run: Run): RowWork }
  /** Writes a file. */
  | { readonly kind: 'export'; rows(run: Run): AsyncIterable<readonly string[]> };

export const contactWords = (verb: string): Words => ({
  done: `Contacts successfully ${verb}`,
  ignored: 'Contacts ignored',
  unprocessed: 'Contacts unprocessed',
});

export const userWords = (verb: string): Words => ({
  done: `Users successfully ${verb}`,
  ignored: 'Users ignored',
  unprocessed: 'Users unprocessed',
});

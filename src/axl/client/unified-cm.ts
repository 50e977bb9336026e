/** What this server asks of its Unified CM, whichever way it is reached. */
import type { EndUserFacts } from '#accounts/end-user.ts';

/** Where the reading of changes has come to. */
export interface ChangeCursor {
  readonly queueId: string;
  /** The id of the next change that has not been read. */
  readonly startChangeId: number;
}

/** What has changed since a cursor. */
export interface ChangePage {
  /** The end users that were added, changed or removed, by uuid. */
  readonly users: ReadonlySet<string>;
  /** Whether somebody was assigned to another presence node. */
  readonly assignments: boolean;
  /** The cursor is not known any more: everything is to be read anew, then the changes from `next` on. */
  readonly reset: boolean;
  readonly next: ChangeCursor;
}

export interface Page {
  readonly skip: number;
  readonly first: number;
}

export interface Assignment {
  readonly userid: string;
  /** The name of the presence node. */
  readonly node: string;
}

export interface ProcessNode {
  readonly name: string;
  readonly isPublisher: boolean;
  /** 'CUCM Voice/Video' or 'CUCM IM and Presence'; '' before 10.0. */
  readonly role: string;
}

/** Fields of an end user to be written, by AXL's names. */
export type UserFields = Readonly<Record<string, string | boolean>>;

/** What is read of a Unified CM. All of it throws a `Failure` where it cannot be had. */
export interface UnifiedCmReader {
  /** How it is called in messages: its host, or 'the embedded Unified CM'. */
  readonly name: string;
  /** The product's version in whatever spelling. Asked at the start of each synchronization. */
  version(): Promise<string>;
  /** End users in the order of their userids. */
  users(page: Page): Promise<EndUserFacts[]>;
  /** Undefined where there is none of that uuid. */
  user(uuid: string): Promise<EndUserFacts | undefined>;
  /** Undefined where it knows no assignments (before 10.0). */
  assignments(page: Page): Promise<Assignment[] | undefined>;
  /** @param from undefined at first: gives where to begin. @returns undefined where it tells no changes (before 10.0) */
  changes(from?: ChangeCursor): Promise<ChangePage | undefined>;
}

/** What an administrator has done in a Unified CM. A reference is a uuid. */
export interface UnifiedCmWriter {
  addUser(fields: UserFields): Promise<string>;
  updateUser(uuid: string, fields: UserFields): Promise<void>;
  removeUser(uuid: string): Promise<void>;
  /** @param node the name of a presence node; undefined takes the assignment away */
  assign(userid: string, node: string | undefined): Promise<void>;
}

export interface UnifiedCm extends UnifiedCmReader, UnifiedCmWriter {
  /** Whether a password is an end user's. */
  authenticate(userid: string, password: string): Promise<boolean>;
  processNodes(): Promise<ProcessNode[]>;
  /** Ends what is under way, and closes connections. */
  close(): void;
}

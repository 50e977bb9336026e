import type { Home } from '#accounts/home.ts';
import type { Statement } from '#store/database.ts';
import type { Element } from '#xml/element.ts';

/** Keeps the document that was decided on, with other changes of the store; a usage that does not, has it kept at the end. */
export type Save = (...alongside: Statement[]) => Promise<void>;

/** A document as a client wants it. */
export interface Wanted {
  readonly root: Element;
  /** As it is to be served while nothing changes. */
  readonly text: string;
}

/**
 * An application usage (RFC 4825 §5) that shows something of an account as a document: what the account is comes from
 * the middle, and what the document says is done there. There is one document of each for an account.
 */
export interface ApplicationUsage {
  readonly auid: string;
  readonly documentName: string;
  readonly contentType: string;
  /** The default document namespace (§5.2), and with it the one of the root. */
  readonly namespace: string;
  /** Prefixes that everybody expects. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Further namespaces that documents may use, for xcap-caps. */
  readonly extensions: readonly string[];
  /**
   * The document of an account as it is now.
   * @param kept the last one that a client has put: how things are arranged in it, and what the account has no place for
   * @returns undefined where there is nothing to show
   */
  render(home: Home, kept: Element | undefined): Element | undefined;
  /**
   * Makes the account what a document says; all of it is checked before anything is done.
   * @param decide is called once, when it is this change's turn, and says what document is wanted; undefined for none
   * @throws {XcapError} where the document is not allowed; {Failure} and whatever `decide` throws. Nothing has changed then.
   */
  apply(home: Home, decide: () => Wanted | undefined, save: Save): Promise<void>;
  /** The document word for word, of a usage whose documents are kept in the middle as they are. */
  stored?(home: Home): string | undefined;
}

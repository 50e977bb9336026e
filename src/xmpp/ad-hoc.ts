/** What one ad hoc command is (XEP-0050), for the features that have some. */
import type { Role } from '#accounts/roles.ts';
import type { Element } from '#xml/element.ts';
import type { FilledForm, Form } from './wire/data-form.ts';

/** One request to run it. */
export interface AdHocCall {
  /**
   * Runs a command of the server as the one who asks, and puts it on record.
   * @throws {Failure} as `Commands.run`
   */
  run(command: string, input: unknown): Promise<unknown>;
}

/** What is told when it is done. */
export interface AdHocResult {
  /** A sentence (XEP-0050 §3.4). */
  readonly note?: string;
  readonly payload?: Element;
}

export interface AdHocNode {
  readonly node: string;
  /** What people read in a list of them. */
  readonly name: string;
  /** The least that may run it. */
  readonly role: Role;
  /** What has to be filled in; undefined: nothing, it runs at once. */
  form?(call: AdHocCall): Omit<Form, 'type'> | Promise<Omit<Form, 'type'>>;
  /** @param filled as it came; undefined where there is no form */
  run(call: AdHocCall, filled: FilledForm | undefined): Promise<AdHocResult>;
}

/** What the forms of XEP-0133 have in common. */
import { Failure } from '#base/failure.ts';
import type { Element } from '#xml/element.ts';
import { type Field, type FilledForm, writeForm } from '../../wire/data-form.ts';
import type { Jid } from '../../wire/jid.ts';

/** What the names of the fields belong to (§8.2). */
export const FORM_TYPE = 'http://jabber.org/protocol/admin';

export function nodeName(short: string): string {
  return `${FORM_TYPE}#${short}`;
}

/** @param fields told in the form that asks for them */
export function form(title: string, ...fields: Field[]) {
  return { formType: FORM_TYPE, title, fields };
}

export function result(...fields: Field[]): Element {
  return writeForm({ type: 'result', formType: FORM_TYPE, fields });
}

export const accountJid: Field = { name: 'accountjid', type: 'jid-single', label: 'Account', required: true };
export const accountJids: Field = { name: 'accountjids', type: 'jid-multi', label: 'Accounts', required: true };

/** @throws {Failure} 'malformed' when the field is empty; {StanzaError} when it is no address */
export function oneJid(filled: FilledForm | undefined): Jid {
  const jid = filled?.jid('accountjid');
  if (jid === undefined) throw missing('accountjid');
  return jid;
}

/** @throws {Failure} 'malformed' when there is none; {StanzaError} when one is no address */
export function jidsOf(filled: FilledForm | undefined): readonly Jid[] {
  const jids = filled?.jids('accountjids') ?? [];
  if (jids.length === 0) throw missing('accountjids');
  return jids;
}

export function missing(name: string): Failure {
  return new Failure('malformed', `${name} is to be filled in`);
}

/**
 * Does something for one after the other.
 * @throws {Failure} what one of them fails with; it says who was dealt with before
 */
export async function forEach(jids: readonly Jid[], run: (jid: Jid) => Promise<unknown>): Promise<void> {
  const done: string[] = [];
  for (const jid of jids) {
    try {
      await run(jid);
    } catch (error) {
      if (!(error instanceof Failure) || done.length === 0) throw error;
      throw new Failure(error.kind, `${error.message}; done before: ${done.join(', ')}`, { cause: error });
    }
    done.push(jid.full);
  }
}

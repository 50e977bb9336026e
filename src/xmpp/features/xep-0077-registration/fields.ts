import { Failure } from '#base/failure.ts';
import { type Element, element } from '#xml/element.ts';
import { FilledForm, writeForm } from '../../wire/data-form.ts';
import { StanzaError, type StanzaErrorCondition, type StanzaErrorType } from '../../wire/stanza-error.ts';

export const NS_REGISTER = 'jabber:iq:register';

/** What somebody has filled in; undefined where it is missing or empty. */
export interface Fields {
  username: string | undefined;
  password: string | undefined;
}

/** §3.1.1, §4: the fields of a new account, once as elements and once as a form. */
export function registrationFields(): Element {
  const instructions = 'Choose a user name and a password.';
  return element(
    'query',
    NS_REGISTER,
    {},
    element('instructions', NS_REGISTER, {}, instructions),
    element('username', NS_REGISTER),
    element('password', NS_REGISTER),
    writeForm({
      type: 'form',
      formType: NS_REGISTER,
      title: 'A new account',
      instructions,
      fields: [
        { name: 'username', type: 'text-single', label: 'User name', required: true },
        { name: 'password', type: 'text-private', label: 'Password', required: true },
      ],
    }),
  );
}

/**
 * The form where there is one, which takes precedence (§6), else the elements.
 * @param formTypes what FORM_TYPE may be
 * @returns 'cancelled' when the form was put aside (XEP-0004 §3.1)
 * @throws {StanzaError} 'bad-request'
 */
export function readFields(query: Element, ...formTypes: string[]): Fields | 'cancelled' {
  const form = FilledForm.in(query);
  const read = (name: string) => (form === undefined ? query.childText(name) : form.text(name)) || undefined;
  if (form !== undefined) {
    if (form.type === 'cancel') return 'cancelled';
    if (form.type !== 'submit' || !formTypes.includes(form.formType ?? formTypes[0]!)) {
      throw refusal('bad-request', 'That form is not for this.');
    }
  }
  return { username: read('username'), password: read('password') };
}

/** XEP-0086, which §9 insists on. */
const CODES: Partial<Record<StanzaErrorCondition, number>> = {
  'bad-request': 400,
  'unexpected-request': 400,
  'not-authorized': 401,
  forbidden: 403,
  'not-allowed': 405,
  'not-acceptable': 406,
  conflict: 409,
  'service-unavailable': 503,
};

export function refusal(condition: StanzaErrorCondition, text: string, type?: StanzaErrorType): StanzaError {
  const code = CODES[condition];
  return new StanzaError(condition, { text, ...(code !== undefined && { code }), ...(type !== undefined && { type }) });
}

/** What the accounts refuse, in the words of §3.1 and §3.3. */
export function refusalOf(error: unknown, malformed: StanzaErrorCondition): unknown {
  if (!(error instanceof Failure)) return error;
  if (error.kind === 'malformed') return refusal(malformed, error.message);
  return error.kind === 'conflict' ? refusal('conflict', 'That user name is taken.') : error;
}

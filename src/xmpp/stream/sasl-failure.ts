/** RFC 6120 §6.5. */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** Said to an end user who has the right password and is not enabled. */
export const NOT_ENABLED = 'You are not enabled for instant messaging and presence; ask your administrator.';

/** Ends an attempt to sign in. @param text for the person at the client; says nothing of whether an account exists */
export class SaslFailure extends Error {
  readonly condition: SaslCondition;
  readonly text: string;

  constructor(condition: SaslCondition, text = '') {
    super(text === '' ? condition : `${condition}: ${text}`);
    this.name = 'SaslFailure';
    this.condition = condition;
    this.text = text;
  }
}

/** What one is told who has the right password of an account that may not sign in. */
export function disabled({ isEndUser = false }: { readonly isEndUser?: boolean }): SaslFailure {
  return isEndUser ? new SaslFailure('not-authorized', NOT_ENABLED) : new SaslFailure('account-disabled');
}
